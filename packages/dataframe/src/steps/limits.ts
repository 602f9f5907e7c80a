import { declareExports } from "@millrace/closure/tasks";
import type { Block } from "../column.ts";
import { sliceBlock } from "../column.ts";
import { concatBlocks } from "../kernels/concat.ts";
import { distinctRows } from "../kernels/distinct.ts";
import { takeBlock } from "../kernels/take.ts";
import { topRows } from "../kernels/topk.ts";
import type { SortKey } from "../plan/node.ts";
import { columnsNamed } from "./columns-named.ts";

/** The first rows of a partition. */
export function firstRows(block: Block, _partition: number, count: number): Block {
  return sliceBlock(block, 0, Math.min(count, block.rows));
}

/** The last rows of a partition. */
export function lastRows(block: Block, _partition: number, count: number): Block {
  return sliceBlock(block, Math.max(0, block.rows - count), block.rows);
}

/** The first rows of partitions one after the other. */
export function firstOfAll(blocks: readonly Block[], count: number): Block {
  return firstRows(concatBlocks(blocks), 0, count);
}

/** The last rows of partitions one after the other. */
export function lastOfAll(blocks: readonly Block[], count: number): Block {
  return lastRows(concatBlocks(blocks), 0, count);
}

/** The first rows in an order. */
export function topOf(
  block: Block,
  _partition: number,
  by: readonly SortKey[],
  count: number,
): Block {
  return takeBlock(
    block,
    topRows(
      columnsNamed(
        block,
        by.map(({ name }) => name),
      ),
      by,
      count,
    ),
  );
}

/** The first rows in an order, of those of several partitions. */
export function topOfAll(blocks: readonly Block[], by: readonly SortKey[], count: number): Block {
  return topOf(concatBlocks(blocks), 0, by, count);
}

/** The first row of each combination of values. */
export function distinctOf(block: Block, _partition: number, names: readonly string[]): Block {
  const rows = distinctRows(columnsNamed(block, names));
  return rows.length === block.rows ? block : takeBlock(block, rows);
}

/** The first row of each combination of values, of those of several partitions. */
export function distinctOfAll(blocks: readonly Block[], names: readonly string[]): Block {
  return distinctOf(concatBlocks(blocks), 0, names);
}

declareExports(
  import.meta.url,
  { firstRows, lastRows, firstOfAll, lastOfAll, topOf, topOfAll, distinctOf, distinctOfAll },
  { package: "@millrace/dataframe" },
);
