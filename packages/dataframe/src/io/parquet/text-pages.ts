import { encodeTexts, TextTable } from "../../arrow/encode-texts.ts";
import { badLayout } from "../../arrow/arrow-type.ts";
import type { Column } from "../../column.ts";
import { makeColumn } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { utf8 } from "../../dtype.ts";
import { concatColumns } from "../../kernels/concat.ts";
import { takeColumn } from "../../kernels/take.ts";
import type { Page, PageSink } from "./pages.ts";
import { spread32 } from "./pages.ts";
import type { CodeMap } from "./rle.ts";
import { readCoded } from "./rle.ts";

/** Rows of plain texts, in place of codes. */
interface PlainRows {
  readonly start: number;
  end: number;
  readonly texts: Column;
}

/**
 * Texts of pages. While all are codes, they stay codes of one dictionary that is made of those of
 * the chunks; where a chunk gave its dictionary up, all become plain.
 */
export class TextPages implements PageSink {
  readonly #codes: Int32Array;
  readonly #plain: PlainRows[] = [];
  /** The texts of all dictionaries, whose numbers in here are the codes. */
  readonly #table = new TextTable();
  #map: CodeMap = { words: new Int32Array(0), size: 0, wide: false };

  constructor(length: number) {
    this.#codes = new Int32Array(length);
  }

  dictionary({ bytes, count }: Page): void {
    const words = this.#table.codes(plainTexts(bytes, count));
    this.#map = { words, size: count, wide: false };
  }

  plain(bytes: Uint8Array, at: number, count: number): void {
    this.#plain.push({ start: at, end: at + count, texts: plainTexts(bytes, count) });
    const codes = this.#codes;
    for (let i = 0; i < count; i++) codes[at + i] = i;
  }

  coded(bytes: Uint8Array, bits: number, at: number, count: number): void {
    readCoded(bytes, bits, this.#map, this.#codes, at, count);
  }

  spread(at: number, rows: number, count: number, valid: Uint8Array): void {
    spread32(this.#codes, at, rows, count, valid);
    const last = this.#plain.at(-1);
    if (last?.start === at) last.end = at + rows;
  }

  /** The column of all pages. */
  column(dtype: DType, valid: Uint8Array | undefined): Column {
    const values = this.#codes;
    const { length } = values;
    const dictionary = this.#table.texts();
    if (this.#plain.length === 0 && 2 * dictionary.length <= length) {
      return makeColumn(dtype, length, { values, valid, dictionary });
    }
    const parts: Column[] = [];
    let at = 0;
    for (const { start, end, texts } of this.#plain) {
      if (start > at) parts.push(this.#taken(dictionary, at, start, valid));
      parts.push(this.#taken(texts, start, end, valid));
      at = end;
    }
    if (at < length) parts.push(this.#taken(dictionary, at, length, valid));
    const plain = parts.length === 0 ? noTexts : concatColumns(parts);
    return encodeTexts(makeColumn(dtype, length, { ...plain, valid }));
  }

  #taken(texts: Column, start: number, end: number, valid: Uint8Array | undefined): Column {
    const rows = this.#codes.subarray(start, end);
    if (valid === undefined) return takeColumn(texts, rows);
    const some = rows.map((code, i) => (valid[start + i] === 1 ? code : -1));
    return { ...takeColumn(texts, some, true), valid: undefined };
  }
}

const noTexts = makeColumn(utf8, 0, { values: new Uint8Array(0), offsets: new Int32Array(1) });

/** Texts that stand plainly, each behind its length. */
function plainTexts(bytes: Uint8Array, count: number): Column {
  if (count > bytes.length >> 2) throw badLayout("texts of a page end too early");
  const offsets = new Int32Array(count + 1);
  const room = bytes.length - 4 * count;
  const values = new Uint8Array(room + SLACK);
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const target = new DataView(values.buffer);
  const safe = bytes.length - SLACK;
  let p = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = p + 4 <= bytes.length ? source.getInt32(p, true) : -1;
    p += 4;
    if (size < 0 || p + size > bytes.length || at + size > room) {
      throw badLayout("texts of a page end too early");
    }
    if (size > LOOPED_MAX) values.set(bytes.subarray(p, p + size), at);
    else if (p + size > safe)
      for (let j = 0; j < size; j++) values[at + j] = bytes[p + j] as number;
    else {
      // Four bytes a turn: what is written behind the text, the next one overwrites.
      for (let j = 0; j < size; j += 4) target.setInt32(at + j, source.getInt32(p + j, true), true);
    }
    p += size;
    at += size;
    offsets[i + 1] = at;
  }
  return makeColumn(utf8, count, { values: values.subarray(0, room), offsets });
}

/** Texts up to this long are copied in a loop: a call costs as much as about so many bytes. */
const LOOPED_MAX = 32;

/** Bytes behind the last one that a copy by fours may touch. */
const SLACK = 4;
