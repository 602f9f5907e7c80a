import type { Block, Column } from "../../column.ts";
import { makeBlock } from "../../column.ts";
import { concatBlocks } from "../concat.ts";
import { takeBlock } from "../take.ts";
import type { GroupSpec } from "./aggregate-spec.ts";
import { GroupTable } from "./group-table.ts";
import { partitionStride } from "./ordinals.ts";
import { packedField, packedIn, withKeys } from "./packed-keys.ts";

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
  const [first] = blocks;
  const packed = first && packedIn(first);
  if (packed === undefined) return merged(blocks, spec).finishBucket();
  const { keys, aggregates } = spec;
  const codes = merged(blocks, { keys: [packedField(keys)], aggregates }).finishBucket();
  return withKeys(codes, 1, keys, packed);
}

function merged(blocks: readonly Block[], spec: GroupSpec): GroupTable {
  const table = new GroupTable(spec.keys, spec.aggregates);
  for (const block of blocks) table.merge(block);
  return table;
}

/** Finished buckets of a shuffle as one, in the order in which groups were first met. */
export function mergeShuffled(buckets: readonly Block[]): Block {
  const { columns, names, rows } = concatBlocks(buckets);
  const results = makeBlock(rows, names.slice(1), columns.slice(1));
  return takeBlock(results, orderOf((columns[0] as Column).values as Float64Array));
}

/**
 * Rows in the order of their ordinals, which all differ. Each partition counts on from 0, so that a
 * bit for each ordinal there is takes little: a row stands behind as many as bits are set below it.
 */
function orderOf(ordinals: Float64Array): Int32Array {
  const { start, total } = endsOf(ordinals);
  const places = new Int32Array(ordinals.length);
  const bits = new Int32Array((total >>> 5) + 1);
  for (let row = 0; row < ordinals.length; row++) {
    const ordinal = ordinals[row] as number;
    const partition = Math.floor(ordinal / partitionStride);
    const place = (start[partition] as number) + ordinal - partition * partitionStride;
    places[row] = place;
    bits[place >>> 5] = (bits[place >>> 5] as number) | (1 << place);
  }
  const below = new Int32Array(bits.length);
  for (let word = 0, sum = 0; word < bits.length; word++) {
    below[word] = sum;
    sum += setBits(bits[word] as number);
  }
  const order = new Int32Array(ordinals.length);
  for (let row = 0; row < ordinals.length; row++) {
    const place = places[row] as number;
    const word = place >>> 5;
    const lower = (bits[word] as number) & ((1 << place) - 1);
    order[(below[word] as number) + setBits(lower)] = row;
  }
  return order;
}

/** How many bits of a word are set. */
function setBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
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
