import { declareExports } from "@millrace/closure/tasks";
import type { Cut, CutPiece } from "@millrace/graph/tasks";
import type { Block, Column } from "../column.ts";
import type { Scalar } from "../expr/typed.ts";
import { concatBlocks } from "../kernels/concat.ts";
import { cutBlocks, joinPieces } from "../kernels/cut.ts";
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

/** All rows of the pieces of a range in order. */
export function sortRange(pieces: readonly CutPiece[], by: readonly SortKey[]): Block {
  return sortBlock(joinDealt(pieces), 0, by);
}

/** Rows of a partition dealt out by where they stand between bounds, each a row of `bounds`. */
export function splitByOrder(
  block: Block,
  npartitions: number,
  bounds: Block,
  by: readonly SortKey[],
): Cut {
  const names = by.map(({ name }) => name);
  const buckets = bucketsByRange(columnsNamed(block, names), columnsNamed(bounds, names), by);
  return cutBlocks([partitionBlock(block, buckets, npartitions)], npartitions);
}

/** Rows of a partition dealt out by the hash of columns. */
export function splitByHash(block: Block, npartitions: number, names: readonly string[]): Cut {
  const buckets = bucketsByHash(columnsNamed(block, names), npartitions);
  return cutBlocks([partitionBlock(block, buckets, npartitions)], npartitions);
}

/** Rows of a partition dealt out by where a column falls between bounds that are known. */
export function splitByDivisions(
  block: Block,
  npartitions: number,
  name: string,
  divisions: readonly Scalar[],
): Cut {
  const [column] = columnsNamed(block, [name]) as [Column];
  const inner = scalarColumn(column.dtype, divisions.slice(1, -1));
  const buckets = bucketsByRange([column], [inner], [{ descending: false, nulls: "last" }]);
  return cutBlocks([partitionBlock(block, buckets, npartitions)], npartitions);
}

/** The pieces of a bucket as one, in the order of the partitions that they come from. */
export function joinDealt(pieces: readonly CutPiece[]): Block {
  return joinPieces(pieces);
}

/** Partitions as one, in their order. */
export function joinBlocks(blocks: readonly Block[]): Block {
  return concatBlocks(blocks);
}

declareExports(
  import.meta.url,
  { sortBlock, sortRange, splitByOrder, splitByHash, splitByDivisions, joinDealt, joinBlocks },
  { package: "@millrace/dataframe" },
);
