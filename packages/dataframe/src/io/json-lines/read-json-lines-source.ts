import { parseBytes } from "@millrace/graph";
import { tokenize } from "@millrace/graph/tokens";
import type { Patterns } from "@millrace/storage";
import { compressionOf } from "@millrace/storage";
import type { Field } from "../../dtype.ts";
import { checkDType, utf8 } from "../../dtype.ts";
import { dtypeKey } from "../../dtype-traits.ts";
import { invalidArgument } from "../../errors.ts";
import type { Source } from "../../plan/node.ts";
import { checkCount, checkNames, checkOneOf } from "../check-options.ts";
import { fileBlocks, filesOf } from "../file-blocks.ts";
import { noSample, prefixOf } from "../prefix-of.ts";
import type { TextFormat } from "../text-format.ts";
import { inferFields } from "./infer-json.ts";
import type { ReadJsonLinesOptions } from "./json-lines-options.ts";
import type { JsonLinesPart, JsonLinesSettings } from "./json-settings.ts";
import { parseExactly } from "./parse-exactly.ts";

const names: readonly (keyof ReadJsonLinesOptions)[] = [
  "schema",
  "blockSize",
  "filesPerPartition",
  "compression",
  "encoding",
  "badRows",
  "sampleRows",
  "sampleBytes",
  "includePath",
];

/** Files of JSON lines as a source: files are listed and measured, the first is looked into. */
export function readJsonLinesSource(
  api: string,
  urls: Patterns,
  options: ReadJsonLinesOptions,
): Source {
  checkNames(api, options, names);
  const files = filesOf(api, urls);
  const settings = settle(
    api,
    files.map(({ url }) => url),
    options,
  );
  const { includePath, compression, encoding } = settings;
  const fields = [
    ...settings.fields,
    ...(includePath === undefined ? [] : [{ name: includePath, dtype: utf8 }]),
  ];
  const blocks = fileBlocks(api, files, options, compression, encoding === "utf8");
  const parts = blocks.map((part): JsonLinesPart => ({ files: part }));
  const keys = fields.map(({ name, dtype }) => [name, dtypeKey(dtype)]);
  return {
    format: "json-lines",
    fields,
    parts,
    options: settings,
    rows: undefined,
    label: [urls].flat().map(String).join(", "),
    token: tokenize(["readJsonLines", { ...settings, fields: keys }, parts]),
  };
}

function settle(
  api: string,
  files: readonly string[],
  options: ReadJsonLinesOptions,
): JsonLinesSettings {
  const { compression = "infer", encoding = "utf8", badRows = "error", includePath } = options;
  for (const file of files) compressionOf(file, compression);
  const format: TextFormat & Pick<JsonLinesSettings, "badRows"> = {
    compression,
    encoding: checkOneOf(api, "encoding", encoding, ["utf8", "utf16le", "latin1"]),
    badRows: checkOneOf(api, "badRows", badRows, ["error", "skip", "null"]),
  };
  const given = schemaFields(api, options.schema);
  const sample = sampleRows(api, files, format, options);
  if (sample === undefined && given.length === 0) throw noSample(api, files[0] as string);
  const found = inferFields(sample ?? []).filter(
    ({ name }) => !given.some((each) => each.name === name),
  );
  const fields = [...given, ...found];
  if (includePath !== undefined) {
    const isBad = typeof includePath !== "string" || includePath === "";
    const isTaken = fields.some(({ name }) => name === includePath);
    if (isBad || isTaken) {
      throw invalidArgument(api, "bad includePath", includePath, "a name that no field has");
    }
  }
  return { ...format, fields, inferred: found.map(({ name }) => name), includePath };
}

function schemaFields(api: string, schema: unknown): Field[] {
  if (schema === undefined) return [];
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw invalidArgument(api, "bad schema", schema, "an object of dtypes, such as { id: int64 }");
  }
  return Object.entries(schema).map(([name, dtype]) => ({ name, dtype: checkDType(api, dtype) }));
}

/** Parsed rows from the beginning of the first file, and of the next ones while there are few. */
function sampleRows(
  api: string,
  files: readonly string[],
  format: TextFormat,
  { sampleRows: given = 4_096, sampleBytes = "1MB" }: ReadJsonLinesOptions,
): readonly unknown[] | undefined {
  const rowsMax = checkCount(api, "sampleRows", given, 1);
  let bytesLeft = parseBytes(sampleBytes, api);
  const rows: unknown[] = [];
  for (const [i, url] of files.entries()) {
    if (bytesLeft <= 0 || rows.length >= rowsMax) break;
    const prefix = prefixOf(api, url, bytesLeft, format);
    if (prefix === undefined) return i === 0 ? undefined : rows;
    bytesLeft -= prefix.bytes.length;
    const lines = Buffer.from(prefix.bytes)
      .toString()
      .replace(/^\ufeff/, "")
      .split("\n");
    if (!prefix.isWhole) lines.pop();
    for (const line of lines) {
      if (rows.length < rowsMax && line.trim() !== "") rows.push(parsed(line));
    }
  }
  return rows;
}

/** A line that is no JSON is told of when it is read, with its place. */
function parsed(line: string): unknown {
  try {
    return parseExactly(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
