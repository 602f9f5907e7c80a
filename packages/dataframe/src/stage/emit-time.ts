import type { DType, TimeUnit } from "../dtype.ts";
import type { CallNode, Typed } from "../expr/typed.ts";
import { zoneOf } from "../kernels/time/zone.ts";
import type { Emitter } from "./emitter.ts";
import type { KernelName } from "./kernels.ts";
import { makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/** Functions of dates and timestamps. */
export type TimeFunction =
  "year" | "month" | "day" | "hour" | "minute" | "second" | "weekday" | "truncate";

/** Steps of a timestamp in a second. */
export const stepsPerSecond: Readonly<Record<TimeUnit, number>> = {
  s: 1,
  ms: 1_000,
  us: 1_000_000,
  ns: 1_000_000_000,
};

/** A function of a date or of a timestamp, in the local time of its zone. */
export function emitTime(e: Emitter, node: CallNode, fn: TimeFunction): Value {
  if (fn === "truncate") return emitTruncate(e, node);
  const input = node.args[0] as Typed;
  const value = e.value(input);
  return makeValue("number", [e.declare(fn, fieldText(e, node, input, value, fn))], value.ok);
}

function fieldText(
  e: Emitter,
  node: CallNode,
  input: Typed,
  value: Value,
  fn: Exclude<TimeFunction, "truncate">,
): string {
  switch (fn) {
    case "year":
      return `Math.floor(${civilOf(e, node, input, value)} / 512)`;
    case "month":
      return `${civilOf(e, node, input, value)} >> 5 & 15`;
    case "day":
      return `${civilOf(e, node, input, value)} & 31`;
    case "weekday":
      return `${e.kernel("weekdayOfDay")}(${dayOf(e, node, input, value)})`;
    case "hour":
      return `Math.floor(${clockOf(e, node, input, value)} / 3600)`;
    case "minute":
      return `Math.floor(${clockOf(e, node, input, value)} / 60) % 60`;
    case "second":
      return `${clockOf(e, node, input, value)} % 60`;
  }
}

/** A number that is worked out once for all functions of the same time. */
function shared(e: Emitter, name: string, input: Typed, text: () => string): string {
  const make = (): Value => makeValue("number", [e.declare(name, text())], undefined);
  return e.once(`${name} of ${input.token}`, make).parts[0] as string;
}

/** Whole seconds since 1970, in UTC. */
function secondOf(e: Emitter, node: CallNode, input: Typed, value: Value): string {
  const { dtype } = input;
  if (dtype.kind !== "timestamp") throw new Error(`${dtype.kind} has no seconds`);
  const second = shared(e, "utc", input, () => secondText(e, value, dtype));
  checkCalendar(e, node, input, value, second);
  return second;
}

/** Seconds of a timestamp, rounded down. */
export function secondText(
  e: Emitter,
  { form, parts }: Value,
  { unit }: { readonly unit: TimeUnit },
): string {
  const steps = stepsPerSecond[unit];
  if (form === "bigint") return `${e.kernel("floorSecond")}(${parts[0]}, ${steps}n)`;
  return steps === 1 ? (parts[0] as string) : `Math.floor(${parts[0]} / ${steps})`;
}

/** Calendars end where the dates of JavaScript do. */
function checkCalendar(
  e: Emitter,
  node: CallNode,
  input: Typed,
  value: Value,
  second: string,
): void {
  e.once(`range of ${input.token}`, () => {
    const there = value.ok === undefined ? "" : `${value.ok} && `;
    const call = `${e.kernel("outOfCalendar")}(${e.constant(node, "node")}, ${value.parts[0]})`;
    e.line(`if (${there}!(Math.abs(${second}) <= 8640000000000)) ${call};`);
    return value;
  });
}

function offsetOf(e: Emitter, input: Typed, value: Value, utc: string): string {
  const zone = zoneConstant(e, input.dtype);
  if (zone === undefined) return "0";
  const ask = `${zone}.offsetAt(${utc})`;
  return shared(e, "offset", input, () =>
    value.ok === undefined ? ask : `${value.ok} ? ${ask} : 0`,
  );
}

function zoneConstant(e: Emitter, dtype: DType): string | undefined {
  if (dtype.kind !== "timestamp" || dtype.timezone === undefined) return undefined;
  return e.constant(zoneOf(dtype.timezone), dtype.timezone);
}

/** Seconds since 1970 that local clocks show. */
function localOf(e: Emitter, node: CallNode, input: Typed, value: Value): string {
  const utc = secondOf(e, node, input, value);
  const offset = offsetOf(e, input, value, utc);
  return offset === "0" ? utc : shared(e, "local", input, () => `${utc} + ${offset}`);
}

function dayOf(e: Emitter, node: CallNode, input: Typed, value: Value): string {
  if (input.dtype.kind === "date") {
    const [day] = value.parts as [string];
    checkCalendar(e, node, input, value, `${day} * 86400`);
    return day;
  }
  const local = localOf(e, node, input, value);
  return shared(e, "day", input, () => `Math.floor(${local} / 86400)`);
}

function civilOf(e: Emitter, node: CallNode, input: Typed, value: Value): string {
  const day = dayOf(e, node, input, value);
  return shared(e, "civil", input, () => `${e.kernel("civilOfDay")}(${day})`);
}

/** Seconds since local midnight. */
function clockOf(e: Emitter, node: CallNode, input: Typed, value: Value): string {
  const day = dayOf(e, node, input, value);
  const local = localOf(e, node, input, value);
  return shared(e, "clock", input, () => `${local} - ${day} * 86400`);
}

const dayKernels: Readonly<Record<string, KernelName>> = {
  year: "yearStart",
  quarter: "quarterStart",
  month: "monthStart",
  week: "weekStart",
};

function emitTruncate(e: Emitter, node: CallNode): Value {
  const input = node.args[0] as Typed;
  const unit = String(node.params[0]);
  const value = e.value(input);
  const kernel = dayKernels[unit];
  if (input.dtype.kind === "date") {
    const day = dayOf(e, node, input, value);
    if (kernel === undefined) return value;
    return makeValue("number", [e.declare(unit, `${e.kernel(kernel)}(${day})`)], value.ok);
  }
  const local = localOf(e, node, input, value);
  if (unit === "second" || unit === "minute" || unit === "hour") {
    const utc = secondOf(e, node, input, value);
    const seconds = { second: 1, minute: 60, hour: 3_600 }[unit];
    const rest = e.declare("rest", `${local} - Math.floor(${local} / ${seconds}) * ${seconds}`);
    return stepsOf(e, node, value, `(${utc} - ${rest})`);
  }
  const day = dayOf(e, node, input, value);
  const start = kernel === undefined ? day : e.declare(unit, `${e.kernel(kernel)}(${day})`);
  const zone = zoneConstant(e, input.dtype);
  if (zone === undefined) return stepsOf(e, node, value, `(${start} * 86400)`);
  const ask = `${zone}.momentOf(${start} * 86400)`;
  return stepsOf(e, node, value, value.ok === undefined ? ask : `(${value.ok} ? ${ask} : 0)`);
}

/** A timestamp of whole seconds, as steps of its unit. */
function stepsOf(e: Emitter, node: CallNode, { ok }: Value, second: string): Value {
  if (node.dtype.kind !== "timestamp") throw new Error(`${node.dtype.kind} has no steps`);
  const steps = stepsPerSecond[node.dtype.unit];
  if (!e.exact) {
    const name = e.declare("truncated", `${second} * ${steps}`);
    e.line(`if (!(Math.abs(${name}) <= 9007199254740991)) return -1;`);
    return makeValue("number", [name], ok);
  }
  const whole = ok === undefined ? `BigInt(${second})` : `(${ok} ? BigInt(${second}) : 0n)`;
  const name = e.declare("truncated", `${whole} * ${steps}n`);
  const there = ok === undefined ? "" : `${ok} && `;
  const call = `${e.kernel("overflow")}(${e.constant(node, "node")}, [${name}])`;
  e.line(`if (${there}BigInt.asIntN(64, ${name}) !== ${name}) ${call};`);
  return makeValue("bigint", [name], ok);
}
