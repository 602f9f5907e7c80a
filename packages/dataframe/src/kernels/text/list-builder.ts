import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { utf8 } from "../../dtype.ts";
import { encodeText, indexOfBytes } from "./bytes.ts";
import { TextBuilder } from "./text-builder.ts";

/** Lists of texts, one after the other. */
export class ListBuilder {
  readonly #items = new TextBuilder(64);
  readonly #ends: number[] = [0];
  readonly #nulls: number[] = [];

  /** Adds a list, in which undefined stands for null; gives its row. */
  add(texts: readonly (string | undefined)[]): number {
    for (const text of texts) {
      const bytes = encodeText(text ?? "");
      if (text === undefined) this.#nulls.push(this.#items.length);
      this.#items.add(bytes, 0, bytes.length);
    }
    return this.#ends.push(this.#items.length) - 2;
  }

  /** Adds the parts of a text between separators; gives the row of their list. */
  split(text: Uint8Array, start: number, end: number, separator: Uint8Array): number {
    let from = start;
    let found = indexOfBytes(text, start, end, separator);
    while (found >= 0) {
      this.#items.add(text, from, found);
      from = found + separator.length;
      found = indexOfBytes(text, from, end, separator);
    }
    this.#items.add(text, from, end);
    return this.#ends.push(this.#items.length) - 2;
  }

  /** All lists so far. */
  column(dtype: DType): Column {
    const offsets = Int32Array.from(this.#ends);
    let valid: Uint8Array | undefined;
    if (this.#nulls.length > 0) {
      valid = new Uint8Array(this.#items.length).fill(1);
      for (const item of this.#nulls) valid[item] = 0;
    }
    const items = this.#items.column(utf8, valid);
    return makeColumn(dtype, offsets.length - 1, { offsets, children: [items] });
  }
}
