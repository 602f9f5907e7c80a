import type { Column, Values } from "../../column.ts";
import { makeColumn, makeValues, halvesOf, sliceColumn } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { isWide } from "../../dtype-traits.ts";
import { arrayOf } from "../reads.ts";
import type { Rows } from "../row-loop.ts";
import type { Grouper } from "./grouper.ts";
import { grown, powerOfTwo, roomFor, trimmed } from "./grown.ts";
import {
  appendLoop,
  directLoop,
  hashLoop,
  isNarrow,
  rangeLoop,
  wordsAPlace,
} from "./number-loops.ts";

/** Rows that are looked at in one go. */
const chunk = 4_096;

/**
 * Groups numbers of any dtype. While whole numbers lie close together, a table has a place for
 * each number between the least and the greatest; else one hashes them.
 */
export class NumberGrouper implements Grouper {
  readonly #dtype: DType;
  /** Values by group: room for more than there are. */
  #values: Values;
  #count = 0;
  /** 1 + the group of null, 0 while there is none. */
  readonly #null = new Int32Array(1);
  /** Group + 1 of the number `base` + place; unused once `slots` is there. */
  #table: Int32Array = new Int32Array(0);
  #base = 0;
  /** The hash table, once there is one: bits of a number and its group + 1 a place. */
  #slots: Int32Array | undefined;
  /** Least and greatest number met, and 1 while all were whole. */
  readonly #range = new Float64Array([Infinity, -Infinity, 1]);
  /** How many rows the loop over a table has done. */
  readonly #stop = new Int32Array(1);
  /** Rows in which groups were first met by the loop that ran last. */
  #fresh: Int32Array = new Int32Array(0);

  constructor(dtype: DType) {
    this.#dtype = dtype;
    this.#values = makeValues(dtype, 0);
  }

  get count(): number {
    return this.#count;
  }

  assign(keys: readonly Column[], selection: Rows, n: number, groups: Int32Array): void {
    const key = keys[0] as Column;
    if (n <= chunk) {
      this.#assign(key, selection, n, groups);
      return;
    }
    for (let start = 0; start < n; start += chunk) {
      const end = Math.min(start + chunk, n);
      const rows = selection === undefined ? sliceColumn(key, start, end) : key;
      this.#assign(rows, selection?.subarray(start, end), end - start, groups.subarray(start, end));
    }
  }

  keys(): Column[] {
    const { dtype, length, valid } = this.#kept();
    return [makeColumn(dtype, length, { values: trimmed(this.#values, length), valid })];
  }

  #assign(key: Column, selection: Rows, n: number, groups: Int32Array): void {
    this.#fresh = grown(this.#fresh, n);
    // Narrow numbers mostly have a place in the table that is there: one look finds both out.
    const isTried = isNarrow(key.dtype) && this.#table.length > 0;
    if (!isTried) this.#prepare(key, selection, n);
    const done = this.#number(key, selection, n, groups);
    if (done === n) return;
    this.#findRange();
    const rest = selection === undefined ? sliceColumn(key, done, n) : key;
    const rows = selection?.subarray(done, n);
    this.#prepare(rest, rows, n - done);
    this.#number(rest, rows, n - done, groups.subarray(done, n));
  }

  /** Numbers rows, up to the first that has no place in the table; gives how many. */
  #number(key: Column, selection: Rows, n: number, groups: Int32Array): number {
    const before = this.#count;
    const done = this.#look(key, selection, n, groups, this.#fresh);
    if (this.#count === before) return done;
    this.#values = grown(this.#values, this.#count);
    const kept = isWide(key.dtype) ? halvesOf(this.#values) : this.#values;
    appendLoop(key.dtype)(arrayOf(key), this.#fresh, this.#count - before, kept, before);
    return done;
  }

  /** Looks rows up; the rows in which groups were first met go to `fresh`. */
  #look(key: Column, selection: Rows, n: number, groups: Int32Array, fresh: Int32Array): number {
    const { dtype, valid } = key;
    const x = arrayOf(key);
    const slots = this.#slots;
    if (slots !== undefined) {
      const loop = hashLoop(dtype, valid, selection);
      this.#count = loop(x, valid, selection, n, groups, fresh, this.#count, this.#null, slots);
      return n;
    }
    this.#count = directLoop(dtype, valid, selection)(
      x,
      valid,
      selection,
      n,
      groups,
      fresh,
      this.#count,
      this.#null,
      this.#table,
      this.#base,
      this.#stop,
    );
    return this.#stop[0] as number;
  }

  /** Makes room for all rows to be new, in the form of table that suits what is known by now. */
  #prepare(key: Column, selection: Rows, n: number): void {
    const slots = this.#slots;
    const room = this.#count + n;
    if (slots === undefined) {
      const [least = 0, greatest = 0] = this.#range;
      this.#widenRange(key, selection, n);
      const [min = 0, max = 0, whole = 0] = this.#range;
      if (min === least && max === greatest && whole === 1) return;
      if (this.#fits(room)) {
        if (max - min < 0) return;
        if (
          min < this.#base ||
          max >= this.#base + this.#table.length ||
          this.#table.length === 0
        ) {
          this.#makeTable(min < least && max <= greatest);
        }
        return;
      }
    } else {
      // Half of all places or more stay empty.
      if (slots.length >= 2 * wordsAPlace(this.#dtype) * room) return;
      this.#findRange();
      if (this.#fits(room)) {
        this.#slots = undefined;
        this.#makeTable(false);
        this.#prepare(key, selection, n);
        return;
      }
    }
    this.#makeSlots(room);
  }

  /** Whether a place for each number up to the greatest is worth its memory. */
  #fits(groups: number): boolean {
    const [min = 0, max = 0, whole = 0] = this.#range;
    if (whole === 0) return false;
    if (max < min) return true;
    const size = max - min + 1;
    if (-min > Number.MAX_SAFE_INTEGER || max > Number.MAX_SAFE_INTEGER) return false;
    return size <= placesFree || size <= 4 * groups || size <= Math.min(placesMax, 32 * groups);
  }

  /** Range of the values that are kept. */
  #findRange(): void {
    this.#range.set([Infinity, -Infinity, 1]);
    this.#widenRange(this.#kept(), undefined, this.#count);
  }

  #widenRange(key: Column, selection: Rows, n: number): void {
    const { dtype, valid } = key;
    rangeLoop(dtype, valid, selection)(arrayOf(key), valid, selection, n, this.#range);
  }

  /** A table over the range, with room to spare on the side to which it grows. */
  #makeTable(growsDown: boolean): void {
    const [min = 0, max = 0] = this.#range;
    const size = powerOfTwo(max - min + 1);
    this.#table = new Int32Array(size);
    this.#base = growsDown ? max - size + 1 : min;
    this.#refill();
  }

  #makeSlots(room: number): void {
    this.#table = new Int32Array(0);
    this.#slots = new Int32Array(2 * wordsAPlace(this.#dtype) * powerOfTwo(roomFor(room)));
    this.#refill();
  }

  /** Puts what is kept to a new table. */
  #refill(): void {
    const count = this.#count;
    if (count === 0) return;
    const kept = this.#kept();
    // The loops number what they meet as new, and it is met in the order of its numbers.
    this.#null[0] = 0;
    this.#count = 0;
    this.#look(kept, undefined, count, new Int32Array(count), new Int32Array(count));
  }

  /** The values of groups; shares memory. */
  #kept(): Column {
    const count = this.#count;
    const values = this.#values.subarray(0, count);
    const [nullGroup = 0] = this.#null;
    if (nullGroup === 0) return makeColumn(this.#dtype, count, { values });
    const valid = new Uint8Array(count).fill(1);
    valid[nullGroup - 1] = 0;
    return makeColumn(this.#dtype, count, { values, valid });
  }
}

/** Places that any table may have. */
const placesFree = 65_536;
/** Places that a table may have for fewer than a quarter as many groups: 16 MiB. */
const placesMax = 4_194_304;
