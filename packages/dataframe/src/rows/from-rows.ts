import { quoteValue } from "@millrace/graph/tasks";
import type { Block } from "../column.ts";
import { makeBlock } from "../column.ts";
import type { Field } from "../dtype.ts";
import { dataFault, invalidArgument } from "../errors.ts";
import { columnOfValues } from "./column-of-values.ts";
import { inferDType } from "./infer-dtype.ts";

/** Columns and rows that objects make. */
export interface RowContent {
  readonly fields: readonly Field[];
  readonly block: Block;
}

/**
 * Objects, one a row, as a partition; without `fields` their columns are those of all objects, in
 * the order in which they are met. Missing values and undefined are null.
 */
export function fromRows(api: string, given: unknown, fields?: readonly Field[]): RowContent {
  const rows = rowsOf(api, given);
  const names = fields?.map(({ name }) => name) ?? namesOf(rows);
  const found: Field[] = [];
  const columns = names.map((name, i) => {
    const values = valuesOf(rows, name);
    const where = (row: number): string => `row ${row}, column ${JSON.stringify(name)}`;
    const dtype = fields?.[i]?.dtype ?? inferDType(api, values, where);
    found.push({ name, dtype });
    return columnOfValues(api, dtype, values, where);
  });
  return { fields: found, block: makeBlock(rows.length, names, columns) };
}

function rowsOf(api: string, given: unknown): readonly Readonly<Record<string, unknown>>[] {
  const isList = typeof given === "object" && given !== null && Symbol.iterator in given;
  if (!isList)
    throw invalidArgument(api, "the rows must come as a list", given, "an array of objects");
  const rows = Array.isArray(given) ? (given as unknown[]) : [...(given as Iterable<unknown>)];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (typeof row === "object" && row !== null && !Array.isArray(row)) continue;
    const what = `${api}: row ${i} is no object`;
    const message = `${what}, got ${quoteValue(row)}, wanted one value a column.`;
    throw dataFault("dataframe/bad-row", message);
  }
  return rows as readonly Readonly<Record<string, unknown>>[];
}

function namesOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name in row) if (Object.hasOwn(row, name)) names.add(name);
  return [...names];
}

/** Values of a property; names that all objects inherit are not taken for properties. */
function valuesOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  name: string,
): readonly unknown[] {
  if (!(name in Object.prototype)) return rows.map((row) => row[name]);
  return rows.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined));
}
