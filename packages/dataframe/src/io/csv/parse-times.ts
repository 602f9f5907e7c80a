import type { TimeUnit } from "../../dtype.ts";
import type { Cells } from "./parse-numbers.ts";
import { BAD, NULL, textOf } from "./parse-numbers.ts";
import { setHalves } from "./parse-wide.ts";

/** Days since 1970 of `YYYY-MM-DD`. */
export function parseDates(cells: Cells, out: Float64Array): number {
  const { bytes, starts, ends, count, states } = cells;
  let bad = 0;
  for (let i = 0; i < count; i++) {
    out[i] = 0;
    if (states[i] === NULL) continue;
    const start = starts[i] as number;
    const end = ends[i] as number;
    const quick = end - start === 10 ? daysAt(bytes, start) : Number.NaN;
    const days = Number.isNaN(quick) ? dateOf(textOf(bytes, start, end)) : quick;
    if (days === undefined || days !== (days | 0)) {
      states[i] = BAD;
      bad++;
    } else out[i] = days;
  }
  return bad;
}

/** Counts of a unit since 1970 of ISO date-times; without a zone they are of UTC. */
export function parseTimestamps(cells: Cells, out: BigInt64Array, unit: TimeUnit): number {
  const { bytes, starts, ends, count, states } = cells;
  const halves = new Int32Array(out.buffer, out.byteOffset, 2 * count);
  const step = perSecond[unit];
  let bad = 0;
  for (let i = 0; i < count; i++) {
    if (states[i] === NULL) continue;
    const start = starts[i] as number;
    const end = ends[i] as number;
    const seconds = secondsAt(bytes, start, end);
    const fraction = fractionAt(bytes, start + 19, end, step);
    const quick = seconds * step + fraction;
    if (Number.isSafeInteger(quick)) {
      setHalves(halves, i, quick);
      continue;
    }
    const slow = timestampOf(textOf(bytes, start, end), unit);
    if (slow === undefined) {
      states[i] = BAD;
      bad++;
    } else out[i] = slow;
  }
  return bad;
}

/** Units of a second. */
export const perSecond: Readonly<Record<TimeUnit, number>> = {
  s: 1,
  ms: 1_000,
  us: 1_000_000,
  ns: 1_000_000_000,
};

/** Two digits, NaN where there are none. */
function pairAt(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Days of a date of ten bytes, NaN where it is none. */
function daysAt(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return Number.NaN;
  const year = pairAt(bytes, at) * 100 + pairAt(bytes, at + 2);
  return daysOf(year, pairAt(bytes, at + 5), pairAt(bytes, at + 8));
}

/** Seconds of `YYYY-MM-DD hh:mm:ss`, whatever follows it; NaN for other forms. */
function secondsAt(bytes: Uint8Array, start: number, stop: number): number {
  const between = bytes[start + 10];
  if (stop - start < 19 || (between !== 84 && between !== 32)) return Number.NaN;
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return Number.NaN;
  const hours = pairAt(bytes, start + 11);
  const minutes = pairAt(bytes, start + 14);
  const seconds = pairAt(bytes, start + 17);
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN;
  return ((daysAt(bytes, start) * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** Steps of `.123` or nothing, and `Z` or nothing; NaN for other forms and for more digits. */
function fractionAt(bytes: Uint8Array, start: number, stop: number, step: number): number {
  const end = bytes[stop - 1] === 90 ? stop - 1 : stop;
  if (start >= end) return 0;
  if (bytes[start] !== 46 || start + 1 === end) return Number.NaN;
  let value = 0;
  let left = step;
  for (let at = start + 1; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9 || left === 1) return Number.NaN;
    left /= 10;
    value += digit * left;
  }
  return value;
}

/** Days since 1970 of a day of the Gregorian calendar; NaN where there is no such day. */
function daysOf(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN;
  // The year begins in March: the day that leap years add is then its last.
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const days = ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear;
  return era * 146_097 + days - 719_468;
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

const dateText = /^([+-]?\d{4,12})-(\d\d)-(\d\d)$/;

/** Days since 1970 of a date of any year. */
export function dateOf(text: string): number | undefined {
  const [, year, month, day] = dateText.exec(text) ?? [];
  const days = daysOf(Number(year), Number(month), Number(day));
  return Number.isNaN(days) ? undefined : days;
}

const timeText = /^(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Count of a unit since 1970; undefined for what is no time or has more digits than the unit. */
export function timestampOf(text: string, unit: TimeUnit): bigint | undefined {
  const [date = "", time = "00:00", ...more] = text.split(/[T ]/);
  const days = dateOf(date);
  const parts = timeText.exec(time);
  if (days === undefined || parts === null || more.length > 0) return undefined;
  const [, hours, minutes, seconds = "0", fraction = "", zone = "Z"] = parts;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const digits = String(perSecond[unit]).length - 1;
  if (/[^0]/.test(fraction.slice(digits))) return undefined;
  const clock = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds) - offsetOf(zone);
  const whole = (BigInt(days) * 86_400n + BigInt(clock)) * BigInt(perSecond[unit]);
  const count = whole + BigInt(fraction.slice(0, digits).padEnd(digits, "0"));
  return BigInt.asIntN(64, count) === count ? count : undefined;
}

/** Seconds that a zone is before UTC. */
function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", ""));
  return (zone.startsWith("-") ? -60 : 60) * minutes;
}
