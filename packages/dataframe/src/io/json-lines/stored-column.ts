import type { Column, Values } from "../../column.ts";
import { makeColumn, makeValues } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { isText } from "../../dtype-traits.ts";
import { dataFault } from "../../errors.ts";
import type { Stored, StoredFields } from "./json-value.ts";

/** A column of stored values. */
export function storedColumn(dtype: DType, stored: readonly Stored[]): Column {
  const length = stored.length;
  const valid = validOf(stored);
  if (isText(dtype)) return textColumn(dtype, stored as readonly (string | null)[], valid);
  if (dtype.kind === "list") {
    const offsets = new Int32Array(length + 1);
    const items: Stored[] = [];
    for (let i = 0; i < length; i++) {
      for (const item of (stored[i] ?? []) as readonly Stored[]) items.push(item);
      offsets[i + 1] = items.length;
    }
    const children = [storedColumn(dtype.item, items)];
    return makeColumn(dtype, length, { valid, offsets, children });
  }
  if (dtype.kind === "struct") {
    const children = Object.values(dtype.fields).map((part, field) => {
      const values = stored.map((each) => (each as StoredFields | null)?.fields[field] ?? null);
      return storedColumn(part, values);
    });
    return makeColumn(dtype, length, { valid, children });
  }
  return makeColumn(dtype, length, { values: numbersOf(dtype, stored), valid });
}

function validOf(stored: readonly Stored[]): Uint8Array | undefined {
  if (!stored.includes(null)) return undefined;
  return Uint8Array.from(stored, (value) => (value === null ? 0 : 1));
}

function numbersOf(dtype: DType, stored: readonly Stored[]): Values {
  const values = makeValues(dtype, stored.length);
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i];
    // A dtype says whether its values are numbers or bigints, and so does what is stored of it.
    if (value !== null) (values as Float64Array)[i] = value as number;
  }
  return values;
}

/** Fewer different texts than this are kept once each, whatever the number of rows. */
const TEXTS_MIN = 16_384;
/** Else rows that a text must stand for, on average. */
const ROWS_PER_TEXT = 8;

function textColumn(
  dtype: DType,
  texts: readonly (string | null)[],
  valid: Uint8Array | undefined,
): Column {
  const most =
    dtype.kind === "dictionary" ? texts.length : Math.max(TEXTS_MIN, texts.length / ROWS_PER_TEXT);
  const codes = new Map<string, number>();
  const values = new Int32Array(texts.length);
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i];
    if (typeof text !== "string") continue;
    let code = codes.get(text);
    if (code === undefined) codes.set(text, (code = codes.size));
    values[i] = code;
    if (codes.size > most) return plainColumn(dtype, texts, valid);
  }
  const dictionary = plainColumn({ kind: "utf8" }, [...codes.keys()], undefined);
  return makeColumn(dtype, texts.length, { values, valid, dictionary });
}

const BYTES_MAX = 0x7fff_ffff;

function plainColumn(
  dtype: DType,
  texts: readonly (string | null)[],
  valid: Uint8Array | undefined,
): Column {
  const offsets = new Int32Array(texts.length + 1);
  let total = 0;
  for (let i = 0; i < texts.length; i++) {
    total += Buffer.byteLength(texts[i] ?? "");
    if (total > BYTES_MAX) {
      throw dataFault(
        "dataframe/bad-file",
        "readJsonLines: a text column of one partition has more than 2 GiB. " +
          "Give a smaller blockSize, or split the file.",
      );
    }
    offsets[i + 1] = total;
  }
  const values = new Uint8Array(total);
  const buffer = Buffer.from(values.buffer);
  for (let i = 0; i < texts.length; i++) buffer.write(texts[i] ?? "", offsets[i] ?? 0);
  return makeColumn(dtype, texts.length, { values, offsets, valid });
}
