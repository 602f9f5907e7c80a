import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { integerBits, isInteger, isText } from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";

/** A value of a row as its column stores it: lists are arrays, structs objects. */
export type Value = Scalar | readonly Value[] | { readonly [field: string]: Value };

/** Whether an integer dtype, a decimal or a timestamp can hold a number. */
export function fits(value: bigint, dtype: DType): boolean {
  if (dtype.kind === "decimal") {
    const magnitude = value < 0n ? -value : value;
    return magnitude < 10n ** BigInt(dtype.precision);
  }
  if (dtype.kind === "timestamp") return BigInt.asIntN(64, value) === value;
  if (dtype.kind === "date") return BigInt.asIntN(32, value) === value;
  if (!isInteger(dtype)) throw new Error(`${dtype.kind} is no exact number`);
  const bits = integerBits[dtype.kind];
  const held = dtype.kind.startsWith("u")
    ? BigInt.asUintN(bits, value)
    : BigInt.asIntN(bits, value);
  return held === value;
}

/** The order of two values that are not null: NaN above all numbers, texts by code points. */
export function compareValues(dtype: DType, a: Value, b: Value): number {
  if (isText(dtype)) return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  const [x, y] = [a as number, b as number];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Rounds down. */
export function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n);
}

/** Rounds half away from zero. */
export function divideRounding(a: bigint, b: bigint): bigint {
  const magnitude = ((a < 0n ? -a : a) * 2n + b) / (2n * b);
  return a < 0n ? -magnitude : magnitude;
}
