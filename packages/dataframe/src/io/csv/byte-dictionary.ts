import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import { utf8 } from "../../dtype.ts";
import type { Cells } from "./parse-numbers.ts";
import { VALID } from "./parse-numbers.ts";

/** Different texts, numbered in the order in which they were met: an open hash table over bytes. */
export class ByteDictionary {
  size = 0;
  bytes: Uint8Array = new Uint8Array(1_024);
  offsets: Int32Array = new Int32Array(257);
  /** Of each text. */
  #hashes = new Int32Array(256);
  /** Codes plus one; 0 where nothing is. At least twice as many as texts. */
  #slots = new Int32Array(1_024);

  /** Codes of some fields; 0 for those without a value. */
  encode({ bytes, starts, ends, count, states }: Cells, codes: Int32Array, to: number): void {
    for (let i = 0; i < count; i++) {
      if (states[i] !== VALID) {
        codes[to + i] = 0;
        continue;
      }
      codes[to + i] = this.#codeOf(bytes, starts[i] as number, ends[i] as number);
    }
  }

  /** The texts as a column. */
  toColumn(): Column {
    return makeColumn(utf8, this.size, {
      values: this.bytes.slice(0, this.offsets[this.size]),
      offsets: this.offsets.slice(0, this.size + 1),
    });
  }

  #codeOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = (slots[slot] as number) - 1;
      if (code < 0) return this.#add(bytes, start, end, hash, slot);
      if (this.#hashes[code] === hash && this.#isAt(code, bytes, start, end)) return code;
    }
  }

  #isAt(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const mine = this.bytes;
    let at = this.offsets[code] as number;
    if ((this.offsets[code + 1] as number) - at !== end - start) return false;
    for (let i = start; i < end; i++) if (bytes[i] !== mine[at++]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.size++;
    if (code === this.#hashes.length) {
      this.#hashes = grown(this.#hashes, 2 * code);
      this.offsets = grown(this.offsets, 2 * code + 1);
    }
    const from = this.offsets[code] as number;
    const to = from + end - start;
    if (to > this.bytes.length) this.bytes = grown(this.bytes, 2 * to);
    this.bytes.set(bytes.subarray(start, end), from);
    this.offsets[code + 1] = to;
    this.#hashes[code] = hash;
    this.#slots[slot] = code + 1;
    if (2 * this.size > this.#slots.length) this.#rehash();
    return code;
  }

  #rehash(): void {
    const slots = new Int32Array(4 * this.#slots.length);
    const mask = slots.length - 1;
    for (let code = 0; code < this.size; code++) {
      let slot = (this.#hashes[code] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.#slots = slots;
  }
}

/** A longer copy; what is new is 0. */
export function grown<T extends Int32Array | Uint8Array>(array: T, length: number): T {
  const longer = new (array.constructor as new (length: number) => T)(length);
  longer.set(array);
  return longer;
}

/** Four bytes a step: one multiplication waits for the one before. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const high = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
    hash = Math.imul(hash ^ (low | (high << 16)), 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
