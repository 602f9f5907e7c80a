import type { Column } from "../../column.ts";
import { makeColumn, makeValues } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { isFloat, isText, isWide } from "../../dtype-traits.ts";
import { arrayOf } from "../reads.ts";
import type { Rows } from "../row-loop.ts";
import { rowLoop } from "../row-loop.ts";
import { rangeLoop } from "./number-loops.ts";

/** How rows of several columns are one number each: a digit a column, beside each other. */
export type Packing = readonly Digit[];

/** Where a column stands in a packed number: 0 for null, else 1 + the distance from `least`. */
export interface Digit {
  readonly shift: number;
  readonly bits: number;
  readonly least: number;
}

/** Least and greatest value of a column, and 1 while all are whole. */
export type Range = Float64Array;

/** Whether columns of such dtypes can be packed: of whole numbers of up to 32 bits. */
export function canBePacked(dtypes: readonly DType[]): boolean {
  const isNarrow = (dtype: DType): boolean =>
    !isText(dtype) &&
    !isFloat(dtype) &&
    !isWide(dtype) &&
    dtype.kind !== "list" &&
    dtype.kind !== "struct";
  return dtypes.length > 0 && dtypes.every(isNarrow);
}

/** Ranges of `count` columns of which nothing was met. */
export function noRanges(count: number): Range[] {
  return Array.from({ length: count }, () => Float64Array.of(Infinity, -Infinity, 1));
}

/** Widens the range of each column by the rows that count. */
export function widenRanges(
  ranges: readonly Range[],
  columns: readonly Column[],
  selection: Rows,
  n: number,
): void {
  for (const [k, column] of columns.entries()) {
    const { dtype, valid } = column;
    const range = ranges[k] as Range;
    rangeLoop(dtype, valid, selection)(arrayOf(column), valid, selection, n, range);
  }
}

const packedBits = 32;

/**
 * Digits for ranges, each in the middle of what its bits hold: ranges grow while rows come.
 * Undefined where the bits are not enough.
 */
export function packingFor(ranges: readonly Range[]): Packing | undefined {
  const needed = ranges.map(([min = 0, max = 0]) => {
    return max < min ? 1 : Math.ceil(Math.log2(max - min + 2));
  });
  if (needed.reduce((sum, bits) => sum + bits, 0) > packedBits) return undefined;
  let shift = 0;
  return ranges.map(([min = 0, max = 0], k) => {
    const bits = needed[k] as number;
    const room = max < min ? 0 : 2 ** bits - 1 - (max - min + 1);
    const digit = { shift, bits, least: (max < min ? 0 : min) - (room >>> 1) };
    shift += bits;
    return digit;
  });
}

/** Whether the digits of a packing hold what is in the ranges. */
export function holds(packing: Packing, ranges: readonly Range[]): boolean {
  return packing.every(({ bits, least }, k) => {
    const [min = 0, max = 0] = ranges[k] as Range;
    return max < min || (min >= least && max - least < 2 ** bits - 1);
  });
}

/** Rows as one number each. */
export function packRows(
  packing: Packing,
  columns: readonly Column[],
  selection: Rows,
  n: number,
  codes: Int32Array,
): void {
  // Of null the digit is 0.
  if (columns[0]?.valid !== undefined) codes.fill(0, 0, n);
  for (const [k, column] of columns.entries()) {
    const { dtype, valid } = column;
    const { shift, least } = packing[k] as Digit;
    const before = k === 0 ? "" : "g | ";
    const loop = rowLoop<[number, number]>(
      `${k === 0 ? "pack" : "pack_behind"}_${dtype.kind}`,
      valid,
      selection,
      () => ({
        params: "shift, least",
        body: `groups[k] = ${before}((x[i] - least + 1) << shift);`,
      }),
    );
    loop(arrayOf(column), valid, selection, n, codes, shift, least);
  }
}

/** The columns of which packed numbers were made. */
export function unpackRows(
  packing: Packing,
  codes: Int32Array,
  dtypes: readonly DType[],
): Column[] {
  return dtypes.map((dtype, k) => unpackDigit(codes, packing[k] ?? noDigit, dtype));
}

/** Of a column of which nothing was met. */
const noDigit: Digit = { shift: 0, bits: 1, least: 0 };

function unpackDigit(codes: Int32Array, { shift, bits, least }: Digit, dtype: DType): Column {
  const { length } = codes;
  const mask = 2 ** bits - 1;
  const out = makeValues(dtype, length) as Int32Array;
  let nulls = 0;
  for (let g = 0; g < length; g++) {
    const digit = ((codes[g] as number) >>> shift) & mask;
    if (digit === 0) nulls++;
    else out[g] = digit - 1 + least;
  }
  if (nulls === 0) return makeColumn(dtype, length, { values: out });
  const valid = new Uint8Array(length);
  for (let g = 0; g < length; g++) {
    valid[g] = (((codes[g] as number) >>> shift) & mask) === 0 ? 0 : 1;
  }
  return makeColumn(dtype, length, { values: out, valid });
}
