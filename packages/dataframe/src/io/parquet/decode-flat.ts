import { badLayout } from "../../arrow/arrow-type.ts";
import { allBits, unpackBits } from "../../arrow/bits.ts";
import type { Column, Values } from "../../column.ts";
import { makeColumn, makeValues } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { isText } from "../../dtype-traits.ts";
import type { LoadedChunk } from "./assemble.ts";
import type { Decompress } from "./decompress.ts";
import type { Page, PageSink } from "./pages.ts";
import { encodings, readPages, spread32 } from "./pages.ts";
import type { CodeMap } from "./rle.ts";
import { readCoded, readVarint, varintSize } from "./rle.ts";
import type { ParquetLeaf } from "./schema.ts";
import { physicalTypes } from "./schema.ts";
import { listOf } from "./thrift.ts";
import { TextPages } from "./text-pages.ts";

const known = new Set<unknown>([0, 2, 3, 4, 8].map(BigInt));

/** Whether all of a column's chunks are of kinds that {@link decodeFlat} reads. */
export function isFlatDecodable(
  leaf: ParquetLeaf | undefined,
  dtype: DType,
  chunks: readonly LoadedChunk[],
): leaf is ParquetLeaf {
  if (leaf === undefined || !isPhysicallyPlain(leaf.physical, dtype)) return false;
  return chunks.every(({ chunk }) => {
    return listOf(chunk.metadata, 2).every(({ value }) => known.has(value));
  });
}

function isPhysicallyPlain(physical: number, dtype: DType): boolean {
  if (physical === physicalTypes.bytes) return isText(dtype);
  return (
    physical === physicalTypes.boolean ||
    physical === physicalTypes.int32 ||
    physical === physicalTypes.int64 ||
    physical === physicalTypes.float ||
    physical === physicalTypes.double
  );
}

/** A flat column of chunks, one after the other; texts that the file has once stay codes. */
export function decodeFlat(
  leaf: ParquetLeaf,
  dtype: DType,
  chunks: readonly LoadedChunk[],
  decompress: Decompress,
): Column {
  const length = chunks.reduce((sum, { chunk }) => sum + chunk.values, 0);
  const valid = new Validity(length, leaf.isRequired);
  if (leaf.physical === physicalTypes.bytes) {
    const texts = new TextPages(length);
    eachPage(chunks, decompress, valid, texts);
    return texts.column(dtype, valid.bytes);
  }
  const numbers = new NumberPages(leaf.physical, length);
  eachPage(chunks, decompress, valid, numbers);
  return makeColumn(dtype, length, { values: numbers.values(dtype), valid: valid.bytes });
}

function eachPage(
  chunks: readonly LoadedChunk[],
  decompress: Decompress,
  valid: Validity,
  sink: PageSink,
): void {
  let at = 0;
  for (const loaded of chunks) {
    for (const page of readPages(loaded, decompress)) {
      if (page.kind === "dictionary") {
        sink.dictionary(page);
        continue;
      }
      const { count } = page;
      const { nulls, bytes } = valid.read(page, at);
      readValues(sink, page.encoding, bytes, at, count - nulls);
      if (nulls > 0) sink.spread(at, count, count - nulls, valid.bytes as Uint8Array);
      at += count;
    }
  }
}

function readValues(
  sink: PageSink,
  encoding: number,
  bytes: Uint8Array,
  at: number,
  count: number,
): void {
  if (count === 0) return;
  if (encoding === encodings.plain) sink.plain(bytes, at, count);
  else if (encoding === encodings.plainDictionary || encoding === encodings.rleDictionary) {
    const bits = bytes[0] ?? 0;
    if (bits > 32) throw badLayout(`codes have ${bits} bits`);
    sink.coded(bytes.subarray(1), bits, at, count);
  } else if (encoding === encodings.rle) {
    // Truth values alone: their length, then runs of one bit.
    sink.coded(bytes.subarray(4), 1, at, count);
  } else throw badLayout(`a page has the unknown encoding ${encoding}`);
}

/** Which rows are valid, as levels of pages tell. */
class Validity {
  readonly #length: number;
  readonly #isRequired: boolean;
  /** Undefined until a row is null. */
  bytes: Uint8Array | undefined;

  constructor(length: number, isRequired: boolean) {
    this.#length = length;
    this.#isRequired = isRequired;
  }

  /**
   * Takes the levels of a page; gives how many rows are null, and what stands behind the levels.
   */
  read(page: Page, at: number): { nulls: number; bytes: Uint8Array } {
    if (this.#isRequired) return { nulls: 0, bytes: page.bytes };
    if (page.levels !== undefined) {
      return { nulls: this.#levels(page.levels, at, page.count), bytes: page.bytes };
    }
    const { bytes } = page;
    const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
    if (size > bytes.length - 4) throw badLayout("the levels of a page end too late");
    const nulls = this.#levels(bytes.subarray(4, 4 + size), at, page.count);
    return { nulls, bytes: bytes.subarray(4 + size) };
  }

  /** Levels are 1 where a row has a value: runs of one, or bits. */
  #levels(bytes: Uint8Array, start: number, count: number): number {
    const end = start + count;
    let p = 0;
    let nulls = 0;
    for (let at = start; at < end;) {
      const head = readVarint(bytes, p);
      p += varintSize(head);
      const length = Math.min(end - at, (head & 1) === 0 ? head >>> 1 : 8 * (head >>> 1));
      if (length <= 0) throw badLayout("a run has no values");
      if ((head & 1) === 0) {
        if ((bytes[p++] ?? 0) === 0) {
          this.#nullable().fill(0, at, at + length);
          nulls += length;
        }
      } else {
        if (8 * (bytes.length - p) < length) throw badLayout("a run ends too early");
        if (!allBits(bytes.subarray(p), 0, length)) {
          const flags = unpackBits(bytes.subarray(p), 0, length);
          this.#nullable().set(flags, at);
          for (let i = 0; i < length; i++) nulls += 1 - (flags[i] as number);
        }
        p += head >>> 1;
      }
      at += length;
    }
    return nulls;
  }

  #nullable(): Uint8Array {
    this.bytes ??= new Uint8Array(this.#length).fill(1);
    return this.bytes;
  }
}

/** Words of 32 bits that a value of a physical type has. */
function wordsOf(physical: number): number {
  return physical === physicalTypes.int64 || physical === physicalTypes.double ? 2 : 1;
}

/** Numbers and truth values of pages, as words of 32 bits until all are there. */
class NumberPages implements PageSink {
  readonly #physical: number;
  readonly #wide: boolean;
  readonly #words: Int32Array;
  #map: CodeMap;

  constructor(physical: number, length: number) {
    this.#physical = physical;
    this.#wide = wordsOf(physical) === 2;
    this.#words = new Int32Array(wordsOf(physical) * length);
    const isTruth = physical === physicalTypes.boolean;
    this.#map = { words: Int32Array.of(0, 1), size: isTruth ? 2 : 0, wide: this.#wide };
  }

  dictionary({ bytes, count }: Page): void {
    const words = count * (this.#wide ? 2 : 1);
    if (bytes.length < 4 * words) throw badLayout("a dictionary ends too early");
    const values = new Int32Array(words);
    new Uint8Array(values.buffer).set(bytes.subarray(0, 4 * words));
    this.#map = { words: values, size: count, wide: this.#wide };
  }

  plain(bytes: Uint8Array, at: number, count: number): void {
    if (this.#physical === physicalTypes.boolean) {
      if (8 * bytes.length < count) throw badLayout("a page ends too early");
      this.#words.set(unpackBits(bytes, 0, count), at);
      return;
    }
    const size = this.#wide ? 8 : 4;
    if (bytes.length < count * size) throw badLayout("a page ends too early");
    new Uint8Array(this.#words.buffer).set(bytes.subarray(0, count * size), at * size);
  }

  coded(bytes: Uint8Array, bits: number, at: number, count: number): void {
    readCoded(bytes, bits, this.#map, this.#words, at, count);
  }

  spread(at: number, rows: number, count: number, valid: Uint8Array): void {
    const spread = this.#wide ? spreadWide : spread32;
    spread(this.#words, at, rows, count, valid);
  }

  /** The values as a dtype has them. */
  values(dtype: DType): Values {
    const words = this.#words;
    const out = makeValues(dtype, words.length / (this.#wide ? 2 : 1));
    if (out.BYTES_PER_ELEMENT === (this.#wide ? 8 : 4)) {
      return new (out.constructor as new (buffer: ArrayBufferLike) => Values)(words.buffer);
    }
    if (out instanceof BigInt64Array) return BigInt64Array.from(words, BigInt);
    if (
      this.#wide ||
      !(
        out instanceof Uint8Array ||
        out instanceof Uint16Array ||
        out instanceof Int8Array ||
        out instanceof Int16Array
      )
    ) {
      throw badLayout(`a column of ${dtype.kind} is stored as type ${this.#physical}`);
    }
    out.set(words);
    return out;
  }
}

function spreadWide(
  out: Int32Array,
  at: number,
  rows: number,
  count: number,
  valid: Uint8Array,
): void {
  let from = 2 * (at + count);
  for (let row = at + rows - 1; row >= at; row--) {
    const isValid = valid[row] === 1;
    out[2 * row + 1] = isValid ? (out[--from] as number) : 0;
    out[2 * row] = isValid ? (out[--from] as number) : 0;
  }
}
