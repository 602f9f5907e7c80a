import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { utf8 } from "../../dtype.ts";
import { dataFault } from "../../errors.ts";
import { decodeText } from "./bytes.ts";

/** Bytes that one column can hold: offsets are of 32 bits, as Arrow's. */
const BYTES_MAX = 2 ** 31 - 1;

/** Texts one after the other, in buffers that grow. */
export class TextBuilder {
  length = 0;
  values: Uint8Array = new Uint8Array(256);
  offsets: Int32Array;

  constructor(capacity: number) {
    this.offsets = new Int32Array(capacity + 1);
  }

  add(text: Uint8Array, start: number, end: number): void {
    const from = this.offsets[this.length] as number;
    const to = from + end - start;
    if (to > this.values.length) this.#growValues(to);
    const { values } = this;
    // A call of `set` costs more than moving a short text by hand.
    if (end - start > 48) values.set(text.subarray(start, end), from);
    else for (let i = start, j = from; i < end; i++, j++) values[j] = text[i] as number;
    this.#end(to);
  }

  /** An empty text, which also stands where there is none. */
  skip(): void {
    this.#end(this.offsets[this.length] as number);
  }

  /** Empty texts up to, without, row `length`. */
  skipTo(length: number): void {
    while (this.length < length) this.skip();
  }

  /** Forgets what was added after the first `length` texts. */
  rewind(length: number): void {
    this.length = Math.min(length, this.length);
  }

  /** Gives back memory that no text is in, unless it is little. */
  trim(): void {
    const used = this.offsets[this.length] as number;
    if (used < 0.75 * this.values.length) this.values = this.values.slice(0, used);
  }

  /** The texts so far, over memory that later ones do not change. */
  column(dtype: DType = utf8, valid?: Uint8Array): Column {
    const { length, offsets } = this;
    const values = this.values.subarray(0, offsets[length]);
    return makeColumn(dtype, length, { values, offsets: offsets.subarray(0, length + 1), valid });
  }

  #end(to: number): void {
    this.length++;
    if (this.length === this.offsets.length) {
      const longer = new Int32Array(2 * this.length);
      longer.set(this.offsets);
      this.offsets = longer;
    }
    this.offsets[this.length] = to;
  }

  #growValues(bytes: number): void {
    if (bytes > BYTES_MAX) {
      throw dataFault(
        "dataframe/overflow",
        `a partition has more than ${BYTES_MAX} bytes of text in one column, ` +
          "which is all that a column can hold. Repartition into smaller partitions first.",
      );
    }
    const longer = new Uint8Array(Math.min(BYTES_MAX, Math.max(bytes, 2 * this.values.length)));
    longer.set(this.values);
    this.values = longer;
  }
}

/** Texts that are all different, with the code of each. */
export class TextDictionary {
  readonly #builder = new TextBuilder(16);
  readonly #codes = new Map<string, number>();
  #column: Column | undefined;

  get values(): Uint8Array {
    return this.#builder.values;
  }

  get offsets(): Int32Array {
    return this.#builder.offsets;
  }

  /** The code of a text, which is added unless it is there. */
  add(text: Uint8Array, start: number, end: number): number {
    const key = decodeText(text, start, end);
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    const code = this.#builder.length;
    this.#builder.add(text, start, end);
    this.#codes.set(key, code);
    return code;
  }

  /** All texts so far; the same object until another one is added. */
  column(): Column {
    const known = this.#column;
    if (known?.length === this.#builder.length) return known;
    this.#column = this.#builder.column();
    return this.#column;
  }
}
