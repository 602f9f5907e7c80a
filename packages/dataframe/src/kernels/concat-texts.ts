import type { Column } from "../column.ts";
import { makeArray, makeColumn } from "../column.ts";
import type { DType } from "../dtype.ts";
import { mergeTexts } from "./merge-texts.ts";
import { sameTexts, textsOf } from "./same-texts.ts";
import { copyTexts, locateTexts, textBytes } from "./text-bytes.ts";

/**
 * Text columns one after the other. They keep codes where all have the same dictionary, or where
 * one dictionary for all takes fewer bytes than the texts.
 */
export function concatTexts(
  dtype: DType,
  parts: readonly Column[],
  length: number,
  valid: Uint8Array | undefined,
): Column {
  const bytes = parts.reduce((sum, part) => sum + shownBytes(part), 0);
  const dictionary = parts.every(({ dictionary: own }) => own !== undefined)
    ? concatCodes(dtype, parts, length, valid, bytes)
    : undefined;
  return dictionary ?? concatPlain(dtype, parts, length, valid, bytes);
}

/** Bytes of the texts of a column. */
function shownBytes({ length, values, valid, offsets, dictionary }: Column): number {
  if (offsets !== undefined) return (offsets[length] as number) - (offsets[0] as number);
  const ends = dictionary?.offsets as Int32Array;
  const codes = values as Int32Array;
  let bytes = 0;
  for (let i = 0; i < length; i++) {
    if (valid !== undefined && valid[i] === 0) continue;
    const code = codes[i] as number;
    bytes += (ends[code + 1] as number) - (ends[code] as number);
  }
  return bytes;
}

/** Undefined where texts are better off plain. */
function concatCodes(
  dtype: DType,
  parts: readonly Column[],
  length: number,
  valid: Uint8Array | undefined,
  bytes: number,
): Column | undefined {
  const dictionaries = parts.map((part) => part.dictionary as Column);
  const [first] = dictionaries as [Column];
  const codes = makeArray(Int32Array, length);
  let at = 0;
  if (dictionaries.every((dictionary) => sameTexts(dictionary, first))) {
    for (const part of parts) {
      codes.set(part.values as Int32Array, at);
      at += part.length;
    }
    return makeColumn(dtype, length, { values: codes, valid, dictionary: first });
  }
  const entries = [...new Set(dictionaries)].reduce((sum, each) => sum + each.length, 0);
  if (entries > length) return undefined;
  const { texts, codes: newCodes } = mergeTexts(dictionaries);
  // Where texts are plain each row has an offset, which takes as much as a code.
  if (shownBytes(texts) + 4 * texts.length > bytes) return undefined;
  parts.forEach((part, n) => {
    translate(part, newCodes[n] as Int32Array, codes, at);
    at += part.length;
  });
  return makeColumn(dtype, length, { values: codes, valid, dictionary: texts });
}

/** Codes of null rows stay valid ones: 0 is one unless there are no texts at all. */
function translate(part: Column, newCodes: Int32Array, out: Int32Array, at: number): void {
  if (newCodes.length === 0) return;
  const codes = part.values as Int32Array;
  for (let i = 0; i < part.length; i++) out[at + i] = newCodes[codes[i] as number] as number;
}

function concatPlain(
  dtype: DType,
  parts: readonly Column[],
  length: number,
  valid: Uint8Array | undefined,
  bytes: number,
): Column {
  const values = textBytes(bytes);
  const ends = makeArray(Int32Array, length + 1);
  let at = 0;
  for (const part of parts) {
    if (part.dictionary === undefined) {
      appendPlain(part, values, ends, at);
    } else {
      appendEncoded(part, part.dictionary, values, ends, at);
    }
    at += part.length;
  }
  return makeColumn(dtype, length, { values, valid, offsets: ends });
}

function appendPlain(part: Column, values: Uint8Array, ends: Int32Array, at: number): void {
  const offsets = part.offsets as Int32Array;
  const begin = ends[at] as number;
  values.set(textsOf(part), begin);
  const shift = begin - (offsets[0] as number);
  for (let i = 1; i <= part.length; i++) ends[at + i] = (offsets[i] as number) + shift;
}

function appendEncoded(
  { values: codes, valid, length }: Column,
  dictionary: Column,
  values: Uint8Array,
  ends: Int32Array,
  at: number,
): void {
  if (dictionary.length === 0) {
    // There is null alone.
    ends.fill(ends[at] as number, at + 1, at + 1 + length);
    return;
  }
  const starts = new Int32Array(length);
  locateTexts(dictionary.offsets as Int32Array, codes as Int32Array, valid, starts, ends, at);
  copyTexts(dictionary.values as Uint8Array, starts, ends, at, values);
}

/** The same texts, stored plain. */
export function plainTexts(column: Column): Column {
  if (column.dictionary === undefined) return column;
  const { dtype, length, valid } = column;
  return concatPlain(dtype, [column], length, valid, shownBytes(column));
}
