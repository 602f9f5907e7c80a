import type { Block, Column } from "../../column.ts";
import { makeBlock } from "../../column.ts";
import { concatBlocks } from "../concat.ts";
import { bucketsByHash, partitionBlock } from "../partition.ts";
import { takeBlock } from "../take.ts";
import type { GroupSpec } from "./aggregate-spec.ts";
import { GroupTable } from "./group-table.ts";

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

/** A partial result dealt out to `n` buckets by the hash of the keys, each in the order it had. */
export function splitPartials(block: Block, spec: GroupSpec, n: number): Block[] {
  const keys = block.columns.slice(0, spec.keys.length);
  const buckets = keys.length === 0 ? new Int32Array(block.rows) : bucketsByHash(keys, n);
  return partitionBlock(block, buckets, n);
}

/** Finished buckets of a shuffle as one, in the order in which groups were first met. */
export function mergeShuffled(buckets: readonly Block[]): Block {
  const { columns, names, rows } = concatBlocks(buckets);
  const results = makeBlock(rows, names.slice(1), columns.slice(1));
  const ordinals = (columns[0] as Column).values as Float64Array;
  return takeBlock(
    results,
    orderOf(
      ordinals,
      buckets.map(({ rows: count }) => count),
    ),
  );
}

/** Rows in the order of their ordinals, which ascend in each of some runs. */
function orderOf(ordinals: Float64Array, lengths: readonly number[]): Int32Array {
  let runs: Int32Array[] = [];
  let start = 0;
  for (const length of lengths) {
    const from = start;
    runs.push(Int32Array.from({ length }, (_, k) => from + k));
    start += length;
  }
  while (runs.length > 1) {
    const joined: Int32Array[] = [];
    for (let k = 0; k < runs.length; k += 2) {
      const [left, right] = [runs[k] as Int32Array, runs[k + 1]];
      joined.push(right === undefined ? left : joinRuns(ordinals, left, right));
    }
    runs = joined;
  }
  return runs[0] ?? new Int32Array(0);
}

function joinRuns(ordinals: Float64Array, left: Int32Array, right: Int32Array): Int32Array {
  const rows = new Int32Array(left.length + right.length);
  let [l, r] = [0, 0];
  for (let at = 0; at < rows.length; at++) {
    const takesLeft =
      r === right.length ||
      (l < left.length &&
        (ordinals[left[l] as number] as number) < (ordinals[right[r] as number] as number));
    rows[at] = (takesLeft ? left[l++] : right[r++]) as number;
  }
  return rows;
}
