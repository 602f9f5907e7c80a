import type { Column } from "../column.ts";
import { halvesOf } from "../column.ts";
import type { Fill } from "./order-keys.ts";
import {
  fillFloats,
  fillLow,
  fillNulls,
  fillSmall,
  fillTexts,
  fillTop,
  orderedDoubles,
  textWordBytes,
} from "./order-keys.ts";

/** How one column of an order is sorted. */
export interface SortOrder {
  readonly descending: boolean;
  readonly nulls: "first" | "last";
}

/**
 * A column as words of 32 bits whose order, word by word and signed, is that of the column. Words
 * are asked for rows that were equal in all words before: `runs` are pairs of where such rows begin
 * and end among `rows`, and keys come out at the same places.
 */
export interface OrderWords {
  readonly count: number;
  readonly fill: (word: number, rows: Int32Array, runs: Int32Array, keys: Int32Array) => void;
  /** Whether rows that are equal in `words` words, this row being one, are equal in all. */
  readonly isOver: (row: number, words: number) => boolean;
}

/** The words of a column, whose texts are plain. */
export function orderWords(column: Column, { descending, nulls }: SortOrder): OrderWords {
  const words = valueWords(column, descending ? -1 : 0);
  const { valid } = column;
  if (valid === undefined) return words;
  const nullKey = nulls === "first" ? -1 : 1;
  return {
    count: words.count + 1,
    fill: (word, rows, runs, keys) => {
      if (word === 0) fillNulls(valid, nullKey, rows, runs, keys);
      else words.fill(word - 1, rows, runs, keys);
    },
    isOver: (row, count) => valid[row] === 0 || words.isOver(row, count - 1),
  };
}

/** A key is taken to its complement, which turns the order around, where `flip` is -1. */
function valueWords({ dtype, length, values, offsets }: Column, flip: number): OrderWords {
  const numbers = values as Int32Array;
  switch (dtype.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "bool":
    case "date":
      return numberWords(numbers, flip, fillSmall(numbers));
    case "uint32":
      return numberWords(numbers, flip ^ signBit, fillSmall(numbers));
    case "float32": {
      const bits = new Int32Array(numbers.buffer, numbers.byteOffset, length);
      return numberWords(bits, flip, fillFloats);
    }
    case "float64":
      return wideWords(orderedDoubles(halvesOf(numbers)), 0, flip);
    case "int64":
    case "timestamp":
    case "decimal":
      return wideWords(halvesOf(numbers), signBit, flip);
    case "uint64":
      return wideWords(halvesOf(numbers), 0, flip);
    case "utf8":
    case "dictionary":
      return textWords(values as Uint8Array, offsets as Int32Array, length, flip);
    case "list":
    case "struct":
      throw new Error(`a ${dtype.kind} has no order`);
  }
}

/** Signed order of words is unsigned order when this bit is turned. */
const signBit = -(2 ** 31);

function numberWords(values: Int32Array, flip: number, fill: Fill): OrderWords {
  return {
    count: 1,
    fill: (_word, rows, runs, keys) => fill(values, flip, rows, runs, keys),
    isOver: (_row, words) => words >= 1,
  };
}

/**
 * 64 bits that are in unsigned order once `turn` is applied to the high half. Bits at the top that
 * are the same in all rows are left out, so that the first word tells most rows apart.
 */
function wideWords(halves: Int32Array, turn: number, flip: number): OrderWords {
  let varyingHigh = 0;
  let varyingLow = 0;
  const [low = 0, high = 0] = halves;
  for (let at = 0; at < halves.length; at += 2) {
    varyingLow |= (halves[at] as number) ^ low;
    varyingHigh |= (halves[at + 1] as number) ^ high;
  }
  const lowFlip = flip ^ signBit;
  if (varyingHigh === 0) return numberWords(halves, lowFlip, fillLow);
  const shift = Math.clz32(varyingHigh);
  const count = varyingLow << shift === 0 ? 1 : 2;
  const highFlip = shift === 0 ? lowFlip ^ turn : lowFlip;
  return {
    count,
    fill: (word, rows, runs, keys) => {
      if (word === 0) fillTop(halves, shift, highFlip, rows, runs, keys);
      else fillLow(halves, lowFlip, rows, runs, keys);
    },
    isOver: (_row, words) => words >= count,
  };
}

/** What all texts begin with is left out: addresses and names of files have much of it. */
function textWords(
  bytes: Uint8Array,
  offsets: Int32Array,
  length: number,
  flip: number,
): OrderWords {
  let bytesMax = 0;
  for (let row = 0; row < length; row++) {
    bytesMax = Math.max(bytesMax, (offsets[row + 1] as number) - (offsets[row] as number));
  }
  const skipped = commonPrefix(bytes, offsets, length);
  return {
    // A text that fills its last word is known to end there from the word behind.
    count: Math.floor((bytesMax - skipped) / textWordBytes) + 1,
    fill: (word, rows, runs, keys) =>
      fillTexts(bytes, offsets, skipped + word * textWordBytes, flip, rows, runs, keys),
    isOver: (row, words) =>
      (offsets[row + 1] as number) - (offsets[row] as number) < skipped + words * textWordBytes,
  };
}

/** Bytes that all texts begin with; texts of null rows are empty and do not count. */
function commonPrefix(bytes: Uint8Array, offsets: Int32Array, length: number): number {
  let prefix: number | undefined;
  let first = 0;
  for (let row = 0; row < length && prefix !== 0; row++) {
    const start = offsets[row] as number;
    const size = (offsets[row + 1] as number) - start;
    if (prefix === undefined) {
      prefix = size;
      first = start;
      continue;
    }
    let same = 0;
    const most = Math.min(prefix, size);
    while (same < most && bytes[first + same] === bytes[start + same]) same++;
    prefix = same;
  }
  return prefix ?? 0;
}
