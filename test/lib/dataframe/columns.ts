import type { Block, Column } from "../../../packages/dataframe/dist/column.js";
import { makeBlock, makeColumn, makeValues } from "../../../packages/dataframe/dist/column.js";
import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import { utf8 } from "../../../packages/dataframe/dist/dtype.js";
import { isText } from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Value } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";

/** How the texts of a column are stored. */
export type TextForm = "plain" | "encoded";

/** A column of plain values; texts in either form, inside of lists and structs too. */
export function columnOf(dtype: DType, values: readonly Value[], form: TextForm = "plain"): Column {
  const valid = validityOf(values);
  if (isText(dtype)) {
    const texts = values.map((value) => (value ?? "") as string);
    return form === "plain" ? plainTexts(dtype, texts, valid) : encoded(dtype, values, valid);
  }
  if (dtype.kind === "list") {
    const lists = values.map((value) => (value ?? []) as readonly Value[]);
    const items = columnOf(dtype.item, lists.flat(), form);
    const offsets = offsetsOf(lists.map((items) => items.length));
    return makeColumn(dtype, values.length, { valid, offsets, children: [items] });
  }
  if (dtype.kind === "struct") {
    const children = Object.entries(dtype.fields).map(([name, part]) => {
      const parts = values.map((value) => value as Readonly<Record<string, Value>> | null);
      return columnOf(
        part,
        parts.map((value) => value?.[name] ?? null),
        form,
      );
    });
    return makeColumn(dtype, values.length, { valid, children });
  }
  const stored = makeValues(dtype, values.length);
  values.forEach((value, row) => {
    if (value !== null) stored[row] = dtype.kind === "bool" ? Number(value) : (value as never);
  });
  return makeColumn(dtype, values.length, { values: stored, valid });
}

/** The plain values of a column, `null` where it has none. */
export function valuesOf(column: Column): Value[] {
  return Array.from({ length: column.length }, (_, row) => valueAt(column, row));
}

/** A partition of rows. */
export function blockOf(
  fields: readonly Field[],
  rows: readonly Row[],
  form: TextForm = "plain",
): Block {
  return makeBlock(
    rows.length,
    fields.map(({ name }) => name),
    fields.map(({ name, dtype }) =>
      columnOf(
        dtype,
        rows.map((row) => row.get(name) ?? null),
        form,
      ),
    ),
  );
}

/** The rows of a partition. */
export function rowsOf(block: Block): Row[] {
  const columns = block.columns.map(valuesOf);
  return Array.from(
    { length: block.rows },
    (_, row) => new Map(block.names.map((name, i) => [name, columns[i]?.[row] ?? null])),
  );
}

function valueAt(column: Column, row: number): Value {
  const { dtype, values, valid, offsets, dictionary, children } = column;
  if (valid?.[row] === 0) return null;
  if (dictionary !== undefined) return valueAt(dictionary, Number(values?.[row]));
  if (dtype.kind === "struct") {
    const names = Object.keys(dtype.fields);
    return Object.fromEntries(names.map((name, i) => [name, valueAt(children[i] as Column, row)]));
  }
  const [start = 0, end = 0] = [offsets?.[row], offsets?.[row + 1]];
  if (dtype.kind === "list") {
    const items = children[0] as Column;
    return Array.from({ length: end - start }, (_, i) => valueAt(items, start + i));
  }
  if (isText(dtype)) return Buffer.from((values as Uint8Array).subarray(start, end)).toString();
  const value = values?.[row] ?? null;
  return dtype.kind === "bool" ? value === 1 : value;
}

function validityOf(values: readonly Value[]): Uint8Array | undefined {
  if (!values.includes(null)) return undefined;
  return Uint8Array.from(values, (value) => (value === null ? 0 : 1));
}

function plainTexts(dtype: DType, texts: readonly string[], valid: Uint8Array | undefined): Column {
  const bytes = texts.map((text) => Buffer.from(text));
  return makeColumn(dtype, texts.length, {
    values: new Uint8Array(Buffer.concat(bytes)),
    offsets: offsetsOf(bytes.map((text) => text.length)),
    valid,
  });
}

/** Codes in the order of first rows, and a text in front that no row has. */
function encoded(dtype: DType, values: readonly Value[], valid: Uint8Array | undefined): Column {
  const texts = [...new Set(["~ no row has this ~", ...values.filter((value) => value !== null)])];
  const codes = Int32Array.from(values, (value) => (value === null ? 0 : texts.indexOf(value)));
  const dictionary = plainTexts(utf8, texts as readonly string[], undefined);
  return makeColumn(dtype, values.length, { values: codes, valid, dictionary });
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => (offsets[i + 1] = (offsets[i] ?? 0) + length));
  return offsets;
}
