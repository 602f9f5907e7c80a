import type { Column } from "../../column.ts";
import { makeColumn, sliceColumn } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { hashTexts, viewOf } from "../hash-texts.ts";
import { sameTexts } from "../same-texts.ts";
import type { Rows } from "../row-loop.ts";
import type { Grouper } from "./grouper.ts";
import { grown, powerOfTwo, trimmed } from "./grown.ts";
import { TextCodes } from "./text-codes.ts";
import { TextStore } from "./text-store.ts";

/** Rows that are looked at in one go. */
const chunk = 4_096;

/**
 * Groups texts by their bytes. While all rows have codes of one dictionary, no text is looked at:
 * its texts differ, so that codes are as good. With the first row that is of another, texts are
 * stored and hashed, each text of a dictionary at most once.
 */
export class TextGrouper implements Grouper {
  readonly #dtype: DType;
  /** A text a group, empty for null; none while groups are numbers of `#codes`. */
  readonly #texts = new TextStore();
  #isStored = false;
  /** The group of null, or -1. */
  #null = -1;
  /** Two words a place, or none: a hash and group + 1. */
  #slots: Int32Array = new Int32Array(0);
  /** Codes of the dictionary that was met last. */
  #codes: TextCodes | undefined;
  /** The groups of their numbers, once texts are stored; with room for more. */
  #groupOf: Int32Array = new Int32Array(0);
  #hashes: Int32Array = new Int32Array(0);

  constructor(dtype: DType) {
    this.#dtype = dtype;
  }

  get count(): number {
    return this.#isStored ? this.#texts.count : (this.#codes?.count ?? 0);
  }

  assign(keys: readonly Column[], selection: Rows, n: number, groups: Int32Array): void {
    const key = keys[0] as Column;
    if (key.dictionary !== undefined) {
      this.#assignCodes(key, key.dictionary, selection, n, groups);
      return;
    }
    this.#store();
    for (let start = 0; start < n; start += chunk) {
      this.#assignTexts(key, selection, start, Math.min(start + chunk, n), groups);
    }
  }

  keys(): Column[] {
    const codes = this.#codes;
    if (!this.#isStored && codes !== undefined && worthKeeping(codes)) {
      const { count, dictionary, nullNumber } = codes;
      const valid = validBut(nullNumber, count);
      const values = trimmed(codes.codes, count);
      return [makeColumn(this.#dtype, count, { values, valid, dictionary })];
    }
    this.#store();
    return [this.#texts.column(this.#dtype, validBut(this.#null, this.count))];
  }

  #assignCodes(
    key: Column,
    dictionary: Column,
    selection: Rows,
    n: number,
    groups: Int32Array,
  ): void {
    let codes = this.#codes;
    if (codes === undefined || !sameTexts(codes.dictionary, dictionary)) {
      if (codes !== undefined) this.#store();
      codes = new TextCodes(dictionary);
      this.#codes = codes;
    }
    const before = codes.count;
    codes.assign(key, selection, n, groups);
    if (!this.#isStored) return;
    this.#findCodes(codes, before);
    const groupOf = this.#groupOf;
    for (let k = 0; k < n; k++) groups[k] = groupOf[groups[k] as number] as number;
  }

  /** From now on groups are texts; those that were codes keep their numbers. */
  #store(): void {
    if (this.#isStored) return;
    this.#isStored = true;
    if (this.#codes !== undefined) this.#findCodes(this.#codes, 0);
  }

  /** Finds the groups of the codes from number `from` on. */
  #findCodes(codes: TextCodes, from: number): void {
    const { dictionary, count, nullNumber } = codes;
    this.#groupOf = grown(this.#groupOf, count);
    for (let start = from; start < count;) {
      if (start === nullNumber) {
        this.#groupOf[start++] = this.#findNull();
        continue;
      }
      const end = Math.min(start + chunk, start < nullNumber ? Math.min(nullNumber, count) : count);
      this.#assignTexts(dictionary, codes.codes, start, end, this.#groupOf);
      start = end;
    }
  }

  #assignTexts(key: Column, selection: Rows, start: number, end: number, groups: Int32Array): void {
    const { valid } = key;
    const offsets = key.offsets as Int32Array;
    const bytes = key.values as Uint8Array;
    const n = end - start;
    const rows = selection?.subarray(start, end);
    this.#reserve(this.count + n);
    this.#hashes = grown(this.#hashes, n);
    const hashes = this.#hashes;
    hashTexts(rows === undefined ? sliceColumn(key, start, end) : key, rows, n, hashes);
    const view = viewOf(bytes);
    // All tables are asked before any text is looked at, so that waits for memory overlap.
    const candidates = groups.subarray(start, end);
    findCandidates(this.#slots, hashes, n, candidates);
    for (let k = 0; k < n; k++) {
      const i = rows === undefined ? start + k : (rows[k] as number);
      if (valid !== undefined && valid[i] === 0) {
        candidates[k] = this.#findNull();
        continue;
      }
      const [from, to] = [offsets[i] as number, offsets[i + 1] as number];
      const g = candidates[k] as number;
      if (g >= 0 && this.#texts.has(g, view, from, to)) continue;
      candidates[k] = this.#find(hashes[k] as number, bytes, view, from, to);
    }
  }

  /** The group of a text, for which there is room. */
  #find(hash: number, bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let at = placeOf(hash) & mask;
    for (;;) {
      const g = slots[at + 1] as number;
      if (g === 0) break;
      if (slots[at] === hash && this.#texts.has(g - 1, view, start, end)) return g - 1;
      at = (at + 2) & mask;
    }
    this.#texts.append(bytes, start, end);
    slots[at] = hash;
    slots[at + 1] = this.count;
    return this.count - 1;
  }

  #findNull(): number {
    if (this.#null < 0) {
      this.#null = this.count;
      this.#texts.append(nothing, 0, 0);
    }
    return this.#null;
  }

  /** Makes room for groups: half of all places or more stay empty. */
  #reserve(groups: number): void {
    const before = this.#slots;
    if (before.length >= 4 * groups) return;
    const slots = new Int32Array(4 * powerOfTwo(groups));
    const mask = slots.length - 2;
    for (let from = 0; from < before.length; from += 2) {
      if (before[from + 1] === 0) continue;
      const hash = before[from] as number;
      let at = placeOf(hash) & mask;
      while (slots[at + 1] !== 0) at = (at + 2) & mask;
      slots[at] = hash;
      slots[at + 1] = before[from + 1] as number;
    }
    this.#slots = slots;
  }
}

const nothing = new Uint8Array(0);

/**
 * Where a hash is looked for first. It is mixed again: rows of a bucket of a shuffle have the same
 * leading bits.
 */
function placeOf(hash: number): number {
  const h = Math.imul(hash, 0x9e3779b1);
  return (h ^ (h >>> 15)) << 1;
}

/** For each hash the group at its first place if that has the same hash, else -1. */
function findCandidates(
  slots: Int32Array,
  hashes: Int32Array,
  n: number,
  candidates: Int32Array,
): void {
  const mask = slots.length - 2;
  for (let k = 0; k < n; k++) {
    const hash = hashes[k] as number;
    const at = placeOf(hash) & mask;
    candidates[k] = slots[at] === hash ? (slots[at + 1] as number) - 1 : -1;
  }
}

/** Validity of groups of which one, if it is not below 0, is that of null. */
function validBut(nullGroup: number, count: number): Uint8Array | undefined {
  if (nullGroup < 0) return undefined;
  const valid = new Uint8Array(count).fill(1);
  valid[nullGroup] = 0;
  return valid;
}

/** Whether most of a dictionary was met, so that groups take no more memory with it than alone. */
function worthKeeping({ count, dictionary }: TextCodes): boolean {
  return 2 * count >= dictionary.length;
}
