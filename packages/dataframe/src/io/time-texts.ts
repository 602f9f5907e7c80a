import type { TimeUnit } from "../dtype.ts";

const perSecond: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1_000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
};

/** A day as `YYYY-MM-DD`; years of more than four digits have a sign. */
export function dateText(days: number): string {
  // The year begins in March: the day that leap years add is then its last.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const leaps =
    Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leaps) / 365);
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const ofYear = ofEra - (365 * yearOfEra + leapDays);
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${yearText(year)}-${two(month)}-${two(day)}`;
}

/** A point in time as ISO writes it, with as many digits as its unit has; `Z` where asked for. */
export function timestampText(count: bigint, unit: TimeUnit, hasZone: boolean): string {
  const perDay = 86_400n * perSecond[unit];
  let days = count / perDay;
  let rest = count % perDay;
  if (rest < 0n) {
    days -= 1n;
    rest += perDay;
  }
  const seconds = Number(rest / perSecond[unit]);
  const clock = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const digits = String(perSecond[unit]).length - 1;
  const fraction = digits === 0 ? "" : `.${String(rest % perSecond[unit]).padStart(digits, "0")}`;
  const zone = hasZone ? "Z" : "";
  return `${dateText(Number(days))}T${clock.map(two).join(":")}${fraction}${zone}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9_999) return String(year).padStart(4, "0");
  return `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
