import type { Column, Values } from "../../column.ts";
import { makeColumn, makeValues } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { integerBits, isInteger, isText, isWide } from "../../dtype-traits.ts";
import { dataFault } from "../../errors.ts";
import { ByteDictionary, grown } from "./byte-dictionary.ts";
import type { Cells } from "./parse-numbers.ts";
import { VALID, parseBools, parseFloats, parseIntegers } from "./parse-numbers.ts";
import { parseDates, parseTimestamps } from "./parse-times.ts";
import { parseDecimals, parseWideIntegers } from "./parse-wide.ts";

/** A column that grows by fields of a file. */
export interface ColumnReader {
  /** Adds some fields; those that cannot be read become null, are marked BAD, and are counted. */
  append(cells: Cells): number;
  /** Forgets all rows behind the first ones. */
  truncate(length: number): void;
  /** Makes room, when it is known how much will come. */
  reserve(length: number): void;
  finish(): Column;
}

/** Whether texts are stored once each. */
export type DictionaryMode = "auto" | boolean;

/** A reader of a column of a dtype that has a form in text files. */
export function makeColumnReader(
  dtype: DType,
  point: number,
  dictionary: DictionaryMode,
): ColumnReader {
  if (isText(dtype)) return new TextReader(dtype, dtype.kind === "dictionary" || dictionary);
  return new FixedReader(dtype, parserOf(dtype, point));
}

/** Reads fields into `values` from `to` on; gives the count of bad ones. */
type Parser = (cells: Cells, values: Values, to: number) => number;

type Wide = BigInt64Array | BigUint64Array;

/**
 * The parser of a dtype. Narrow ones share a loop over doubles, which then are converted at once.
 */
function parserOf(dtype: DType, point: number): Parser {
  if (!isWide(dtype)) {
    const parse = narrowParserOf(dtype, point);
    return (cells, values, to) => {
      const bad = parse(cells, scratch(cells.count));
      (values as Float64Array).set(doubles.subarray(0, cells.count), to);
      return bad;
    };
  }
  return (cells, values, to) => {
    const out = (values as Wide).subarray(to, to + cells.count);
    if (dtype.kind === "timestamp") return parseTimestamps(cells, out as BigInt64Array, dtype.unit);
    if (dtype.kind === "decimal") {
      const { precision, scale } = dtype;
      return parseDecimals(cells, out as BigInt64Array, precision, scale, point);
    }
    if (dtype.kind === "uint64") return parseWideIntegers(cells, out, 0n, (1n << 64n) - 1n);
    return parseWideIntegers(cells, out, -(1n << 63n), (1n << 63n) - 1n);
  };
}

function narrowParserOf(dtype: DType, point: number): (cells: Cells, out: Float64Array) => number {
  if (isInteger(dtype)) {
    const bits = integerBits[dtype.kind];
    const isSigned = dtype.kind.startsWith("i");
    const min = isSigned ? -(2 ** (bits - 1)) : 0;
    return (cells, out) => parseIntegers(cells, out, min, min + 2 ** bits - 1);
  }
  if (dtype.kind === "bool") return parseBools;
  if (dtype.kind === "date") return parseDates;
  return (cells, out) => parseFloats(cells, out, point);
}

let doubles = new Float64Array(4_096);

function scratch(count: number): Float64Array {
  if (doubles.length < count) doubles = new Float64Array(count);
  return doubles;
}

/** Which rows have a value; bytes come into being with the first null. */
class Validity {
  #bytes: Uint8Array | undefined;

  append({ states, count }: Cells, to: number): void {
    let i = 0;
    if (this.#bytes === undefined) {
      while (i < count && states[i] === VALID) i++;
      if (i === count) return;
      this.#bytes = new Uint8Array(2 * (to + count)).fill(1, 0, to);
    } else if (this.#bytes.length < to + count) this.#bytes = grown(this.#bytes, 2 * (to + count));
    const bytes = this.#bytes;
    for (i = 0; i < count; i++) bytes[to + i] = states[i] === VALID ? 1 : 0;
  }

  finish(length: number): Uint8Array | undefined {
    // Nothing was appended since the last null, or every row has its byte.
    const bytes = this.#bytes?.slice(0, length);
    return bytes?.includes(0) === true ? bytes : undefined;
  }
}

class FixedReader implements ColumnReader {
  readonly #dtype: DType;
  readonly #parse: Parser;
  readonly #validity = new Validity();
  #values: Values;
  #length = 0;

  constructor(dtype: DType, parse: Parser) {
    this.#dtype = dtype;
    this.#parse = parse;
    this.#values = makeValues(dtype, 0);
  }

  append(cells: Cells): number {
    const length = this.#length + cells.count;
    if (length > this.#values.length) this.reserve(2 * length);
    const bad = this.#parse(cells, this.#values, this.#length);
    this.#validity.append(cells, this.#length);
    this.#length = length;
    return bad;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  reserve(length: number): void {
    if (length <= this.#values.length) return;
    const values = makeValues(this.#dtype, length);
    // Both are of the dtype's own kind of array.
    (values as Float64Array).set(this.#values.subarray(0, this.#length) as Float64Array);
    this.#values = values;
  }

  finish(): Column {
    const values = this.#values.slice(0, this.#length);
    const valid = this.#validity.finish(this.#length);
    return makeColumn(this.#dtype, this.#length, { values, valid });
  }
}

/** Fewer different texts than this are kept once each, whatever the number of rows. */
const TEXTS_MIN = 16_384;
/** Else rows that a text must stand for, on average. */
const ROWS_PER_TEXT = 8;
const BYTES_MAX = 0x7fff_ffff;

class TextReader implements ColumnReader {
  readonly #dtype: DType;
  readonly #validity = new Validity();
  readonly #always: boolean;
  #dictionary: ByteDictionary | undefined;
  /** Codes of the dictionary, else offsets, one more than rows. */
  #ints = new Int32Array(1);
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(dtype: DType, mode: DictionaryMode) {
    this.#dtype = dtype;
    this.#always = mode === true;
    if (mode !== false) this.#dictionary = new ByteDictionary();
  }

  append(cells: Cells): number {
    const length = this.#length + cells.count;
    if (length >= this.#ints.length) this.reserve(2 * length);
    if (this.#dictionary === undefined) this.#copy(cells);
    else this.#dictionary.encode(cells, this.#ints, this.#length);
    this.#validity.append(cells, this.#length);
    this.#length = length;
    const { size } = this.#dictionary ?? { size: 0 };
    if (!this.#always && size > Math.max(TEXTS_MIN, length / ROWS_PER_TEXT)) this.#spread();
    return 0;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  reserve(length: number): void {
    if (length < this.#ints.length) return;
    this.#ints = grown(this.#ints, length + 1);
  }

  finish(): Column {
    const valid = this.#validity.finish(this.#length);
    const dictionary = this.#dictionary?.toColumn();
    if (dictionary !== undefined) {
      const values = this.#ints.slice(0, this.#length);
      return makeColumn(this.#dtype, this.#length, { values, valid, dictionary });
    }
    const offsets = this.#ints.slice(0, this.#length + 1);
    const values = this.#bytes.slice(0, offsets[this.#length]);
    return makeColumn(this.#dtype, this.#length, { values, offsets, valid });
  }

  #copy({ bytes, starts, ends, count, states }: Cells): void {
    let at = this.#ints[this.#length] as number;
    let total = at;
    for (let i = 0; i < count; i++) total += (ends[i] as number) - (starts[i] as number);
    this.#makeRoom(total);
    const out = this.#bytes;
    const offsets = this.#ints;
    for (let i = 0; i < count; i++) {
      const start = starts[i] as number;
      const end = states[i] === VALID ? (ends[i] as number) : start;
      if (end - start > 32) {
        out.set(bytes.subarray(start, end), at);
        at += end - start;
      } else for (let from = start; from < end; from++) out[at++] = bytes[from] as number;
      offsets[this.#length + i + 1] = at;
    }
  }

  #makeRoom(total: number): void {
    if (total > BYTES_MAX) {
      throw dataFault(
        "dataframe/bad-file",
        "readCsv: a text column of one partition has more than 2 GiB. " +
          "Give a smaller blockSize, or split the file.",
      );
    }
    if (total <= this.#bytes.length) return;
    this.#bytes = grown(this.#bytes, Math.min(BYTES_MAX, 2 * total));
  }

  /** From codes to texts one after the other: there are too many different ones. */
  #spread(): void {
    const dictionary = this.#dictionary as ByteDictionary;
    const codes = this.#ints;
    const valid = this.#validity.finish(this.#length);
    this.#dictionary = undefined;
    this.#ints = new Int32Array(codes.length);
    const length = this.#length;
    this.#length = 0;
    const starts = new Int32Array(length);
    const ends = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const code = codes[i] as number;
      starts[i] = dictionary.offsets[code] as number;
      ends[i] = dictionary.offsets[code + 1] as number;
    }
    const states = valid ?? new Uint8Array(length).fill(VALID);
    this.#copy({ bytes: dictionary.bytes, starts, ends, count: length, states });
    this.#length = length;
  }
}
