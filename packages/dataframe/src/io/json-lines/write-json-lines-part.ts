import { declareExports } from "@millrace/closure/tasks";
import { writeAll } from "@millrace/storage";
import type { Block, Column } from "../../column.ts";
import { sliceColumn } from "../../column.ts";
import { isFloat, isText } from "../../dtype-traits.ts";
import type { TextsOf } from "../value-texts.ts";
import { valueTexts } from "../value-texts.ts";
import { storageFault } from "../storage-fault.ts";
import type { WriteJsonLinesSettings } from "./json-lines-options.ts";

/** Rows that become text at a time. */
const ROWS_MAX = 1_024;

/**
 * Writes a partition to a file, a JSON object a row; gives the path. Dates and decimals are texts,
 * and so are the numbers that JSON has no form for: "NaN", "Infinity" and "-Infinity".
 */
export async function writeJsonLinesPart(
  block: Block,
  path: string,
  { compression }: WriteJsonLinesSettings,
): Promise<string> {
  try {
    await writeAll(path, jsonLines(block), { compression });
  } catch (error) {
    throw storageFault(error);
  }
  return path;
}

function* jsonLines({ names, columns, rows }: Block): Generator<string> {
  const write = objectTexts(names, columns);
  for (let start = 0; start < rows; start += ROWS_MAX) {
    yield write(start, Math.min(rows, start + ROWS_MAX))
      .map((text) => `${text}\n`)
      .join("");
  }
}

/** Objects whose fields are columns. */
function objectTexts(
  names: readonly string[],
  columns: readonly Column[],
): (start: number, end: number) => string[] {
  const keys = names.map((name, i) => `${i === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  const writers = columns.map(jsonTexts);
  return (start, end) => {
    const texts = writers.map((write) => write(start, end));
    return Array.from({ length: end - start }, (_, row) => {
      let text = keys.length === 0 ? "{" : "";
      for (let i = 0; i < keys.length; i++)
        text += (keys[i] as string) + (texts[i]?.[row] ?? "null");
      return `${text}}`;
    });
  };
}

/** The values of a column as JSON; undefined where they are null. */
function jsonTexts(column: Column): TextsOf {
  const { dtype, valid, children } = column;
  if (dtype.kind === "list") return withNulls(listTexts(column), valid);
  if (dtype.kind === "struct")
    return withNulls(objectTexts(Object.keys(dtype.fields), children), valid);
  if (isFloat(dtype)) return valueTexts(column, (text) => (/\d/.test(text) ? text : `"${text}"`));
  if (isText(dtype)) return valueTexts(column, (text) => JSON.stringify(text));
  const isNumber = dtype.kind !== "date" && dtype.kind !== "timestamp" && dtype.kind !== "decimal";
  return valueTexts(column, isNumber ? undefined : (text) => `"${text}"`);
}

function withNulls(textsOf: TextsOf, valid: Uint8Array | undefined): TextsOf {
  if (valid === undefined) return textsOf;
  return (start, end) =>
    textsOf(start, end).map((text, i) => (valid[start + i] === 1 ? text : undefined));
}

function listTexts({ offsets, children }: Column): TextsOf {
  const places = offsets as Int32Array;
  const items = children[0] as Column;
  return (start, end) => {
    const first = places[start] as number;
    const last = places[end] as number;
    const texts = jsonTexts(sliceColumn(items, first, last))(0, last - first);
    return Array.from({ length: end - start }, (_, i) => {
      const from = (places[start + i] as number) - first;
      const to = (places[start + i + 1] as number) - first;
      return `[${texts
        .slice(from, to)
        .map((text) => text ?? "null")
        .join(",")}]`;
    });
  };
}

declareExports(import.meta.url, { writeJsonLinesPart }, { package: "@millrace/dataframe" });
