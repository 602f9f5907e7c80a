import { declareExports } from "@millrace/closure/tasks";
import type { Block, Column } from "../column.ts";
import { blockBytes, sliceBlock } from "../column.ts";
import type { Scalar } from "../expr/typed.ts";
import { concatBlocks } from "../kernels/concat.ts";
import { scalarAt } from "../kernels/scalar-column.ts";
import { compareBounds } from "../plan/divisions.ts";
import type { Measured } from "../plan/pieces.ts";
import { floorShare } from "../plan/pieces.ts";
import { columnsNamed } from "./columns-named.ts";

/** Rows of partitions one after the other; one piece alone is a slice and shares memory. */
export function joinPieces(
  blocks: readonly Block[],
  ranges: readonly (readonly [start: number, end: number])[],
): Block {
  return concatBlocks(
    blocks.map((block, i) => {
      const [start, end] = ranges[i] as readonly [number, number];
      return sliceBlock(block, start, end);
    }),
  );
}

/** Piece `output` of `m` that `n` partitions are cut into, which is one of this partition. */
export function pieceOf(block: Block, output: number, n: number, m: number): Block {
  const input = Math.floor((output * n + n - 1) / m);
  const first = Math.floor((input * m) / n);
  const pieces = Math.floor(((input + 1) * m) / n) - first;
  const [start, end] = [output - first, output - first + 1];
  return sliceBlock(
    block,
    floorShare(block.rows, start, pieces),
    floorShare(block.rows, end, pieces),
  );
}

/** Rows between bounds of a column by which the partitions are in order. */
export function joinBetween(
  blocks: readonly Block[],
  name: string,
  bounds: readonly (readonly [low: Scalar | undefined, high: Scalar | undefined])[],
): Block {
  return concatBlocks(
    blocks.map((block, i) => {
      const [low, high] = bounds[i] as readonly [Scalar | undefined, Scalar | undefined];
      const [index] = columnsNamed(block, [name]) as [Column];
      const start = low === undefined ? 0 : rowsBelow(index, low);
      return sliceBlock(block, start, high === undefined ? block.rows : rowsBelow(index, high));
    }),
  );
}

/** How many rows of a column in order, nulls last, are less than a bound. */
function rowsBelow(index: Column, bound: Scalar): number {
  let [low, high] = [0, index.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = scalarAt(index, middle);
    if (value !== null && compareBounds(value, bound) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows of a partition, and bytes of what it shows. */
export function measureBlock(block: Block): Measured {
  return { rows: block.rows, bytes: blockBytes(block) };
}

declareExports(
  import.meta.url,
  { joinPieces, pieceOf, joinBetween, measureBlock },
  { package: "@millrace/dataframe" },
);
