import fc from "fast-check";

import type { Block, Column } from "../../../packages/dataframe/dist/column.js";
import { makeBlock, sliceColumn } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { isText } from "../../../packages/dataframe/dist/dtype-traits.js";
import { values } from "./arbitraries.ts";
import { columnOf } from "./columns.ts";
import type { Value } from "./interpret-values.ts";

/** A column and its plain values. */
export type DrawnColumn = { readonly column: Column; readonly plain: readonly Value[] };

/** Columns of a length, some of them slices of longer ones, texts stored in either form. */
export function columns(dtype: DType, length: number): fc.Arbitrary<DrawnColumn> {
  const drawn = (count: number): fc.Arbitrary<Value[]> =>
    fc.array(values(dtype), { minLength: count, maxLength: count, size: "max" });
  const around = fc.nat({ max: 2 });
  return fc
    .tuple(drawn(length), fc.tuple(around, around), fc.constantFrom("plain", "encoded"))
    .chain(([plain, [before, after], form]) =>
      fc.tuple(drawn(before), drawn(after)).map(([head, tail]) => {
        const whole = columnOf(dtype, [...head, ...plain, ...tail], form);
        return { column: sliceColumn(whole, before, before + length), plain };
      }),
    );
}

/** Lengths of columns: short ones, and some that are longer than what is sorted by insertion. */
export const lengths: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: 25, max: 60 }) },
);

/** Columns of one length, and what they hold. */
export type DrawnBlock = {
  readonly block: Block;
  readonly plain: readonly (readonly Value[])[];
};

/** Partitions of columns of given dtypes. */
export function blocks(dtypes: readonly DType[], length: number): fc.Arbitrary<DrawnBlock> {
  return fc.tuple(...dtypes.map((dtype) => columns(dtype, length))).map((drawn) => ({
    block: makeBlock(
      length,
      drawn.map((_, n) => `c${n}`),
      drawn.map(({ column }) => column),
    ),
    plain: drawn.map(({ plain }) => plain),
  }));
}

/** Bytes that columns take for values and offsets, whoever else uses them. */
export function ownBytes(column: Column): number {
  const { values: own, valid, offsets, children, dictionary, dtype } = column;
  const parts = [own, valid, offsets].reduce((sum, part) => sum + (part?.byteLength ?? 0), 0);
  const below = isText(dtype) && dictionary !== undefined ? [dictionary] : children;
  return below.reduce((sum, child) => sum + ownBytes(child), parts);
}
