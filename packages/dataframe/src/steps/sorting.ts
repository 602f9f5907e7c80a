import { declareExports } from "@millrace/closure/tasks";
import type { Block, Column } from "../column.ts";
import type { Scalar } from "../expr/typed.ts";
import { concatBlocks } from "../kernels/concat.ts";
import { bucketsByHash, partitionBlock } from "../kernels/partition.ts";
import { bucketsByRange } from "../kernels/range-buckets.ts";
import { scalarColumn } from "../kernels/scalar-column.ts";
import { sortedRows } from "../kernels/sort.ts";
import { takeBlock } from "../kernels/take.ts";
import type { SortKey } from "../plan/node.ts";
import { columnsNamed } from "./columns-named.ts";

/** The rows of a partition in order. */
export function sortBlock(block: Block, _partition: number, by: readonly SortKey[]): Block {
  const names = by.map(({ name }) => name);
  return takeBlock(block, sortedRows(columnsNamed(block, names), by));
}

/** All rows of several partitions in order. */
export function sortAll(blocks: readonly Block[], by: readonly SortKey[]): Block {
  return sortBlock(concatBlocks(blocks), 0, by);
}

/** Rows of a partition dealt out by where they stand between bounds, each a row of `bounds`. */
export function splitByOrder(
  block: Block,
  npartitions: number,
  bounds: Block,
  by: readonly SortKey[],
): Block[] {
  const names = by.map(({ name }) => name);
  const buckets = bucketsByRange(columnsNamed(block, names), columnsNamed(bounds, names), by);
  return partitionBlock(block, buckets, npartitions);
}

/** Rows of a partition dealt out by the hash of columns. */
export function splitByHash(block: Block, npartitions: number, names: readonly string[]): Block[] {
  const buckets = bucketsByHash(columnsNamed(block, names), npartitions);
  return partitionBlock(block, buckets, npartitions);
}

/** Rows of a partition dealt out by where a column falls between bounds that are known. */
export function splitByDivisions(
  block: Block,
  npartitions: number,
  name: string,
  divisions: readonly Scalar[],
): Block[] {
  const [column] = columnsNamed(block, [name]) as [Column];
  const inner = scalarColumn(column.dtype, divisions.slice(1, -1));
  const buckets = bucketsByRange([column], [inner], [{ descending: false, nulls: "last" }]);
  return partitionBlock(block, buckets, npartitions);
}

/** Pieces of partitions as one, in their order. */
export function joinBlocks(blocks: readonly Block[]): Block {
  return concatBlocks(blocks);
}

declareExports(
  import.meta.url,
  { sortBlock, sortAll, splitByOrder, splitByHash, splitByDivisions, joinBlocks },
  { package: "@millrace/dataframe" },
);
