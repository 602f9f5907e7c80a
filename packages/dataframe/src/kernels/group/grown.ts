import type { Values } from "../../column.ts";
import { makeArray } from "../../column.ts";

/** The array, or a larger copy of it where it has no room for `length` elements. */
export function grown<T extends Values>(array: T, length: number): T {
  if (array.length >= length) return array;
  // Buckets of a shuffle differ a little: with no room to spare, half of them would double theirs.
  const least = array.length === 0 ? firstRoom + (firstRoom >>> 4) : 2 * array.length;
  const room = Math.max(length, least, roomMin);
  const larger = new (array.constructor as new (length: number) => T)(room);
  (larger as Uint8Array).set(array as Uint8Array);
  return larger;
}

/**
 * The first `length` elements in memory of their own, or the array itself: a view would bring all
 * that lies behind it where it travels.
 */
export function trimmed<T extends Values>(array: T, length: number): T {
  if (array.byteLength === array.buffer.byteLength && array.length === length) return array;
  const own = makeArray(array.constructor as Parameters<typeof makeArray<T>>[0], length);
  (own as Uint8Array).set(array.subarray(0, length) as Uint8Array);
  return own;
}

/** Most tables of a job are small, and some have a group. */
const roomMin = 16;

/** The power of two that is at least as great. */
export function powerOfTwo(size: number): number {
  return size <= 1 ? 1 : 2 ** Math.ceil(Math.log2(size));
}

/**
 * How many elements a table of hashes is to have room for that needs `length` now: toward what is
 * expected by large steps, since one column of several may have far fewer different values.
 */
export function roomFor(length: number): number {
  return Math.max(length, Math.min(firstRoom, 8 * length));
}

let firstRoom = 0;

/**
 * Runs `work`, in which empty arrays get room for so many elements at once: growing by doubling
 * leaves twice as much for the garbage collector, and tables of one job are much alike.
 */
export function withFirstRoom(length: number, work: () => void): void {
  firstRoom = length;
  try {
    work();
  } finally {
    firstRoom = 0;
  }
}
