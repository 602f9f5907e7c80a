import { types } from "node:util";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { Items, TABLE_COLUMNS_MAX } from "./format.ts";
import { areDistinct, areDistinctLists } from "./distinct.ts";
import { hasOnlyItems } from "./only-items.ts";
import { readWholes, writeWholes } from "./numbers.ts";
import { roomFor } from "./room.ts";
import { setField } from "./shape.ts";

/** Length of rows up to which each place is a column of its own. */
const TUPLE_MAX = 8;

/**
 * Writes many objects of one shape, or many arrays, by columns; false, with nothing written, where
 * the rows are anything else: then each is written with its own tag.
 */
export function writeTable(encoder: Encoder, rows: readonly unknown[]): boolean {
  return Array.isArray(rows[0]) ? writeLists(encoder, rows) : writeRecords(encoder, rows);
}

function writeRecords(encoder: Encoder, rows: readonly unknown[]): boolean {
  const first = rows[0] as object;
  if (types.isProxy(first) || Object.getPrototypeOf(first) !== Object.prototype) return false;
  // A typed array has a name an item, so only now.
  const keys = Object.getOwnPropertyNames(first);
  if (keys.length === 0 || keys.length > TABLE_COLUMNS_MAX) return false;
  const columns = keys.map(() => new Array<unknown>(rows.length));
  for (let i = 0; i < rows.length; i++) {
    if (!readRow(rows[i], keys, columns, i)) return false;
  }
  const objects = rows as readonly object[];
  const kind = JSON.stringify(keys);
  if (!encoder.identity.addAll(kind, objects, areDistinct(objects, columns))) return false;
  encoder.out.byte(Items.records);
  encoder.out.natural(rows.length);
  encoder.shapes.write(encoder, keys);
  writeColumns(encoder, columns);
  return true;
}

/**
 * Puts the fields of a row into the columns; false where it is no plain object with just these
 * keys, in this order, each as an assignment makes it.
 */
function readRow(
  row: unknown,
  keys: readonly string[],
  columns: readonly unknown[][],
  i: number,
): boolean {
  if (typeof row !== "object" || row === null || types.isProxy(row)) return false;
  if (Object.getPrototypeOf(row) !== Object.prototype || !Object.isExtensible(row)) return false;
  const names = Object.getOwnPropertyNames(row);
  if (names.length !== keys.length || Object.getOwnPropertySymbols(row).length > 0) return false;
  for (let j = 0; j < keys.length; j++) {
    const key = keys[j] as string;
    if (names[j] !== key) return false;
    const field = Object.getOwnPropertyDescriptor(row, key);
    if (field?.writable !== true || !field.enumerable || !field.configurable) return false;
    (columns[j] as unknown[])[i] = field.value;
  }
  return true;
}

function writeColumns(encoder: Encoder, columns: readonly (readonly unknown[])[]): void {
  encoder.depth += 1;
  encoder.tables += 1;
  for (const column of columns) encoder.items(column);
  encoder.tables -= 1;
  encoder.depth -= 1;
}

/** Reads what follows {@link Items.records}. */
export function readRecords(decoder: Decoder, count: number): object[] {
  const shape = decoder.shapes.read(decoder);
  const { keys } = shape;
  if (keys.length === 0) throw corrupt("a table has no columns");
  if (!decoder.numbering) {
    return decoder.shapes.makeRows(shape, count, readColumns(decoder, keys.length, count));
  }
  checkFirstColumn(decoder, count);
  const rows = Array.from({ length: count }, () => decoder.number({}));
  for (const key of keys) {
    const column = columnOf(decoder, count);
    for (let i = 0; i < count; i++) setField(rows[i] as object, shape, key, column[i]);
  }
  return rows;
}

/** A look at how long the first column is, before rows are made that a damaged number asks for. */
function checkFirstColumn({ input }: Decoder, count: number): void {
  const { at } = input;
  input.byte();
  if (input.natural() !== count) throw corrupt("a column has another length");
  input.at = at;
}

function readColumns(decoder: Decoder, width: number, count: number): ArrayLike<unknown>[] {
  return Array.from({ length: width }, () => columnOf(decoder, count));
}

function columnOf(decoder: Decoder, count: number): ArrayLike<unknown> {
  const column = decoder.column();
  if (column.length !== count) throw corrupt("a column has another length");
  return column;
}

function writeLists(encoder: Encoder, rows: readonly unknown[]): boolean {
  const width = (rows[0] as unknown[]).length;
  const lengths = new Int32Array(rows.length);
  const isTuple = width > 0 && width <= TUPLE_MAX;
  let places = isTuple
    ? Array.from({ length: width }, () => new Array<unknown>(rows.length))
    : undefined;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (types.isProxy(row) || !Array.isArray(row) || !hasOnlyItems(row)) return false;
    lengths[i] = row.length;
    if (row.length !== width) places = undefined;
    for (let j = 0; places !== undefined && j < width; j++) (places[j] as unknown[])[i] = row[j];
  }
  const lists = rows as readonly (readonly unknown[])[];
  const distinct = places === undefined ? areDistinctLists(lists) : areDistinct(lists, places);
  if (!encoder.identity.addAll("list", lists, distinct)) return false;
  encoder.out.byte(places === undefined ? Items.lists : Items.tuples);
  encoder.out.natural(rows.length);
  if (places === undefined) {
    writeWholes(encoder, lengths);
    writeColumns(encoder, [itemsOf(lists)]);
  } else {
    encoder.out.natural(width);
    writeColumns(encoder, places);
  }
  return true;
}

/** All items in a row; `flat` takes ten times as long. */
function itemsOf(lists: readonly (readonly unknown[])[]): unknown[] {
  let count = 0;
  for (let i = 0; i < lists.length; i++) count += (lists[i] as readonly unknown[]).length;
  const items = roomFor(count);
  let at = 0;
  for (let i = 0; i < lists.length; i++) {
    const list = lists[i] as readonly unknown[];
    for (let j = 0; j < list.length; j++) items[at++] = list[j];
  }
  return items;
}

/** Reads what follows {@link Items.tuples}. */
export function readTuples(decoder: Decoder, count: number): unknown[][] {
  const width = decoder.input.count();
  if (width === 0) throw corrupt("a table has no columns");
  if (decoder.numbering) {
    checkFirstColumn(decoder, count);
    const rows = Array.from({ length: count }, () => decoder.number([] as unknown[]));
    for (let j = 0; j < width; j++) {
      const column = columnOf(decoder, count);
      for (let i = 0; i < count; i++) (rows[i] as unknown[])[j] = column[i];
    }
    return rows;
  }
  const rows = roomFor(count) as unknown[][];
  const columns = readColumns(decoder, width, count);
  if (width === 2) {
    const [a, b] = columns as [ArrayLike<unknown>, ArrayLike<unknown>];
    for (let i = 0; i < count; i++) rows[i] = [a[i], b[i]];
    return rows;
  }
  for (let i = 0; i < count; i++) rows[i] = columns.map((column) => column[i]);
  return rows;
}

/** Reads what follows {@link Items.lists}. */
export function readLists(decoder: Decoder, count: number): unknown[][] {
  const lengths = readWholes(decoder, count);
  const rows = roomFor(count) as unknown[][];
  if (decoder.numbering) for (let i = 0; i < count; i++) rows[i] = decoder.number([]);
  const items = decoder.column();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = at + (lengths[i] as number);
    if (end > items.length) throw corrupt("a list is longer than its items");
    const row = decoder.numbering ? (rows[i] as unknown[]) : roomFor(end - at);
    for (let j = 0; at < end; j++, at++) row[j] = items[at];
    rows[i] = row;
  }
  if (at !== items.length) throw corrupt("there are items that belong to no list");
  return rows;
}
