import type { DType } from "../dtype.ts";
import { dtypeText } from "../dtype-traits.ts";
import { invalidArgument } from "../errors.ts";
import type { Scalar } from "../expr/typed.ts";
import {
  civilOfDay,
  dayOfCivil,
  floorSecond,
  monthStart,
  quarterStart,
  weekStart,
  yearStart,
} from "../kernels/time/civil.ts";
import { zoneOf } from "../kernels/time/zone.ts";
import { npartitionsMax } from "./pieces.ts";
import { compareBounds } from "./divisions.ts";

/**
 * Bounds of a date or a timestamp at the starts of periods such as "1d", "12h", "1w", "1mo", "1q",
 * "1y" (also "min", "s"), between the first and the last bound, which stay. Days and longer periods
 * are those of the calendar in the time zone of the index, weeks begin on Mondays; shorter ones are
 * counted from each midnight.
 */
export function periodDivisions(
  api: string,
  dtype: DType,
  divisions: readonly Scalar[],
  freq: string,
): Scalar[] {
  const period = parsePeriod(api, freq);
  const clock = clockOf(api, dtype, period, freq);
  const [first, last] = [divisions[0] as Scalar, divisions.at(-1) as Scalar];
  const bounds: Scalar[] = [first];
  for (const moment of periodStarts(period, clock, firstDay(api, clock, divisions))) {
    const bound = clock.scalarOf(moment);
    if (compareBounds(bound, last) >= 0) break;
    // Where clocks are changed, two periods may begin at one moment.
    if (compareBounds(bound, bounds.at(-1) as Scalar) > 0) bounds.push(bound);
    if (bounds.length > npartitionsMax) {
      const wanted = `a period of which at most ${npartitionsMax} lie between the divisions`;
      throw invalidArgument(api, "too short a freq", freq, wanted);
    }
  }
  return [...bounds, last];
}

interface Period {
  readonly count: number;
  readonly unit: Unit;
}

type Unit = "s" | "min" | "h" | "d" | "w" | "mo" | "q" | "y";

const daySeconds = 86_400;

/** Seconds of units that are shorter than a day. */
const unitSeconds: Readonly<Partial<Record<Unit, number>>> = { s: 1, min: 60, h: 3_600 };

function parsePeriod(api: string, freq: string): Period {
  const [, digits, unit] = /^(\d*)(s|min|h|d|w|mo|q|y)$/.exec(freq) ?? [];
  const count = digits === "" ? 1 : Number(digits);
  const isFine =
    unit !== undefined && Number.isSafeInteger(count) && count >= 1 && count <= countMax(unit);
  if (isFine) return { count, unit: unit as Unit };
  const wanted = '"1d", "1w", "1mo", "1q", "1y" or the like, or at most a day in "h", "min" or "s"';
  throw invalidArgument(api, "bad freq", freq, wanted);
}

/** Periods that are counted from midnight end with the day; no other is longer than calendars. */
function countMax(unit: string): number {
  return daySeconds / (unitSeconds[unit as Unit] ?? 1);
}

/** What an index shows on clocks and calendars; moments are whole seconds since 1970. */
interface Clock {
  readonly dayOf: (scalar: Scalar) => number;
  readonly midnightOf: (day: number) => number;
  readonly scalarOf: (moment: number) => Scalar;
}

function clockOf(api: string, dtype: DType, period: Period, freq: string): Clock {
  if (dtype.kind === "date" && !(period.unit in unitSeconds)) {
    return {
      dayOf: Number,
      midnightOf: (day) => day * daySeconds,
      scalarOf: (moment) => moment / daySeconds,
    };
  }
  if (dtype.kind !== "timestamp") {
    const wanted = dtype.kind === "date" ? "whole days" : "an index of dates or timestamps";
    const remedy = dtype.kind === "date" ? "" : "Use divisions.";
    const what = `freq on an index of ${dtypeText(dtype)}`;
    throw invalidArgument(api, what, freq, wanted, remedy);
  }
  const steps = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n }[dtype.unit];
  const zone = dtype.timezone === undefined ? undefined : zoneOf(dtype.timezone);
  return {
    dayOf: (scalar) => {
      const moment = floorSecond(scalar as bigint, steps);
      return Math.floor((moment + (zone?.offsetAt(moment) ?? 0)) / daySeconds);
    },
    midnightOf: (day) => zone?.momentOf(day * daySeconds) ?? day * daySeconds,
    scalarOf: (moment) => BigInt(moment) * steps,
  };
}

/** Days since 1970 of which calendars know. */
const dayMax = 100_000_000;

function firstDay(api: string, clock: Clock, divisions: readonly Scalar[]): number {
  const [day, end] = [clock.dayOf(divisions[0] as Scalar), clock.dayOf(divisions.at(-1) as Scalar)];
  if (day >= -dayMax && end <= dayMax) return day;
  throw invalidArgument(api, "freq beyond the calendar", divisions, "divisions near our time");
}

/** Starts of periods, from that which holds a day on, without end. */
function* periodStarts({ count, unit }: Period, clock: Clock, day: number): Iterable<number> {
  const seconds = unitSeconds[unit];
  if (seconds !== undefined) {
    for (let today = day; ; today++) {
      const end = clock.midnightOf(today + 1);
      for (let at = clock.midnightOf(today); at < end; at += count * seconds) yield at;
    }
  }
  if (unit === "d" || unit === "w") {
    const [start, days] = unit === "d" ? [day, count] : [weekStart(day), 7 * count];
    for (let at = start; ; at += days) yield clock.midnightOf(at);
  }
  const [start, months] = monthsOf(unit, day);
  const civil = civilOfDay(start);
  const firstMonth = (civil >> 9) * 12 + ((civil >> 5) & 15) - 1;
  for (let month = firstMonth; ; month += months * count) {
    yield clock.midnightOf(dayOfCivil(Math.floor(month / 12), (((month % 12) + 12) % 12) + 1, 1));
  }
}

function monthsOf(unit: Unit, day: number): readonly [start: number, months: number] {
  if (unit === "mo") return [monthStart(day), 1];
  return unit === "q" ? [quarterStart(day), 3] : [yearStart(day), 12];
}
