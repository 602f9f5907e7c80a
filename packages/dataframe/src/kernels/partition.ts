import type { Block, Column } from "../column.ts";
import { dealBlock } from "./deal.ts";
import { hashColumns } from "./hash.ts";

/** Rows of buckets one behind the other: bucket j begins at `ends[j]`, up to `ends[j + 1]`. */
export interface Dealt {
  readonly block: Block;
  readonly ends: Int32Array;
}

/**
 * The rows of each of `count` buckets, in their order, given the bucket of each row, which is
 * written over. Each row is copied once.
 */
export function partitionBlock(block: Block, buckets: Int32Array, count: number): Dealt {
  const ends = placesOf(buckets, count);
  return { block: dealBlock(block, buckets), ends };
}

/** Turns the bucket of each row into where it goes; gives where each bucket ends. */
export function placesOf(buckets: Int32Array, count: number): Int32Array {
  const ends = new Int32Array(count + 1);
  for (let row = 0; row < buckets.length; row++) {
    const next = (buckets[row] as number) + 1;
    ends[next] = (ends[next] as number) + 1;
  }
  for (let bucket = 0; bucket < count; bucket++) {
    ends[bucket + 1] = (ends[bucket + 1] as number) + (ends[bucket] as number);
  }
  const next = ends.slice();
  for (let row = 0; row < buckets.length; row++) {
    const bucket = buckets[row] as number;
    const place = next[bucket] as number;
    next[bucket] = place + 1;
    buckets[row] = place;
  }
  return ends;
}

/** The bucket of each row: equal values of the columns are in one, the same in all processes. */
export function bucketsByHash(columns: readonly Column[], count: number): Int32Array {
  const length = columns[0]?.length ?? 0;
  const buckets = new Int32Array(length);
  hashColumns(columns, undefined, length, buckets);
  // The high bits: tables of groups are filled by the low ones.
  const bits = Math.log2(count);
  if (Number.isInteger(bits) && bits > 0) {
    for (let i = 0; i < length; i++) buckets[i] = (buckets[i] as number) >>> (32 - bits);
  } else {
    for (let i = 0; i < length; i++) {
      buckets[i] = Math.floor(((buckets[i] as number) >>> 0) * (count / 2 ** 32));
    }
  }
  return buckets;
}
