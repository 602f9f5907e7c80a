import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { isFloat } from "../../../packages/dataframe/dist/dtype-traits.js";
import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import type { Aggregate } from "../../../packages/dataframe/dist/expr/typed.js";
import type { Value } from "./interpret-values.ts";
import { compareValues, fits } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";
import { interpret } from "./interpret.ts";

/**
 * What an aggregate gives for the rows of one group. The approximate ones are exact here, so the
 * tests of them compare within what they promise.
 */
export function interpretAggregate(aggregate: Aggregate, rows: readonly Row[]): Value {
  const { arg, fn, params } = aggregate;
  if (fn === "rows" || arg === undefined) return BigInt(rows.length);
  const values = rows
    .map((row) => interpret(arg, (name) => row.get(name) ?? null))
    .filter((value) => value !== null);
  const compare = (a: Value, b: Value): number => compareValues(arg.dtype, a, b);
  switch (fn) {
    case "count":
      return BigInt(values.length);
    case "nUnique":
    case "approxNUnique":
      return BigInt(
        values.toSorted(compare).filter((x, i, all) => i === 0 || compare(x, all[i - 1] ?? 0) !== 0)
          .length,
      );
    case "first":
      return values[0] ?? null;
    case "last":
      return values.at(-1) ?? null;
    case "min":
      return values.toSorted(compare)[0] ?? null;
    case "max":
      return values.toSorted(compare).at(-1) ?? null;
    case "any":
      return values.length === 0 ? null : values.includes(true);
    case "all":
      return values.length === 0 ? null : !values.includes(false);
    case "sum":
      return values.length === 0 ? null : sum(values, arg.dtype, aggregate.dtype);
    case "mean":
      return values.length === 0 ? null : mean(values, arg.dtype);
    case "var":
      return variance(values, arg.dtype);
    case "std": {
      const result = variance(values, arg.dtype);
      return result === null ? null : Math.sqrt(result);
    }
    case "median":
      return quantile(values, arg.dtype, 0.5);
    case "quantile":
    case "approxQuantile":
      return quantile(values, arg.dtype, params[0] ?? Number.NaN);
  }
}

function sum(values: readonly Value[], from: DType, to: DType): Value {
  if (isFloat(from)) return floatSum(values as readonly number[]);
  const total = values.reduce<bigint>((acc, value) => acc + BigInt(value as bigint), 0n);
  if (fits(total, to)) return total;
  throw new DataFrameError("dataframe/overflow", `sum: ${total} is no ${to.kind}`);
}

/** Compensated (Neumaier), so that it is nearer to the truth than what is tested against it. */
function floatSum(values: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const x of values) {
    const next = total + x;
    lost += Math.abs(total) >= Math.abs(x) ? total - next + x : x - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total + lost : total;
}

function mean(values: readonly Value[], dtype: DType): number {
  if (isFloat(dtype)) return floatSum(values as readonly number[]) / values.length;
  const total = values.reduce<bigint>((acc, value) => acc + BigInt(value as bigint), 0n);
  return Number(total) / scaleOf(dtype) / values.length;
}

function scaleOf(dtype: DType): number {
  return dtype.kind === "decimal" ? 10 ** dtype.scale : 1;
}

function variance(values: readonly Value[], dtype: DType): number | null {
  if (values.length < 2) return null;
  const numbers = values.map((value) => Number(value) / scaleOf(dtype));
  const center = floatSum(numbers) / numbers.length;
  const distances = numbers.map((x) => x - center);
  // The center is rounded; the second term takes out what that adds.
  const excess = floatSum(distances) ** 2 / numbers.length;
  return (floatSum(distances.map((x) => x ** 2)) - excess) / (numbers.length - 1);
}

function quantile(values: readonly Value[], dtype: DType, q: number): number | null {
  if (values.length === 0) return null;
  const sorted = values
    .toSorted((a, b) => compareValues(dtype, a, b))
    .map((value) => Number(value) / scaleOf(dtype));
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}
