import type { DType } from "../dtype.ts";
import { integerBits, isFloat, isInteger, isWide } from "../dtype-traits.ts";
import type { CallNode, Typed } from "../expr/typed.ts";
import type { Emitter } from "./emitter.ts";
import { allOk, makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/** Functions of numbers. */
export type NumberFunction =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "neg"
  | "abs"
  | "floor"
  | "ceil"
  | "round"
  | "pow"
  | "sqrt"
  | "exp"
  | "log";

/** A function of numbers: of doubles, or of whole numbers that must fit their dtype. */
export function emitNumber(e: Emitter, node: CallNode, fn: NumberFunction): Value {
  const values = node.args.map((arg) => e.value(arg));
  const ok = e.declareOk(allOk(values.map((value) => value.ok)));
  if (isFloat(node.dtype)) return emitFloat(e, node, fn, values, ok);
  return emitWhole(e, node, fn, values, ok);
}

function emitFloat(
  e: Emitter,
  node: CallNode,
  fn: NumberFunction,
  values: readonly Value[],
  ok: string | undefined,
): Value {
  const [a = "0", b = "0"] = values.map((value, i) => asDouble(value, node.args[i] as Typed));
  const result = e.declare(fn, rounded(floatText(e, node, fn, a, b), node.dtype));
  return makeValue("number", [result], ok);
}

function floatText(e: Emitter, node: CallNode, fn: NumberFunction, a: string, b: string): string {
  switch (fn) {
    case "add":
      return `${a} + ${b}`;
    case "sub":
      return `${a} - ${b}`;
    case "mul":
      return `${a} * ${b}`;
    case "div":
      return `${a} / ${b}`;
    case "mod":
      return `${a} % ${b}`;
    case "neg":
      return `-(${a})`;
    case "round":
      return `${e.kernel("roundHalfAway")}(${a}, ${Number(node.params[0] ?? 0)})`;
    case "abs":
    case "floor":
    case "ceil":
    case "pow":
    case "sqrt":
    case "exp":
    case "log":
      return `Math.${fn}(${fn === "pow" ? `${a}, ${b}` : a})`;
  }
}

/** Each step of single precision is rounded to it. */
export function rounded(text: string, dtype: DType): string {
  return dtype.kind === "float32" ? `Math.fround(${text})` : text;
}

/** A number as a double: decimals as what they mean. */
export function asDouble({ form, parts }: Value, { dtype }: { readonly dtype: DType }): string {
  const number = form === "bigint" ? `Number(${parts[0]})` : String(parts[0]);
  return dtype.kind === "decimal" && dtype.scale > 0 ? `(${number} / 1e${dtype.scale})` : number;
}

function emitWhole(
  e: Emitter,
  node: CallNode,
  fn: NumberFunction,
  values: readonly Value[],
  ok: string | undefined,
): Value {
  const { dtype } = node;
  const aligned =
    fn === "mul" ? values : values.map((v, i) => alignScale(e, v, node.args[i] as Typed, dtype));
  const [a = "0", b = "0"] = aligned.map(({ parts }) => parts[0]);
  const big = e.exact && isWide(dtype);
  const zero = big ? "0n" : "0";
  // Adding 0 turns -0 into 0: whole numbers have but one.
  const plus = big ? "" : " + 0";
  switch (fn) {
    case "add":
      return fitting(e, node, `${a} + ${b}`, values, ok);
    case "sub":
      return fitting(e, node, `${a} - ${b}`, values, ok);
    case "mul":
      return fitting(e, node, `${a} * ${b}${plus}`, values, ok);
    case "neg":
      return fitting(e, node, `${zero} - ${a}`, values, ok);
    case "abs":
      return fitting(e, node, `${a} < ${zero} ? ${zero} - ${a} : ${a}`, values, ok);
    case "mod":
      return emitWholeMod(e, node, [a, b], ok);
    case "floor":
    case "ceil":
    case "round":
      return emitWholeRound(e, node, fn, values, ok);
    case "div":
    case "pow":
    case "sqrt":
    case "exp":
    case "log":
      throw new Error(`${fn} gives no ${dtype.kind}`);
  }
}

/** By 0 it is null. */
function emitWholeMod(
  e: Emitter,
  node: CallNode,
  [a, b]: readonly [string, string],
  ok: string | undefined,
): Value {
  const big = e.exact && isWide(node.dtype);
  const rest = big ? `${a} % ${b}` : `${a} % ${b} + 0`;
  const divisor = node.args[1] as Typed;
  if (divisor.kind === "literal" && divisor.value !== null && Number(divisor.value) !== 0) {
    return makeValue(big ? "bigint" : "number", [e.declare("mod", rest)], ok);
  }
  const zero = big ? "0n" : "0";
  const isThere = e.declare("ok", allOk([ok, `(${b} !== ${zero} | 0)`]) as string);
  const result = e.declare("mod", `${b} === ${zero} ? ${zero} : ${rest}`);
  return makeValue(big ? "bigint" : "number", [result], isThere);
}

/** Whole numbers are round; decimals are rounded to a multiple of a power of ten. */
function emitWholeRound(
  e: Emitter,
  node: CallNode,
  fn: "floor" | "ceil" | "round",
  values: readonly Value[],
  ok: string | undefined,
): Value {
  const [value] = values as readonly [Value];
  const digits = fn === "round" ? Number(node.params[0] ?? 0) : 0;
  const scale = node.dtype.kind === "decimal" ? node.dtype.scale : 0;
  if (digits >= scale) return value;
  const [a] = value.parts as [string];
  const n = e.exact && isWide(node.dtype) ? "n" : "";
  const unit = `${10n ** BigInt(scale - digits)}${n}`;
  const rest = e.declare("rest", `${a} % ${unit}`);
  const up = { floor: "0", ceil: `${rest} > 0${n}`, round: `2${n} * ${rest} >= ${unit}` }[fn];
  const down = { floor: `${rest} < 0${n}`, ceil: "0", round: `2${n} * ${rest} <= -${unit}` }[fn];
  const shift = `(${up} ? ${unit} : ${down} ? -${unit} : 0${n})`;
  return fitting(e, node, `${a} - ${rest} + ${shift}`, values, ok);
}

/** A decimal with as many digits behind the point as another one has. */
export function alignScale(e: Emitter, value: Value, { dtype: from }: Typed, to: DType): Value {
  const before = from.kind === "decimal" ? from.scale : 0;
  const after = to.kind === "decimal" ? to.scale : 0;
  if (after <= before) return value;
  const factor = 10n ** BigInt(after - before);
  const [a] = value.parts as [string];
  if (value.form === "bigint") {
    return makeValue("bigint", [e.declare("scaled", `${a} * ${factor}n`)], value.ok);
  }
  const scaled = e.declare("scaled", `${a} * ${factor}`);
  e.line(`if (!(Math.abs(${scaled}) <= 9007199254740991)) return -1;`);
  return makeValue("number", [scaled], value.ok);
}

/** A whole number that must be one of the dtype of its node, unless it is null. */
function fitting(
  e: Emitter,
  node: CallNode,
  text: string,
  values: readonly Value[],
  ok: string | undefined,
): Value {
  const { dtype } = node;
  const wide = isWide(dtype);
  const name = e.declare(node.fn, text);
  if (wide) e.wide = true;
  if (wide && !e.exact) e.line(`if (!(Math.abs(${name}) <= 9007199254740991)) return -1;`);
  const outside = outsideText(name, dtype, e.exact);
  if (outside !== "") {
    const operands = values.map(({ parts }) => parts[0]).join(", ");
    const call = `${e.kernel("overflow")}(${e.constant(node, "node")}, [${operands}])`;
    const there = ok === undefined ? "" : `${ok} && `;
    e.nest(`if (${there}(${outside})) {`, [`${call};`]);
  }
  return makeValue(wide && e.exact ? "bigint" : "number", [name], ok);
}

/** A condition that is true for numbers outside of a dtype; empty where there are none. */
export function outsideText(name: string, dtype: DType, exact: boolean): string {
  const [min, max] = boundsOf(dtype);
  if (!isWide(dtype)) return `${name} < ${min} || ${name} > ${max}`;
  if (exact) return `${name} < ${min}n || ${name} > ${max}n`;
  // Those that are no safe numbers have gone to the exact variant.
  const parts = [];
  if (min > -9007199254740991n) parts.push(`${name} < ${min}`);
  if (max < 9007199254740991n) parts.push(`${name} > ${max}`);
  return parts.join(" || ");
}

/** The smallest and the largest whole number that a dtype can hold. */
export function boundsOf(dtype: DType): readonly [bigint, bigint] {
  if (dtype.kind === "decimal") {
    const max = 10n ** BigInt(dtype.precision) - 1n;
    return [-max, max];
  }
  const bits = BigInt(isInteger(dtype) ? integerBits[dtype.kind] : dtype.kind === "date" ? 32 : 64);
  if (dtype.kind.startsWith("uint")) return [0n, 2n ** bits - 1n];
  return [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}
