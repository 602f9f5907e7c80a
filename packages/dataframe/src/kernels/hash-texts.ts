import type { Column } from "../column.ts";
import type { Rows } from "./row-loop.ts";

/** Hashes of the bytes of plain texts: of row `selection[k]`, or k, to `out[k]`. */
export function hashTexts(column: Column, selection: Rows, n: number, out: Int32Array): void {
  const offsets = column.offsets as Int32Array;
  const bytes = column.values as Uint8Array;
  const view = viewOf(bytes);
  if (selection === undefined) {
    let start = n === 0 ? 0 : (offsets[0] as number);
    for (let k = 0; k < n; k++) {
      const end = offsets[k + 1] as number;
      out[k] = hashBytes(bytes, view, start, end);
      start = end;
    }
    return;
  }
  for (let k = 0; k < n; k++) {
    const i = selection[k] as number;
    out[k] = hashBytes(bytes, view, offsets[i] as number, offsets[i + 1] as number);
  }
}

/** A view of bytes that reads four at a time. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The hash of bytes `start` up to, without, `end`, which `bytes` and `view` both show. */
export function hashBytes(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let h = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    h = Math.imul(h ^ view.getInt32(at, true), 0x9e3779b1);
    h ^= h >>> 15;
  }
  if (at < end) {
    let rest = 0;
    for (; at < end; at++) rest = (rest << 8) | (bytes[at] as number);
    h = Math.imul(h ^ rest, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
}

/** Whether bytes of two views from two places on are the same, `length` of them. */
export function sameBytes(
  a: DataView,
  startA: number,
  b: DataView,
  startB: number,
  length: number,
): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (a.getInt32(startA + at, true) !== b.getInt32(startB + at, true)) return false;
  }
  for (; at < length; at++) {
    if (a.getUint8(startA + at) !== b.getUint8(startB + at)) return false;
  }
  return true;
}
