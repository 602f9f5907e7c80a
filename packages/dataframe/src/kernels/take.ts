import type { Block, Column, Values } from "../column.ts";
import {
  makeArray,
  makeBlock,
  makeColumn,
  makeValues,
  sliceBlock,
  sliceColumn,
} from "../column.ts";
import { nullColumn } from "./null-column.ts";
import { perArrayType } from "./per-array-type.ts";
import { copyTexts, locateTexts, textBytes } from "./text-bytes.ts";

/**
 * The given rows of a column, in that order; consecutive ones share its memory. With `holes` row -1
 * is one of null.
 */
export function takeColumn(column: Column, rows: Int32Array, holes = false): Column {
  const start = rows[0] ?? 0;
  if (isRange(rows, start)) return sliceColumn(column, start, start + rows.length);
  return holes && rows.includes(-1)
    ? takeWithHoles(column, rows)
    : takeRows(column, rows, takeValid(column.valid, rows));
}

/** The given rows of a partition, as {@link takeColumn}. */
export function takeBlock(block: Block, rows: Int32Array, holes = false): Block {
  const start = rows[0] ?? 0;
  if (isRange(rows, start)) return sliceBlock(block, start, start + rows.length);
  const columns = block.columns.map((column) => takeColumn(column, rows, holes));
  return makeBlock(rows.length, block.names, columns);
}

function isRange(rows: Int32Array, start: number): boolean {
  if (start < 0 || (rows.at(-1) ?? start - 1) !== start + rows.length - 1) return false;
  for (let i = 0; i < rows.length; i++) if (rows[i] !== start + i) return false;
  return true;
}

function takeWithHoles(column: Column, rows: Int32Array): Column {
  if (column.length === 0) return nullColumn(column.dtype, rows.length);
  const filled = rows.map((row) => Math.max(0, row));
  const valid = takeValid(column.valid, filled) ?? new Uint8Array(rows.length).fill(1);
  for (let i = 0; i < rows.length; i++) if ((rows[i] as number) < 0) valid[i] = 0;
  return takeRows(column, filled, valid);
}

/** What stands in rows that are not valid does not matter. */
function takeRows(column: Column, rows: Int32Array, valid: Uint8Array | undefined): Column {
  const { dtype, values, offsets, dictionary, children } = column;
  if (dtype.kind === "struct") {
    const parts = children.map((child) => takeColumn(child, rows));
    return makeColumn(dtype, rows.length, { valid, children: parts });
  }
  if (offsets !== undefined) return takeRanges(column, offsets, rows, valid);
  const taken = takeValues(values as Values, rows, makeValues(dtype, rows.length));
  return makeColumn(dtype, rows.length, { values: taken, valid, dictionary });
}

/**
 * Four at a time: so many reads from memory are under way at once, which makes it twice as fast.
 */
const gather = perArrayType((values: Float64Array, rows: Int32Array, out: Float64Array): void => {
  let i = 0;
  for (const end = rows.length - 3; i < end; i += 4) {
    const a = values[rows[i] as number] as number;
    const b = values[rows[i + 1] as number] as number;
    const c = values[rows[i + 2] as number] as number;
    const d = values[rows[i + 3] as number] as number;
    out[i] = a;
    out[i + 1] = b;
    out[i + 2] = c;
    out[i + 3] = d;
  }
  for (; i < rows.length; i++) out[i] = values[rows[i] as number] as number;
});

function takeValid(valid: Uint8Array | undefined, rows: Int32Array): Uint8Array | undefined {
  if (valid === undefined) return undefined;
  const taken = takeValues(valid, rows, makeArray(Uint8Array, rows.length));
  return taken.includes(0) ? taken : undefined;
}

/** Values of the given rows, into room of the same kind. */
function takeValues<V extends Values>(values: V, rows: Int32Array, out: V): V {
  gather(values)(values as Float64Array, rows, out as Float64Array);
  return out;
}

/** Texts or lists. */
function takeRanges(
  { dtype, values, children }: Column,
  offsets: Int32Array,
  rows: Int32Array,
  valid: Uint8Array | undefined,
): Column {
  const starts = new Int32Array(rows.length);
  const ends = makeArray(Int32Array, rows.length + 1);
  const size = locateTexts(offsets, rows, valid, starts, ends, 0);
  if (dtype.kind !== "list") {
    const bytes = textBytes(size);
    copyTexts(values as Uint8Array, starts, ends, 0, bytes);
    return makeColumn(dtype, rows.length, { values: bytes, valid, offsets: ends });
  }
  const items = new Int32Array(size);
  for (let i = 0, at = 0; i < rows.length; i++) {
    const end = ends[i + 1] as number;
    for (let item = starts[i] as number; at < end; item++) items[at++] = item;
  }
  const taken = children.map((child) => takeColumn(child, items));
  return makeColumn(dtype, rows.length, { valid, offsets: ends, children: taken });
}
