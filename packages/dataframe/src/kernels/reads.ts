import type { Column, Values } from "../column.ts";
import { halvesOf } from "../column.ts";
import type { DType } from "../dtype.ts";
import { isWide } from "../dtype-traits.ts";

/** What generated loops read a column's values from: halves where they take 64 bits. */
export function arrayOf(column: Column): Values {
  const values = column.values as Values;
  return isWide(column.dtype) ? halvesOf(values) : values;
}

/** The text that reads row `i` of {@link arrayOf} as a number, rounded beyond 2 ** 53. */
export function readNumber(dtype: DType): string {
  return isWide(dtype) ? `(${readHigh(dtype)} * 4294967296 + (x[2 * i] >>> 0))` : "x[i]";
}

/** The text that reads the high half of row `i`. */
export function readHigh(dtype: DType): string {
  return dtype.kind === "uint64" ? "(x[2 * i + 1] >>> 0)" : "x[2 * i + 1]";
}
