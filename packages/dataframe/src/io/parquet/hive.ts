import type { DType, Field, Schema } from "../../dtype.ts";
import { date, float64, int64, utf8 } from "../../dtype.ts";
import { isText } from "../../dtype-traits.ts";
import { DataFrameError, fault, invalidArgument } from "../../errors.ts";
import type { Scalar } from "../../expr/typed.ts";
import { storedOf } from "../../rows/stored.ts";

/** Columns that are written in the names of folders, `year=2024/month=5`, and their values. */
export interface HiveColumns {
  readonly fields: readonly Field[];
  /** One list a file, one value a column. */
  readonly values: readonly (readonly Scalar[])[];
}

/** What stands for null in the name of a folder. */
export const hiveNull = "__HIVE_DEFAULT_PARTITION__";

/** The columns that the folders of files name, in the order of the first file. */
export function hiveColumns(
  api: string,
  urls: readonly string[],
  schema: Schema | undefined,
): HiveColumns {
  const texts = urls.map(folderValues);
  const names = [...(texts[0] ?? new Map<string, never>()).keys()];
  texts.forEach((found, i) => checkAlike(api, names, [...found.keys()], urls[i] as string));
  const fields = names.map((name): Field => {
    const all = texts.map((found) => found.get(name) ?? null);
    const wanted = schema?.[name];
    return { name, dtype: wanted ?? inferred(all) };
  });
  const values = texts.map((found, i) =>
    fields.map((field) => valueOf(api, field, found.get(field.name) ?? null, urls[i] as string)),
  );
  return { fields, values };
}

function folderValues(url: string): Map<string, string | null> {
  const found = new Map<string, string | null>();
  for (const folder of url.split("/").slice(0, -1)) {
    const cut = folder.indexOf("=");
    if (cut <= 0) continue;
    const text = decoded(folder.slice(cut + 1));
    found.set(decoded(folder.slice(0, cut)), text === hiveNull ? null : text);
  }
  return found;
}

/** Writers escape what a path cannot hold; a text that is no escape is meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function checkAlike(
  api: string,
  wanted: readonly string[],
  got: readonly string[],
  url: string,
): void {
  if (wanted.length === got.length && wanted.every((name) => got.includes(name))) return;
  const what = `the folders of ${JSON.stringify(url)} name other columns`;
  const names = wanted.length === 0 ? "no columns" : wanted.join(", ");
  const remedy = "Read folders of one layout at a time.";
  throw fault("dataframe/schema-mismatch", api, what, got, names, remedy);
}

/** Whole numbers and days are told from texts where all values are such. */
function inferred(texts: readonly (string | null)[]): DType {
  const given = texts.filter((text) => text !== null);
  if (given.length === 0) return utf8;
  if (given.every((text) => /^-?(0|[1-9]\d{0,17})$/.test(text))) return int64;
  if (given.every((text) => /^-?(0|[1-9]\d*)\.\d+$/.test(text))) return float64;
  return given.every(isDay) ? date : utf8;
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** The value of a folder's name as a column stores it. */
function valueOf(api: string, { name, dtype }: Field, text: string | null, url: string): Scalar {
  if (text === null) return null;
  if (isText(dtype)) return text;
  if (dtype.kind === "list" || dtype.kind === "struct") {
    throw invalidArgument(api, `bad dtype of ${name}`, dtype.kind, "a dtype of single values");
  }
  try {
    return storedOf(dtype, jsValue(dtype, text));
  } catch (error) {
    if (!(error instanceof DataFrameError)) throw error;
    const what = `${name} of ${JSON.stringify(url)} is no ${dtype.kind}`;
    throw invalidArgument(api, what, text, `a ${dtype.kind}`);
  }
}

/** A text as the value of JavaScript that a column takes. */
function jsValue(dtype: DType, text: string): unknown {
  switch (dtype.kind) {
    case "int64":
    case "uint64":
      return /^-?\d+$/.test(text) ? BigInt(text) : text;
    case "date":
    case "timestamp":
      return new Date(text);
    case "bool":
      return text === "true" ? true : text === "false" ? false : text;
    case "decimal":
      return text;
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
    case "float32":
    case "float64":
      return text.trim() === "" ? text : Number(text);
    case "utf8":
    case "dictionary":
    case "list":
    case "struct":
      return text;
  }
}
