import type { Column } from "../column.ts";
import { makeColumn } from "../column.ts";
import { utf8 } from "../dtype.ts";
import { textBytes } from "./text-bytes.ts";

/** Texts, all different, and for each text of each column which of them it is. */
interface MergedTexts {
  readonly texts: Column;
  readonly codes: readonly Int32Array[];
}

/**
 * The different texts of plain columns without nulls, in the order in which they come first;
 * undefined as soon as they are more than `countMax`.
 */
export function mergeTexts(columns: readonly Column[]): MergedTexts;
export function mergeTexts(columns: readonly Column[], countMax: number): MergedTexts | undefined;
export function mergeTexts(
  columns: readonly Column[],
  countMax = Infinity,
): MergedTexts | undefined {
  const distinct = [...new Set(columns)];
  const rows = distinct.reduce((sum, { length }) => sum + length, 0);
  const bytes = distinct.reduce(
    (sum, { offsets, length }) => sum + (offsets?.[length] as number) - (offsets?.[0] as number),
    0,
  );
  const found: Found = {
    values: textBytes(bytes),
    ends: new Int32Array(rows + 1),
    count: 0,
    // At most half full, so that looking for a free place ends soon.
    slots: new Int32Array(2 ** Math.ceil(Math.log2(2 * rows + 1))).fill(-1),
  };
  const codes = new Map<Column, Int32Array>();
  for (const column of distinct) {
    codes.set(column, addTexts(found, column));
    if (found.count > countMax) return undefined;
  }
  const { count } = found;
  const ends = found.ends.slice(0, count + 1);
  const values = found.values.slice(0, ends[count]);
  return {
    texts: makeColumn(utf8, count, { values, offsets: ends }),
    codes: columns.map((column) => codes.get(column) as Int32Array),
  };
}

/** A set of texts: places of `slots`, found by hash, hold numbers of texts, -1 where free. */
interface Found {
  readonly values: Uint8Array;
  readonly ends: Int32Array;
  readonly slots: Int32Array;
  count: number;
}

function addTexts(found: Found, column: Column): Int32Array {
  const { values, ends, slots } = found;
  const bytes = column.values as Uint8Array;
  const offsets = column.offsets as Int32Array;
  const codes = new Int32Array(column.length);
  const mask = slots.length - 1;
  for (let i = 0; i < column.length; i++) {
    const start = offsets[i] as number;
    const end = offsets[i + 1] as number;
    let slot = hashBytes(bytes, start, end) & mask;
    let code = slots[slot] as number;
    while (code >= 0 && !isText(found, code, bytes, start, end)) {
      slot = (slot + 1) & mask;
      code = slots[slot] as number;
    }
    if (code < 0) {
      code = found.count++;
      slots[slot] = code;
      let at = ends[code] as number;
      for (let p = start; p < end; p++) values[at++] = bytes[p] as number;
      ends[code + 1] = at;
    }
    codes[i] = code;
  }
  return codes;
}

function isText(
  { values, ends }: Found,
  code: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let at = ends[code] as number;
  if ((ends[code + 1] as number) - at !== end - start) return false;
  for (let p = start; p < end; p++) if (values[at++] !== bytes[p]) return false;
  return true;
}

/** A multiplication a byte, and one that brings the high bits down. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let p = start; p < end; p++) hash = Math.imul(hash ^ (bytes[p] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
