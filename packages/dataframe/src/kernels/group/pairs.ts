import { eachRow, generated } from "../row-loop.ts";
import { grown, powerOfTwo, roomFor } from "./grown.ts";

/** Places that any table may have, and that one may have for an eighth as many pairs: 16 MiB. */
const placesFree = 65_536;
const placesMax = 4_194_304;

/**
 * Numbers the different pairs of two small numbers in the order in which they are first met: by a
 * table with a place for each pair that can be while that is small or well filled, else by hash.
 */
export class Pairs {
  count = 0;
  /** Parts of each pair, by its number; with room for more. */
  left: Int32Array = new Int32Array(0);
  right: Int32Array = new Int32Array(0);
  /** Pair + 1 at `left << bits | right`; unused once `#slots` is there. */
  #table: Int32Array = new Int32Array(0);
  #bits = 0;
  /** Four words a place: left, right, pair + 1, none. */
  #slots: Int32Array | undefined;

  /** Numbers of pairs of numbers below `leftCount` and `rightCount` to `out`. */
  assign(
    left: Int32Array,
    leftCount: number,
    right: Int32Array,
    rightCount: number,
    n: number,
    out: Int32Array,
  ): void {
    this.left = grown(this.left, this.count + n);
    this.right = grown(this.right, this.count + n);
    const slots = this.#prepare(leftCount, rightCount, this.count + n);
    this.count =
      slots === undefined
        ? directLoop()(
            left,
            right,
            n,
            out,
            this.left,
            this.right,
            this.count,
            this.#table,
            this.#bits,
          )
        : hashLoop()(left, right, n, out, this.left, this.right, this.count, slots);
  }

  /** Makes room for so many pairs, in the form that suits; gives the hash table, if it is one. */
  #prepare(leftCount: number, rightCount: number, room: number): Int32Array | undefined {
    const slots = this.#slots;
    // Half of all places or more stay empty.
    if (slots !== undefined && slots.length >= 8 * room) return slots;
    const bits = Math.max(this.#bits, Math.log2(powerOfTwo(rightCount)));
    const size = powerOfTwo(leftCount) * 2 ** bits;
    if (size > placesFree && size > Math.min(placesMax, 8 * room)) return this.#hash(room);
    this.#slots = undefined;
    if (bits !== this.#bits || size > this.#table.length) this.#widen(bits, size);
    return undefined;
  }

  #widen(bits: number, size: number): void {
    const table = new Int32Array(size);
    this.#table = table;
    this.#bits = bits;
    for (let pair = 0; pair < this.count; pair++) {
      table[((this.left[pair] as number) << bits) | (this.right[pair] as number)] = pair + 1;
    }
  }

  #hash(room: number): Int32Array {
    this.#table = new Int32Array(0);
    const slots = new Int32Array(8 * powerOfTwo(roomFor(room)));
    this.#slots = slots;
    // Pairs are met in the order of their numbers, so each gets its own again.
    const { count, left, right } = this;
    hashLoop()(left, right, count, new Int32Array(count), left, right, 0, slots);
    return slots;
  }
}

/** Numbers pairs to `out`, and keeps the parts of new ones; gives how many there are then. */
type PairLoop<A extends readonly unknown[]> = (
  left: Int32Array,
  right: Int32Array,
  n: number,
  out: Int32Array,
  lefts: Int32Array,
  rights: Int32Array,
  count: number,
  ...args: A
) => number;

function directLoop(): PairLoop<[table: Int32Array, bits: number]> {
  return generated(
    "pairs",
    () => `(left, right, n, out, lefts, rights, count, table, bits) {
  ${eachRow(
    undefined,
    `const l = left[k], r = right[k], place = (l << bits) | r;
    let pair = table[place];
    if (pair === 0) {
      lefts[count] = l;
      rights[count] = r;
      table[place] = pair = ++count;
    }
    out[k] = pair - 1;`,
  )}
  return count;
}`,
  );
}

function hashLoop(): PairLoop<[slots: Int32Array]> {
  return generated(
    "pairs_hashed",
    () => `(left, right, n, out, lefts, rights, count, slots) {
  const mask = slots.length - 4;
  for (let k = 0; k < n; k++) {
    const l = left[k], r = right[k];
    let h = Math.imul(l ^ Math.imul(r, 0x85ebca6b), 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    let place = ((h ^ (h >>> 15)) << 2) & mask;
    let pair = slots[place + 2];
    while (pair !== 0 && (slots[place] !== l || slots[place + 1] !== r)) {
      place = (place + 4) & mask;
      pair = slots[place + 2];
    }
    if (pair === 0) {
      lefts[count] = l;
      rights[count] = r;
      slots[place] = l;
      slots[place + 1] = r;
      slots[place + 2] = pair = ++count;
    }
    out[k] = pair - 1;
  }
  return count;
}`,
  );
}
