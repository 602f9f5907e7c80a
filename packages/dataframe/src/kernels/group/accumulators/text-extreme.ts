import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import type { Rows } from "../../row-loop.ts";
import { grown } from "../grown.ts";
import type { Accumulator } from "./accumulator.ts";
import type { End } from "./extreme.ts";

/** Bytes of texts no longer wanted that are kept at least. */
const spareBytes = 65_536;

/** Least or greatest texts of groups by their bytes. */
export class TextExtreme implements Accumulator {
  readonly width = 1;
  readonly #dtype: DType;
  /** -1 for the least, 1 for the greatest text. */
  readonly #sign: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #used = 0;
  /** Bytes of texts that groups have by now. */
  #live = 0;
  /** Where the text of a group begins in `#bytes`, + 1; 0 while there is none. */
  #starts: Float64Array = new Float64Array(0);
  #lengths: Int32Array = new Int32Array(0);
  /** Code of the row that last lost or won, + 1, with the dictionary it is of. */
  #codes: Int32Array = new Int32Array(0);
  #dictionary: Column | undefined;

  constructor(dtype: DType, end: End) {
    this.#dtype = dtype;
    this.#sign = end === "min" ? -1 : 1;
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#reserve(count);
    const { valid, dictionary } = arg;
    const texts = dictionary ?? arg;
    const bytes = texts.values as Uint8Array;
    const offsets = texts.offsets as Int32Array;
    const codes = dictionary === undefined ? undefined : (arg.values as Int32Array);
    if (dictionary !== this.#dictionary) this.#codes.fill(0);
    this.#dictionary = dictionary;
    for (let k = 0; k < n; k++) {
      const i = selection === undefined ? k : (selection[k] as number);
      if (valid !== undefined && valid[i] === 0) continue;
      const g = groups[k] as number;
      let row = i;
      if (codes !== undefined) {
        row = codes[i] as number;
        if (this.#codes[g] === row + 1) continue;
      }
      const start = offsets[row] as number;
      const end = offsets[row + 1] as number;
      if (!this.#wins(bytes, start, end, g)) continue;
      this.#keep(bytes, start, end, g);
      if (codes !== undefined) this.#codes[g] = row + 1;
    }
  }

  state(count: number): Column[] {
    return [this.result(count)];
  }

  merge([best]: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.add(best as Column, undefined, n, groups, count);
  }

  result(count: number): Column {
    this.#reserve(count);
    this.#pack();
    const offsets = new Int32Array(count + 1);
    const valid = new Uint8Array(count);
    for (let g = 0; g < count; g++) {
      valid[g] = this.#starts[g] === 0 ? 0 : 1;
      offsets[g + 1] = (offsets[g] as number) + (this.#lengths[g] as number);
    }
    return makeColumn(this.#dtype, count, {
      values: this.#bytes.slice(0, this.#used),
      offsets,
      valid: valid.includes(0) ? valid : undefined,
    });
  }

  #reserve(count: number): void {
    this.#starts = grown(this.#starts, count);
    this.#lengths = grown(this.#lengths, count);
    this.#codes = grown(this.#codes, count);
  }

  #wins(bytes: Uint8Array, start: number, end: number, group: number): boolean {
    const from = (this.#starts[group] as number) - 1;
    if (from < 0) return true;
    const own = this.#bytes;
    const length = this.#lengths[group] as number;
    const shorter = Math.min(length, end - start);
    for (let j = 0; j < shorter; j++) {
      const difference = (bytes[start + j] as number) - (own[from + j] as number);
      if (difference !== 0) return difference * this.#sign > 0;
    }
    return (end - start - length) * this.#sign > 0;
  }

  #keep(bytes: Uint8Array, start: number, end: number, group: number): void {
    const length = end - start;
    this.#live += length - (this.#lengths[group] as number);
    this.#lengths[group] = 0;
    if (this.#used + length > 2 * this.#live + spareBytes) this.#pack();
    this.#bytes = grown(this.#bytes, this.#used + length);
    const to = this.#bytes;
    for (let j = 0, at = this.#used; j < length; j++, at++) to[at] = bytes[start + j] as number;
    this.#starts[group] = this.#used + 1;
    this.#lengths[group] = length;
    this.#used += length;
  }

  /** Leaves out the texts that no group has, and puts the others in the order of groups. */
  #pack(): void {
    const before = this.#bytes;
    const bytes = new Uint8Array(this.#live);
    let used = 0;
    for (let g = 0; g < this.#starts.length; g++) {
      const start = (this.#starts[g] as number) - 1;
      const length = this.#lengths[g] as number;
      if (start < 0) continue;
      bytes.set(before.subarray(start, start + length), used);
      this.#starts[g] = used + 1;
      used += length;
    }
    this.#bytes = bytes;
    this.#used = used;
  }
}
