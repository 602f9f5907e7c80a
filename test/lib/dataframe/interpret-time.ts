import type { DType, TimeUnit } from "../../../packages/dataframe/dist/dtype.js";
import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import type { CallNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { fits, floorDivide } from "./interpret-values.ts";

/** Steps of a timestamp in a second. */
export const stepsPerSecond: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1_000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
};

/** Functions of dates and timestamps; those with a zone count in the local time of it. */
export function timeFunction(
  node: CallNode,
  dtype: DType,
  value: number | bigint,
): number | bigint {
  if (dtype.kind === "date") {
    const midnight = new Date(inRange(BigInt(value) * 86_400n));
    if (node.fn !== "truncate") return field(node.fn, midnight);
    return truncated(midnight, String(node.params[0])).getTime() / 86_400_000;
  }
  if (dtype.kind !== "timestamp") throw new Error(`${dtype.kind} is no time`);
  const steps = stepsPerSecond[dtype.unit];
  const second = floorDivide(BigInt(value), steps);
  const offset = offsetOf(Number(second), dtype.timezone);
  const local = new Date(inRange(second + BigInt(offset)));
  if (node.fn !== "truncate") return field(node.fn, local);
  const unit = String(node.params[0]);
  const start = truncated(local, unit).getTime() / 1_000;
  const isClockUnit = unit === "hour" || unit === "minute" || unit === "second";
  const instant = isClockUnit ? start - offset : instantOf(start, dtype.timezone);
  const result = BigInt(instant) * steps;
  if (fits(result, dtype)) return result;
  throw new DataFrameError("dataframe/overflow", `${result} is no timestamp`);
}

/** Milliseconds of a count of seconds that a Date can show. */
function inRange(seconds: bigint): number {
  const ms = Number(seconds) * 1_000;
  if (Math.abs(ms) <= 8.64e15) return ms;
  throw new DataFrameError("dataframe/overflow", `${seconds} s is out of the range of dates`);
}

function field(fn: CallNode["fn"], time: Date): number {
  switch (fn) {
    case "year":
      return time.getUTCFullYear();
    case "month":
      return time.getUTCMonth() + 1;
    case "day":
      return time.getUTCDate();
    case "hour":
      return time.getUTCHours();
    case "minute":
      return time.getUTCMinutes();
    case "second":
      return time.getUTCSeconds();
    case "weekday":
      return time.getUTCDay() === 0 ? 7 : time.getUTCDay();
    default:
      throw new Error(`${fn} is no function of times`);
  }
}

function truncated(time: Date, unit: string): Date {
  const start = new Date(time);
  if (unit === "second") start.setUTCMilliseconds(0);
  else if (unit === "minute") start.setUTCSeconds(0, 0);
  else if (unit === "hour") start.setUTCMinutes(0, 0, 0);
  else start.setUTCHours(0, 0, 0, 0);
  if (unit === "week") start.setUTCDate(start.getUTCDate() - ((start.getUTCDay() + 6) % 7));
  if (unit === "month") start.setUTCDate(1);
  if (unit === "quarter") start.setUTCMonth(start.getUTCMonth() - (start.getUTCMonth() % 3), 1);
  if (unit === "year") start.setUTCMonth(0, 1);
  return start;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Seconds that a zone is ahead of UTC at a moment. */
function offsetOf(second: number, timeZone: string | undefined): number {
  if (timeZone === undefined) return 0;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-u-ca-iso8601-nu-latn", {
      timeZone,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, format);
  }
  const parts = new Map<string, string>(
    format.formatToParts(inRange(BigInt(second))).map(({ type, value }) => [type, value]),
  );
  const part = (name: string): number => Number(parts.get(name));
  const isBefore = parts.get("era")?.startsWith("B") === true;
  const local = new Date(0);
  local.setUTCFullYear(isBefore ? 1 - part("year") : part("year"), part("month") - 1, part("day"));
  local.setUTCHours(part("hour"), part("minute"), part("second"));
  return local.getTime() / 1_000 - second;
}

/** The moment of a local time: the first of two, and after a gap as if there was none. */
function instantOf(local: number, timeZone: string | undefined): number {
  const before = offsetOf(local - 86_400, timeZone);
  const after = offsetOf(local + 86_400, timeZone);
  for (const offset of [before, after]) {
    if (offsetOf(local - offset, timeZone) === offset) return local - offset;
  }
  return local - before;
}
