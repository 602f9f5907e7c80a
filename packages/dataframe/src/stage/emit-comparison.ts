import type { DType } from "../dtype.ts";
import { isFloat, isText, isWide } from "../dtype-traits.ts";
import type { CallNode, Scalar, Typed } from "../expr/typed.ts";
import { encodeText } from "../kernels/text/bytes.ts";
import { emitBytes, scalarText } from "./emit-column.ts";
import { alignScale } from "./emit-number.ts";
import type { Emitter } from "./emitter.ts";
import { allOk, makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/** Comparisons of two values. */
export type Comparison = "eq" | "neq" | "lt" | "lte" | "gt" | "gte";

const operators: Readonly<Record<Comparison, string>> = {
  eq: "===",
  neq: "!==",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};

/**
 * 1 where a comparison is true. `(a > b | 0)` and never `a > b ? 1 : 0`: the engine makes a jump of
 * the latter, which costs three times as much where the outcome is random.
 */
export function emitComparison(e: Emitter, node: CallNode, fn: Comparison): Value {
  const [left, right] = node.args as readonly [Typed, Typed];
  const [a, b] = [e.value(left), e.value(right)];
  const ok = e.declareOk(allOk([a.ok, b.ok]));
  return makeValue("number", [e.declare(fn, comparisonText(e, fn, [left, right], [a, b]))], ok);
}

function comparisonText(
  e: Emitter,
  fn: Comparison,
  [left, right]: readonly [Typed, Typed],
  [a, b]: readonly [Value, Value],
): string {
  if (isText(left.dtype)) return textComparison(e, fn, emitBytes(e, a), emitBytes(e, b));
  const [x] = alignScale(e, a, left, right.dtype).parts as [string];
  const [y] = alignScale(e, b, right, left.dtype).parts as [string];
  if (isFloat(left.dtype)) return floatComparison(fn, x, y, isNumber(left), isNumber(right));
  return `(${x} ${operators[fn]} ${y} | 0)`;
}

function textComparison(e: Emitter, fn: Comparison, a: Value, b: Value): string {
  const operands = [...a.parts, ...b.parts].join(", ");
  if (fn === "eq") return `(${e.kernel("equalBytes")}(${operands}) | 0)`;
  if (fn === "neq") return `(!${e.kernel("equalBytes")}(${operands}) | 0)`;
  return `(${e.kernel("compareBytes")}(${operands}) ${operators[fn]} 0 | 0)`;
}

/** Whether a value is a constant other than NaN. */
function isNumber(node: Typed): boolean {
  return node.kind === "literal" && !Number.isNaN(node.value);
}

/** NaN equals itself and is greater than every number; next to a constant one test is enough. */
function floatComparison(
  fn: Comparison,
  a: string,
  b: string,
  aIsNumber: boolean,
  bIsNumber: boolean,
): string {
  const bothNaN = `(${a} !== ${a}) & (${b} !== ${b})`;
  switch (fn) {
    case "eq":
      return aIsNumber || bIsNumber ? `(${a} === ${b} | 0)` : `((${a} === ${b}) | (${bothNaN}))`;
    case "neq":
      return aIsNumber || bIsNumber
        ? `(${a} !== ${b} | 0)`
        : `(((${a} === ${b}) | (${bothNaN})) ^ 1)`;
    case "lt":
      if (bIsNumber) return `(${a} < ${b} | 0)`;
      return aIsNumber
        ? `(!(${a} >= ${b}) | 0)`
        : `((${a} < ${b}) | ((${a} === ${a}) & (${b} !== ${b})))`;
    case "lte":
      return bIsNumber ? `(${a} <= ${b} | 0)` : `((${a} <= ${b}) | (${b} !== ${b}))`;
    case "gt":
      return floatComparison("lt", b, a, bIsNumber, aIsNumber);
    case "gte":
      return floatComparison("lte", b, a, bIsNumber, aIsNumber);
  }
}

/** Few values are compared one by one; many are looked up. */
const COMPARED_MAX = 8;

/** 1 where a value is one of some constants. */
export function emitIsIn(e: Emitter, node: CallNode): Value {
  const [input] = node.args as readonly [Typed];
  const value = e.value(input);
  const wanted = node.params.filter((param) => param !== null);
  // A value that is none of the others may be the null among them: as in SQL, nobody knows.
  const hasNull = wanted.length < node.params.length;
  const found = e.declare("isIn", isInText(e, input, value, wanted));
  const ok = hasNull ? allOk([value.ok, found]) : value.ok;
  return makeValue("number", [found], e.declareOk(ok));
}

function isInText(e: Emitter, input: Typed, value: Value, wanted: readonly Scalar[]): string {
  if (isText(input.dtype)) {
    const { parts } = emitBytes(e, value);
    if (wanted.length > 0 && wanted.length <= COMPARED_MAX) return textTests(e, parts, wanted);
    const texts = e.constant(bytesByLength(wanted as readonly string[]), "texts");
    return `(${e.kernel("isOneOf")}(${parts.join(", ")}, ${texts}) | 0)`;
  }
  const [a] = value.parts as [string];
  if (wanted.length > COMPARED_MAX) {
    return `(${e.constant(setOf(wanted, input.dtype, e.exact), "set")}.has(${a}) | 0)`;
  }
  const tests = wanted.map((scalar) =>
    Number.isNaN(scalar) ? `(${a} !== ${a})` : `(${a} === ${scalarText(e, scalar, input.dtype)})`,
  );
  return tests.length === 0 ? "0" : `(${tests.join(" | ")} | 0)`;
}

function textTests(e: Emitter, parts: readonly string[], wanted: readonly Scalar[]): string {
  const tests = wanted.map((scalar) => {
    const bytes = encodeText(scalar as string);
    const one = e.constant(bytes, scalar as string);
    return `${e.kernel("equalBytes")}(${parts.join(", ")}, ${one}, 0, ${bytes.length})`;
  });
  return `(${tests.join(" || ")} | 0)`;
}

function setOf(wanted: readonly Scalar[], dtype: DType, exact: boolean): Set<number | bigint> {
  const values = new Set<number | bigint>();
  for (const scalar of wanted) {
    const value = scalar as number | bigint;
    if (isWide(dtype) && exact) values.add(BigInt(value));
    // What a double does not hold equals no value that a loop over numbers meets.
    else if (typeof value !== "bigint" || BigInt(Number(value)) === value)
      values.add(Number(value));
  }
  return values;
}

/** Texts by their number of bytes, which tells most apart. */
function bytesByLength(texts: readonly string[]): ReadonlyMap<number, readonly Uint8Array[]> {
  const groups = new Map<number, Uint8Array[]>();
  for (const bytes of texts.map(encodeText)) {
    const group = groups.get(bytes.length);
    if (group === undefined) groups.set(bytes.length, [bytes]);
    else group.push(bytes);
  }
  return groups;
}
