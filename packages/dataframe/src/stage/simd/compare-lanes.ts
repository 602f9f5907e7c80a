import type { Comparison } from "../emit-comparison.ts";
import { asMask, asNumbers } from "./convert-lanes.ts";
import type { FloatLanes } from "./convert-lanes.ts";
import type { Vector } from "./lanes.ts";
import type { VectorCode } from "./vector-code.ts";

/** A side of a comparison. */
export interface Side {
  readonly vector: Vector;
  /** A constant other than NaN. */
  readonly isNumber: boolean;
}

const wholeOps = {
  eq: "i32x4.eq",
  neq: "i32x4.ne",
  lt: "i32x4.lt_s",
  lte: "i32x4.le_s",
  gt: "i32x4.gt_s",
  gte: "i32x4.ge_s",
} as const;

/** The mask of rows in which a comparison of values of equal lanes is true. */
export function compareLanes(code: VectorCode, fn: Comparison, left: Side, right: Side): Vector {
  const [a, b] = [left, right].map(({ vector }) => asNumbers(code, vector)) as [Vector, Vector];
  const { lanes } = a;
  const masks = a.parts.map((x, half) => {
    const y = b.parts[half] as string;
    if (lanes === "i32x4" || lanes === "mask") return code.op(wholeOps[fn], [x, y]);
    return compareFloats(code, lanes, fn, [x, left.isNumber], [y, right.isNumber]);
  });
  return asMask(code, masks);
}

type FloatSide = readonly [name: string, isNumber: boolean];

/** NaN equals itself and is greater than every number; next to a constant one test is enough. */
function compareFloats(
  code: VectorCode,
  lanes: FloatLanes,
  fn: Comparison,
  left: FloatSide,
  right: FloatSide,
): string {
  const [[a, aIsNumber], [b, bIsNumber]] = [left, right];
  const test = (op: "eq" | "ne" | "lt" | "le" | "ge", x: string, y: string): string =>
    code.op(`${lanes}.${op}`, [x, y]);
  const isNaN = (x: string): string => test("ne", x, x);
  const or = (x: string, y: string): string => code.op("v128.or", [x, y]);
  const and = (x: string, y: string): string => code.op("v128.and", [x, y]);
  switch (fn) {
    case "eq":
      if (aIsNumber || bIsNumber) return test("eq", a, b);
      return or(test("eq", a, b), and(isNaN(a), isNaN(b)));
    case "neq":
      return code.op("v128.not", [compareFloats(code, lanes, "eq", left, right)]);
    case "lt":
      if (bIsNumber) return test("lt", a, b);
      if (aIsNumber) return code.op("v128.not", [test("ge", a, b)]);
      return or(test("lt", a, b), and(test("eq", a, a), isNaN(b)));
    case "lte":
      return bIsNumber ? test("le", a, b) : or(test("le", a, b), isNaN(b));
    case "gt":
      return compareFloats(code, lanes, "lt", right, left);
    case "gte":
      return compareFloats(code, lanes, "lte", right, left);
  }
}
