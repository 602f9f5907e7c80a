import { declareExports } from "@millrace/closure/tasks";
import type { Block, Column } from "../column.ts";
import type { Scalar } from "../expr/typed.ts";
import { bucketsByRange } from "../kernels/range-buckets.ts";
import { scalarAt, scalarColumn } from "../kernels/scalar-column.ts";
import { sortedRows } from "../kernels/sort.ts";
import { columnsNamed } from "./columns-named.ts";

/** What a partition looks like from outside, by a column that it may be sorted by. */
export interface Edges {
  readonly rows: number;
  /** Rows that have a value; where the partition is sorted, nulls are behind them. */
  readonly filled: number;
  readonly first: Scalar;
  readonly last: Scalar;
  /** Rows from the first that has the last value on. */
  readonly lastRun: number;
  readonly isSorted: boolean;
}

const ascending = [{ descending: false, nulls: "last" }] as const;

/** The edges of a partition by a column. */
export function edgesOf(block: Block, _partition: number, name: string): Edges {
  const [column] = columnsNamed(block, [name]) as [Column];
  const { rows } = block;
  const filled = filledRows(column);
  const isSorted = sortedRows([column], ascending).every((row, i) => row === i);
  if (!isSorted || filled === 0) {
    return { rows, filled, first: null, last: null, lastRun: 0, isSorted };
  }
  const last = scalarAt(column, filled - 1);
  const buckets = bucketsByRange([column], [scalarColumn(column.dtype, [last])], ascending);
  const before = buckets.indexOf(1);
  return { rows, filled, first: scalarAt(column, 0), last, lastRun: filled - before, isSorted };
}

function filledRows({ length, valid }: Column): number {
  return valid === undefined ? length : valid.reduce((sum, bit) => sum + bit, 0);
}

declareExports(import.meta.url, { edgesOf }, { package: "@millrace/dataframe" });
