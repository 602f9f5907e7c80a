import type { Block, Column } from "../../column.ts";
import { makeBlock } from "../../column.ts";
import { concatBlocks } from "../concat.ts";
import type { Dealt } from "../partition.ts";
import { bucketsByHash, partitionBlock } from "../partition.ts";
import { takeBlock } from "../take.ts";
import type { GroupSpec } from "./aggregate-spec.ts";
import { GroupTable } from "./group-table.ts";
import { partitionStride } from "./ordinals.ts";

/** One partial result of several, which are given in the order of their partitions. */
export function combinePartials(blocks: readonly Block[], spec: GroupSpec): Block {
  const [only] = blocks;
  return blocks.length === 1 && only !== undefined ? only : merged(blocks, spec).partial();
}

/** Keys and results of partial results, which are given in the order of their partitions. */
export function finishPartials(blocks: readonly Block[], spec: GroupSpec): Block {
  return merged(blocks, spec).finish();
}

/** The same for one bucket of a shuffle, with what {@link mergeShuffled} needs. */
export function finishBucket(blocks: readonly Block[], spec: GroupSpec): Block {
  return merged(blocks, spec).finishBucket();
}

function merged(blocks: readonly Block[], spec: GroupSpec): GroupTable {
  const table = new GroupTable(spec.keys, spec.aggregates);
  for (const block of blocks) table.merge(block);
  return table;
}

/**
 * A partial result dealt out to the first `used` of `n` buckets by the hash of the keys, each in
 * the order it had.
 */
export function splitPartials(block: Block, spec: GroupSpec, n: number, used: number = n): Dealt {
  const keys = block.columns.slice(0, spec.keys.length);
  if (used > 1 && keys.length > 0) return partitionBlock(block, bucketsByHash(keys, used), n);
  return { block, ends: Int32Array.from({ length: n + 1 }, (_, j) => (j === 0 ? 0 : block.rows)) };
}

/** Finished buckets of a shuffle as one, in the order in which groups were first met. */
export function mergeShuffled(buckets: readonly Block[]): Block {
  const { columns, names, rows } = concatBlocks(buckets);
  const results = makeBlock(rows, names.slice(1), columns.slice(1));
  return takeBlock(results, orderOf((columns[0] as Column).values as Float64Array));
}

/**
 * Rows in the order of their ordinals, which all differ. Each partition counts on from 0, so that a
 * place for each ordinal there is takes little more than the rows behind the groups.
 */
function orderOf(ordinals: Float64Array): Int32Array {
  const ends = endsOf(ordinals);
  const rowAt = new Int32Array(ends.total);
  for (let row = 0; row < ordinals.length; row++) {
    const ordinal = ordinals[row] as number;
    const partition = Math.floor(ordinal / partitionStride);
    rowAt[(ends.start[partition] as number) + ordinal - partition * partitionStride] = row + 1;
  }
  const order = new Int32Array(ordinals.length);
  let n = 0;
  for (let at = 0; at < rowAt.length; at++) {
    const row = rowAt[at] as number;
    // Writing always and counting on sometimes is quicker than a branch that nobody can foresee.
    order[n] = row - 1;
    n += row === 0 ? 0 : 1;
  }
  return order;
}

/** Where the ordinals of each partition begin among all, and how many there are. */
function endsOf(ordinals: Float64Array): { start: Float64Array; total: number } {
  let last = 0;
  for (let row = 0; row < ordinals.length; row++) {
    last = Math.max(last, ordinals[row] as number);
  }
  const start = new Float64Array(Math.floor(last / partitionStride) + 1);
  for (let row = 0; row < ordinals.length; row++) {
    const ordinal = ordinals[row] as number;
    const partition = Math.floor(ordinal / partitionStride);
    start[partition] = Math.max(
      start[partition] as number,
      ordinal - partition * partitionStride + 1,
    );
  }
  let total = 0;
  for (let partition = 0; partition < start.length; partition++) {
    const count = start[partition] as number;
    start[partition] = total;
    total += count;
  }
  return { start, total };
}
