import type { DType } from "../../dtype.ts";
import { boundsOf } from "../emit-number.ts";
import type { VectorCode } from "./vector-code.ts";

/** Functions of whole numbers. */
export type WholeFunction = "add" | "sub" | "mul" | "neg" | "abs";

/** The low and the high 32 bits of four products. */
const lowWords = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const highWords = lowWords.map((at) => at + 4);

/** A whole number of at most 32 bits, and the mask of rows in which its dtype cannot hold it. */
export function wholeLanes(
  code: VectorCode,
  fn: WholeFunction,
  dtype: DType,
  [a = "", b = ""]: readonly string[],
): readonly [result: string, wrong: string] {
  if (dtype.kind === "int32") return wordLanes(code, fn, a, b);
  // Of 16 bits no result has more than 32: it is worked out exactly, or as if it had no sign.
  const args = fn === "neg" ? [splat(code, 0), a] : fn === "abs" ? [a] : [a, b];
  const result = code.op(`i32x4.${fn === "neg" ? "sub" : fn}`, args);
  return [result, outside(code, result, dtype)];
}

/** The mask of numbers outside of a dtype. */
export function outside(code: VectorCode, number: string, dtype: DType): string {
  const [min, max] = boundsOf(dtype).map(Number) as [number, number];
  // Without a sign, what is below 0 is greater than all.
  if (min === 0) return code.op("i32x4.gt_u", [number, splat(code, max)]);
  const above = code.op("i32x4.gt_s", [number, splat(code, max)]);
  return code.op("v128.or", [above, code.op("i32x4.lt_s", [number, splat(code, min)])]);
}

/** Of 32 bits: results that do not fit have wrapped around. */
function wordLanes(
  code: VectorCode,
  fn: WholeFunction,
  a: string,
  b: string,
): readonly [result: string, wrong: string] {
  const xor = (x: string, y: string): string => code.op("v128.xor", [x, y]);
  const areNegative = (x: string): string => code.op("i32x4.lt_s", [x, splat(code, 0)]);
  switch (fn) {
    case "add": {
      // Both have the sign that the sum has not.
      const sum = code.op("i32x4.add", [a, b]);
      return [sum, areNegative(code.op("v128.and", [xor(a, sum), xor(b, sum)]))];
    }
    case "sub": {
      const rest = code.op("i32x4.sub", [a, b]);
      return [rest, areNegative(code.op("v128.and", [xor(a, b), xor(a, rest)]))];
    }
    case "mul": {
      const low = code.op("i64x2.extmul_low_i32x4_s", [a, b]);
      const high = code.op("i64x2.extmul_high_i32x4_s", [a, b]);
      const product = code.op("i8x16.shuffle", [low, high], lowWords);
      const above = code.op("i8x16.shuffle", [low, high], highWords);
      return [product, code.op("i32x4.ne", [above, areNegative(product)])];
    }
    case "neg": {
      const wrong = code.op("i32x4.eq", [a, splat(code, -(2 ** 31))]);
      return [code.op("i32x4.sub", [splat(code, 0), a]), wrong];
    }
    case "abs": {
      const size = code.op("i32x4.abs", [a]);
      return [size, areNegative(size)];
    }
  }
}

/** The same whole number in all rows. */
export function splat(code: VectorCode, n: number): string {
  return code.constant(new Int32Array(4).fill(n), "number");
}
