import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { dataFault } from "../../errors.ts";
import { sameBytes, viewOf } from "../hash-texts.ts";
import { grown, trimmed } from "./grown.ts";

/** Texts one behind the other, in memory of our own. */
export class TextStore {
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = viewOf(this.#bytes);
  #offsets: Int32Array = new Int32Array(1);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds bytes `start` up to, without, `end`. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const at = this.#offsets[this.#count] as number;
    const last = at + end - start;
    if (last > textBytesMax) throw tooLong(last);
    if (last > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, last);
      this.#view = viewOf(this.#bytes);
    }
    const to = this.#bytes;
    for (let i = start, j = at; i < end; i++, j++) to[j] = bytes[i] as number;
    this.#offsets = grown(this.#offsets, this.#count + 2);
    this.#offsets[++this.#count] = last;
  }

  /** Whether a text is that of bytes `start` up to, without, `end`. */
  has(index: number, view: DataView, start: number, end: number): boolean {
    const from = this.#offsets[index] as number;
    const length = (this.#offsets[index + 1] as number) - from;
    return length === end - start && sameBytes(this.#view, from, view, start, length);
  }

  /** All of them as a column. */
  column(dtype: DType, valid: Uint8Array | undefined): Column {
    const offsets = trimmed(this.#offsets, this.#count + 1);
    const values = trimmed(this.#bytes, offsets[this.#count] as number);
    return makeColumn(dtype, this.#count, { values, offsets, valid });
  }
}

/** Offsets of texts are of 32 bits. */
const textBytesMax = 2 ** 31 - 1;

function tooLong(bytes: number): Error {
  const message =
    `group by: the different texts of a partition are too long, got ${bytes} bytes, ` +
    `wanted at most ${textBytesMax}. Use more partitions, or splitOut.`;
  return dataFault("dataframe/overflow", message);
}
