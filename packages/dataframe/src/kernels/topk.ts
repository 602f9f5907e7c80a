import type { Column } from "../column.ts";
import type { OrderWords, SortOrder } from "./order-words.ts";
import { sortRows, wordsOf } from "./sort.ts";

/**
 * The first `count` of what `sortedRows` gives. Cost: a few looks at all rows; those that can be
 * among the first are sorted alone.
 */
export function topRows(
  columns: readonly Column[],
  orders: readonly SortOrder[],
  count: number,
): Int32Array {
  const [first] = columns;
  if (first === undefined) throw new Error("no columns to sort by");
  const words = wordsOf(columns, orders);
  if (count <= 0) return new Int32Array(0);
  const all = new Int32Array(first.length);
  for (let i = 0; i < all.length; i++) all[i] = i;
  const rows = count < all.length ? firstRows(all, words, count) : all;
  sortRows(rows, words);
  return rows;
}

/** The rows that come first, as they stand. */
function firstRows(all: Int32Array, columns: readonly OrderWords[], count: number): Int32Array {
  const keys = new Int32Array(all.length);
  const chosen = new Int32Array(count);
  let length = 0;
  // Rows of which some are still to be chosen: they are equal in all words so far.
  let tied = all;
  for (const column of columns) {
    for (let word = 0; word < column.count; word++) {
      if (tied.length === count - length) break;
      if (word > 0 && column.isOver(tied[0] as number, word)) break;
      column.fill(word, tied, Int32Array.of(0, tied.length), keys);
      const bound = smallest(keys.subarray(0, tied.length), count - length);
      const equal = new Int32Array(tied.length);
      let equalLength = 0;
      for (let i = 0; i < tied.length; i++) {
        const key = keys[i] as number;
        if (key < bound) chosen[length++] = tied[i] as number;
        else if (key === bound) equal[equalLength++] = tied[i] as number;
      }
      tied = equal.subarray(0, equalLength);
    }
  }
  chosen.set(tied.subarray(0, count - length), length);
  return chosen.sort();
}

const digitBits = 11;

/** The key at place `count` - 1 of the order of keys; counts digits, from the highest down. */
function smallest(keys: Int32Array, count: number): number {
  const counts = new Int32Array(1 << digitBits);
  let left = count;
  // The digits that are known, of keys whose sign bit is turned, which makes the order unsigned.
  let known = 0;
  let shift = 32;
  while (shift > 0) {
    const next = Math.max(0, shift - digitBits);
    countBelow(keys, known, shift, next, counts.fill(0));
    let digit = 0;
    while (digit + 1 < counts.length && (counts[digit] as number) < left) {
      left -= counts[digit++] as number;
    }
    known = (known << (shift - next)) | digit;
    shift = next;
  }
  return known ^ signBit;
}

const signBit = -(2 ** 31);

/** Of keys whose bits from `shift` on are `known`, how many have each value below. */
function countBelow(
  keys: Int32Array,
  known: number,
  shift: number,
  next: number,
  counts: Int32Array,
): void {
  const mask = (1 << (shift - next)) - 1;
  for (let i = 0; i < keys.length; i++) {
    const key = (keys[i] as number) ^ signBit;
    if (shift < 32 && key >>> shift !== known) continue;
    const digit = (key >>> next) & mask;
    counts[digit] = (counts[digit] as number) + 1;
  }
}
