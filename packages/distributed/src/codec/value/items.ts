import { types } from "node:util";
import { corrupt } from "./corrupt.ts";
import { readDates, writeDates } from "./dates.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { Items, TABLE_NESTING_MAX, TABLE_ROWS_MIN, Tag } from "./format.ts";
import { isNumberKind, numberKindOf, readNumbers, writeNumbers } from "./numbers.ts";
import { roomFor } from "./room.ts";
import { constantOf } from "./scalars.ts";
import { readLists, readRecords, readTuples, writeTable } from "./table.ts";
import { readTexts, writeTexts } from "./text.ts";
import { readWords, writeWords } from "./words.ts";

/** Items from which a list with gaps is written as one without and a byte an item. */
const OPTIONAL_MIN = 4;

/**
 * The items of an array, the keys of a Map, a column of a table: the tightest form that all of
 * them fit in. There are no holes in `items`, and it has no properties that count.
 */
export function writeItems(encoder: Encoder, items: readonly unknown[]): void {
  const first = items[0];
  switch (typeof first) {
    case "number": {
      const kind = numberKindOf(items);
      if (kind !== undefined) return writeNumbers(encoder, kind, items as readonly number[]);
      break;
    }
    case "string":
      if (areTexts(items)) return writeTextItems(encoder, items);
      break;
    case "object":
      if (first === null) break;
      if (items.length < TABLE_ROWS_MIN || !encoder.hasRoomForTable()) break;
      if (types.isDate(first) ? writeDates(encoder, items) : writeTable(encoder, items)) return;
      break;
    case "undefined":
    case "boolean":
    case "bigint":
    case "symbol":
    case "function":
  }
  if (items.length > 0 && areConstants(items)) return writeConstants(encoder, items);
  if (items.length >= OPTIONAL_MIN && isOptional(items)) return writeOptional(encoder, items);
  encoder.out.byte(Items.mixed);
  encoder.out.natural(items.length);
  for (const item of items) encoder.value(item);
}

/** Reads what {@link writeItems} wrote as an array, numbered first: it may hold itself. */
export function readArray(decoder: Decoder): unknown[] {
  const kind = decoder.input.byte();
  const count = decoder.input.natural();
  if (kind === Items.mixed) {
    decoder.promise(count);
    return readMixed(decoder, decoder.open(roomFor(count)), count);
  }
  if (isRows(kind)) {
    if (!decoder.numbering) return readRows(decoder, kind, decoder.atMost(count));
    const own = decoder.open(roomFor(decoder.atMost(count)));
    return fill(own, readRows(decoder, kind, count));
  }
  if (kind === Items.optional) {
    decoder.input.need(count);
    const own = decoder.open(roomFor(count));
    return fill(own, readOptional(decoder, count));
  }
  const column = readPlain(decoder, kind, count);
  const items = Array.isArray(column) ? (column as unknown[]) : fill(roomFor(count), column);
  const own = decoder.open(items);
  return own === items ? own : fill(own, items);
}

/** Reads what {@link writeItems} wrote, to be looked at only: it may be a view of the block. */
export function readColumn(decoder: Decoder): ArrayLike<unknown> {
  const kind = decoder.input.byte();
  const count = decoder.input.natural();
  switch (kind) {
    case Items.mixed:
      decoder.promise(count);
      return readMixed(decoder, roomFor(count), count);
    case Items.optional:
      decoder.input.need(count);
      return readOptional(decoder, count);
    default:
      return isRows(kind)
        ? readRows(decoder, kind, decoder.atMost(count))
        : readPlain(decoder, kind, count);
  }
}

/** The kinds whose items are objects that are made of columns. */
function isRows(kind: number): boolean {
  return (
    kind === Items.records || kind === Items.tuples || kind === Items.lists || kind === Items.dates
  );
}

function fill(target: unknown[], source: ArrayLike<unknown>): unknown[] {
  for (let i = 0; i < source.length; i++) target[i] = source[i];
  return target;
}

function readRows(decoder: Decoder, kind: number, count: number): unknown[] {
  const isPlain = kind === Items.tuples || kind === Items.lists;
  if (decoder.isPlain && !isPlain) throw corrupt("a column is more than plain");
  if (kind === Items.dates) return readDates(decoder, count);
  if (decoder.tables >= TABLE_NESTING_MAX) throw corrupt("tables are nested too deep");
  decoder.enter();
  decoder.tables += 1;
  const read =
    kind === Items.records ? readRecords : kind === Items.tuples ? readTuples : readLists;
  const rows = read(decoder, count);
  decoder.tables -= 1;
  decoder.leave();
  return rows;
}

/** The kinds that hold no objects. */
function readPlain(decoder: Decoder, kind: number, count: number): ArrayLike<unknown> {
  if (isNumberKind(kind)) return readNumbers(decoder, kind, count);
  if (kind === Items.texts) return readTexts(decoder, count);
  if (kind === Items.words) return readWords(decoder, count);
  if (kind !== Items.constants) throw corrupt(`there is no kind of items ${kind}`);
  const at = decoder.input.skip(count);
  const items = roomFor(count);
  for (let i = 0; i < count; i++) {
    items[i] = constantOf(decoder.input.bytes[at + i] as number);
  }
  return items;
}

function readMixed(decoder: Decoder, target: unknown[], count: number): unknown[] {
  for (let i = 0; i < count; i++) {
    decoder.keepPromise();
    target[i] = decoder.value();
  }
  return target;
}

// Loops, for a call for each of many items costs several times what it finds out.
function areTexts(items: readonly unknown[]): items is readonly string[] {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== "string") return false;
  return true;
}

function writeTextItems(encoder: Encoder, items: readonly string[]): void {
  if (writeWords(encoder, items)) return;
  encoder.out.byte(Items.texts);
  encoder.out.natural(items.length);
  writeTexts(encoder, items);
}

function areConstants(items: readonly unknown[]): boolean {
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item != null && typeof item !== "boolean") return false;
  }
  return true;
}

function writeConstants(encoder: Encoder, items: readonly unknown[]): void {
  const { out } = encoder;
  out.byte(Items.constants);
  out.natural(items.length);
  for (const item of items) encoder.value(item);
}

/** Whether there are gaps, and all that is no gap is of one type. */
function isOptional(items: readonly unknown[]): boolean {
  let type = "";
  let gaps = 0;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item == null) gaps += 1;
    else if (type === "") type = typeof item;
    else if (typeof item !== type) return false;
  }
  return gaps > 0 && type !== "";
}

function writeOptional(encoder: Encoder, items: readonly unknown[]): void {
  const { out } = encoder;
  out.byte(Items.optional);
  out.natural(items.length);
  out.room(items.length);
  for (const item of items) {
    out.byte(item === undefined ? Tag.undefined : item === null ? Tag.null : 0);
  }
  writeItems(
    encoder,
    items.filter((item) => item != null),
  );
}

function readOptional(decoder: Decoder, count: number): unknown[] {
  const codes = decoder.input.raw(count);
  const rest = readColumn(decoder);
  const items = roomFor(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const code = codes[i] as number;
    items[i] = code === 0 ? rest[at++] : constantOf(code);
  }
  if (at !== rest.length) throw corrupt("a list with gaps has another length");
  return items;
}
