import type { Lanes, Vector } from "./lanes.ts";
import type { VectorCode } from "./vector-code.ts";

/** Lanes of floats. */
export type FloatLanes = "f32x4" | "f64x2";

const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
/** The first four bytes of each eight, of two vectors. */
const narrowed = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const lowerHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** Truth as 0 and 1; other values as they are. */
export function asNumbers(code: VectorCode, vector: Vector): Vector {
  if (vector.lanes !== "mask") return vector;
  const one = code.constant(Int32Array.of(1, 1, 1, 1), "one");
  return { lanes: "i32x4", parts: [code.op("v128.and", [vector.parts[0] as string, one])] };
}

/** Numbers as floats, each rounded once. */
export function asFloats(code: VectorCode, vector: Vector, lanes: FloatLanes): Vector {
  const numbers = asNumbers(code, vector);
  if (numbers.lanes === lanes) return numbers;
  const [a, b] = numbers.parts as [string, string];
  if (numbers.lanes === "f64x2") {
    const halves = [a, b].map((half) => code.op("f32x4.demote_f64x2_zero", [half]));
    return { lanes, parts: [code.op("i8x16.shuffle", halves, lowerHalves)] };
  }
  if (lanes === "f32x4") return { lanes, parts: [code.op("f32x4.convert_i32x4_s", [a])] };
  const widen = numbers.lanes === "f32x4" ? "f64x2.promote_low_f32x4" : "f64x2.convert_low_i32x4_s";
  const upper = code.op("i8x16.shuffle", [a, a], upperHalf);
  return { lanes, parts: [code.op(widen, [a]), code.op(widen, [upper])] };
}

/** The mask of four rows of masks of one vector, or of two for doubles. */
export function asMask(code: VectorCode, masks: readonly string[]): Vector {
  const parts = masks.length === 1 ? masks : [code.op("i8x16.shuffle", masks, narrowed)];
  return { lanes: "mask", parts };
}

/** A mask for each vector of the lanes of values: doubles take two. */
export function masksFor(code: VectorCode, mask: string, lanes: Lanes): readonly string[] {
  if (lanes !== "f64x2") return [mask];
  return [
    code.op("i64x2.extend_low_i32x4_s", [mask]),
    code.op("i64x2.extend_high_i32x4_s", [mask]),
  ];
}
