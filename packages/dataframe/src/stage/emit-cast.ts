import type { DType } from "../dtype.ts";
import { isFloat, isText, isWide } from "../dtype-traits.ts";
import type { CastNode } from "../expr/typed.ts";
import { parserOf } from "../kernels/parse.ts";
import { emitBytes } from "./emit-column.ts";
import { asDouble, boundsOf, outsideText, rounded } from "./emit-number.ts";
import { spanOf } from "./emit-text.ts";
import { secondText, stepsPerSecond } from "./emit-time.ts";
import type { Emitter } from "./emitter.ts";
import { allOk, makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/** A value as another dtype; what cannot be that is an error, or null where it is not strict. */
export function emitCast(e: Emitter, node: CastNode): Value {
  const value = e.value(node.input);
  const [from, to] = [node.input.dtype, node.dtype];
  if (isWide(to)) e.wide = true;
  if (isText(from)) return isText(to) ? value : emitParsed(e, node, emitBytes(e, value));
  if (isText(to)) return emitWritten(e, node, value);
  if (to.kind === "bool") return emitTruth(e, value, from);
  if (isFloat(to)) {
    const number = rounded(asDouble(value, node.input), to);
    return makeValue("number", [e.declare("cast", number)], value.ok);
  }
  if (isFloat(from)) return emitFromFloat(e, node, value);
  return emitFromWhole(e, node, value);
}

/** Texts of numbers and times, by a string of JavaScript. */
function emitWritten(e: Emitter, node: CastNode, value: Value): Value {
  const from = node.input.dtype;
  const [a] = value.parts as [string];
  const span = e.kernel("span");
  const { ok } = value;
  if (from.kind === "bool") return spanOf(e, `${span}.encode(${a} ? "true" : "false")`, ok);
  if (from.kind !== "date" && from.kind !== "timestamp") {
    const scale = from.kind === "decimal" ? from.scale : 0;
    const text = scale === 0 ? `String(${a})` : `${e.kernel("decimalText")}(${a}, ${scale})`;
    return spanOf(e, `${span}.encode(${text})`, ok);
  }
  const text = e.declare("text", timeText(e, from, value));
  const isThere = failing(e, node, value, `${text} === undefined`);
  return spanOf(e, `${span}.encode(${text})`, isThere);
}

function timeText(e: Emitter, from: DType, value: Value): string {
  const [a] = value.parts as [string];
  if (from.kind !== "timestamp") return `${e.kernel("dayText")}(${a})`;
  const steps = stepsPerSecond[from.unit];
  const second = e.declare("second", secondText(e, value, from));
  const rest =
    value.form === "bigint"
      ? `Number(${a} - BigInt(${second}) * ${steps}n)`
      : `${a} - ${second} * ${steps}`;
  return `${e.kernel("momentText")}(${second}, ${rest}, ${String(steps).length - 1})`;
}

function emitTruth(e: Emitter, value: Value, from: DType): Value {
  const zero = value.form === "bigint" ? "0n" : "0";
  if (from.kind === "bool") return value;
  return makeValue("number", [e.declare("cast", `(${value.parts[0]} !== ${zero} | 0)`)], value.ok);
}

/**
 * Where a condition is true the cast fails: an error, or null. Gives validity after it; a row that
 * was null before does not fail.
 */
function failing(e: Emitter, node: CastNode, value: Value, condition: string): string | undefined {
  const { ok } = value;
  if (!node.strict) return e.declareOk(allOk([ok, `(!(${condition}) | 0)`]));
  const call = `${e.kernel("badCast")}(${e.constant(node, "node")}, ${shownText(e, node, value)})`;
  e.line(`if (${ok === undefined ? "" : `${ok} && `}(${condition})) ${call};`);
  return ok;
}

/** Validity where no value of this variant fails: null all the same if the other one knows it. */
function unfailing(node: CastNode, { ok }: Value): string | undefined {
  return node.strict ? ok : (ok ?? "1");
}

/** The value that an error shows. */
function shownText(e: Emitter, { input }: CastNode, { parts }: Value): string {
  if (isText(input.dtype)) return `${e.kernel("decodeText")}(${parts.join(", ")})`;
  return String(parts[0]);
}

/** Texts are parsed by a kernel that gives undefined for what is no such text. */
function emitParsed(e: Emitter, node: CastNode, value: Value): Value {
  const { dtype } = node;
  const wide = isWide(dtype);
  const text = `${e.kernel("decodeText")}(${value.parts.join(", ")})`;
  const call = `${e.constant(parserOf(dtype), "parse")}(${text})`;
  const parsed = e.declare(
    "parsed",
    value.ok === undefined ? call : `${value.ok} ? ${call} : undefined`,
  );
  const ok = failing(e, node, value, `${parsed} === undefined`);
  if (!wide) return makeValue("number", [e.declare("cast", present(ok, parsed, "0"))], ok);
  const big = e.declare("cast", present(ok, parsed, "0n"));
  if (e.exact) return makeValue("bigint", [big], ok);
  const number = e.declare("cast", `Number(${big})`);
  e.line(`if (!(Math.abs(${number}) <= 9007199254740991)) return -1;`);
  return makeValue("number", [number], ok);
}

function present(ok: string | undefined, text: string, empty: string): string {
  return ok === undefined ? text : `${ok} ? ${text} : ${empty}`;
}

/** A float becomes a whole number toward zero, or a decimal to the nearest. */
function emitFromFloat(e: Emitter, node: CastNode, value: Value): Value {
  const { dtype } = node;
  const [a] = value.parts as [string];
  const scaled =
    dtype.kind === "decimal"
      ? `Math.sign(${a}) * Math.round(Math.abs(${a}) * 1e${dtype.scale})`
      : `Math.trunc(${a})`;
  const whole = e.declare("whole", `${scaled} + 0`);
  const [min, max] = boundsOf(dtype);
  if (!isWide(dtype)) {
    const ok = failing(e, node, value, `!(${whole} >= ${min} && ${whole} <= ${max})`);
    return makeValue("number", [e.declare("cast", present(ok, whole, "0"))], ok);
  }
  if (!e.exact) {
    e.line(`if (!(Math.abs(${whole}) <= 9007199254740991)) return -1;`);
    const outside = outsideText(whole, dtype, false);
    const ok = outside === "" ? unfailing(node, value) : failing(e, node, value, outside);
    return makeValue("number", [whole], ok);
  }
  // The bound plus one is a double; the bound itself may be none.
  const inside = `${whole} > ${Number(min - 1n)} && ${whole} < ${Number(max + 1n)}`;
  const isLowest = `${whole} === ${Number(min)}`;
  const fits = dtype.kind === "decimal" ? inside : `(${inside}) || ${isLowest}`;
  const ok = failing(e, node, value, `!(${fits})`);
  return makeValue("bigint", [e.declare("cast", present(ok, `BigInt(${whole})`, "0n"))], ok);
}

/** Whole numbers, decimals and times are counts of something that is scaled up or down. */
function emitFromWhole(e: Emitter, node: CastNode, value: Value): Value {
  const [from, to] = [node.input.dtype, node.dtype];
  const big = e.exact && (isWide(from) || isWide(to));
  const [a] = value.parts as [string];
  const whole = big && value.form !== "bigint" ? `BigInt(${a})` : a;
  const scaled = e.declare("scaled", scaledText(e, node, whole, big));
  if (isWide(to) && !big) e.line(`if (!(Math.abs(${scaled}) <= 9007199254740991)) return -1;`);
  const outside = isWide(to) || big ? outsideText(scaled, to, big) : outsideText(scaled, to, false);
  const ok = outside === "" ? unfailing(node, value) : failing(e, node, value, outside);
  if (isWide(to)) return makeValue(big ? "bigint" : "number", [scaled], ok);
  const number = big ? `Number(${scaled})` : scaled;
  return makeValue("number", [e.declare("cast", present(ok, number, "0"))], ok);
}

/** How a cast between counts rounds. */
type Rounding = "floor" | "truncate" | "nearest";

/** What a count is multiplied with, and divided by after that. */
function scalesOf(from: DType, to: DType): readonly [up: number, down: number, Rounding] {
  if (to.kind === "timestamp" && from.kind === "date") {
    return [86_400 * stepsPerSecond[to.unit], 1, "floor"];
  }
  if (from.kind === "timestamp" && to.kind === "date") {
    return [1, 86_400 * stepsPerSecond[from.unit], "floor"];
  }
  if (from.kind === "timestamp" && to.kind === "timestamp") {
    const [before, after] = [stepsPerSecond[from.unit], stepsPerSecond[to.unit]];
    return after >= before ? [after / before, 1, "floor"] : [1, before / after, "floor"];
  }
  const before = from.kind === "decimal" ? from.scale : 0;
  const after = to.kind === "decimal" ? to.scale : 0;
  if (after >= before) return [10 ** (after - before), 1, "truncate"];
  return [1, 10 ** (before - after), to.kind === "decimal" ? "nearest" : "truncate"];
}

function scaledText(e: Emitter, { input, dtype }: CastNode, whole: string, big: boolean): string {
  const [up, down, rounding] = scalesOf(input.dtype, dtype);
  const n = big ? "n" : "";
  if (up !== 1) return `${whole} * ${up}${n}`;
  if (down === 1) return whole;
  const count = e.declare("count", whole);
  const rest = e.declare("rest", `${count} % ${down}${n}`);
  const quotient = `(${count} - ${rest}) / ${down}${n}`;
  const zero = `0${n}`;
  switch (rounding) {
    case "truncate":
      return big ? quotient : `${quotient} + 0`;
    case "floor":
      return `${quotient} - (${rest} < ${zero} ? 1${n} : ${zero})`;
    case "nearest": {
      const up1 = `2${n} * ${rest} >= ${down}${n} ? 1${n}`;
      const down1 = `2${n} * ${rest} <= -${down}${n} ? -1${n}`;
      return `${quotient} + (${up1} : ${down1} : ${zero})`;
    }
  }
}
