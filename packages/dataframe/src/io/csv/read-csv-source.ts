import { tokenize } from "@millrace/graph/tokens";
import type { Patterns } from "@millrace/storage";
import { compressionOf } from "@millrace/storage";
import type { Field, Schema } from "../../dtype.ts";
import { utf8 } from "../../dtype.ts";
import { dtypeKey } from "../../dtype-traits.ts";
import { fault, invalidArgument } from "../../errors.ts";
import type { Source } from "../../plan/node.ts";
import type { FileBlock } from "../file-blocks.ts";
import { fileBlocks, filesOf } from "../file-blocks.ts";
import type { CsvDraft, ReadCsvOptions } from "./csv-options.ts";
import { checkSchema, csvDraft, sampleSize } from "./csv-options.ts";
import type { CsvFile, CsvPart, CsvSettings } from "./csv-settings.ts";
import { fileOrder } from "./file-order.ts";
import { headOf } from "./head-of.ts";
import { inferDTypes } from "./infer-dtypes.ts";
import { noRows, noSample, prefixOf } from "../prefix-of.ts";
import { sampleCsv } from "./sample-csv.ts";

/** CSV files as a source: files are listed and measured, the first one is looked into. */
export function readCsvSource(api: string, urls: Patterns, options: ReadCsvOptions): Source {
  const draft = csvDraft(api, options);
  const schema = checkSchema(api, options.schema);
  const versions = filesOf(api, urls);
  const files = versions.map(({ url }) => url);
  for (const file of files) compressionOf(file, draft.compression);
  const settings = settle(api, files, draft, schema, options);
  const { includePath } = settings;
  const fields = [
    ...settings.fields,
    ...(includePath === undefined ? [] : [{ name: includePath, dtype: utf8 }]),
  ];
  const canCut = draft.encoding === "utf8";
  const parts = fileBlocks(api, versions, options, draft.compression, canCut).map(
    (blocks): CsvPart => ({ files: blocks.map((block) => withHead(block, settings)) }),
  );
  const content = [
    { ...settings, fields: fields.map(({ name, dtype }) => [name, dtypeKey(dtype)]) },
    parts,
  ];
  return {
    format: "csv",
    fields,
    parts,
    options: settings,
    rows: undefined,
    label: [urls].flat().map(String).join(", "),
    token: tokenize(["readCsv", ...content]),
  };
}

/** Blocks of a file that is cut know its head; a file that is read whole tells it itself. */
function withHead(file: FileBlock, settings: CsvSettings): CsvFile {
  const { url, block } = file;
  if (block === undefined) return file;
  const { start, end, size } = block;
  if (start === 0 && end === size) return file;
  const head = headOf(url, size, settings);
  const order = fileOrder(url, head, settings);
  const isSame = order.every((field, i) => field === i);
  return { ...file, block: { ...block, head: isSame ? { ...head, names: undefined } : head } };
}

/** Settles what the first files decide: the delimiter, columns, and dtypes that are not given. */
function settle(
  api: string,
  files: readonly string[],
  draft: CsvDraft,
  schema: Schema,
  options: ReadCsvOptions,
): CsvSettings {
  const given = Object.keys(schema);
  const sample = sampleCsv(api, files, draft, sampleSize(api, options));
  if (sample === undefined) {
    const names = options.columns ?? given;
    const isUnknown = names.length === 0 || names.some((name) => !given.includes(name));
    const [url = ""] = files;
    if (isUnknown || draft.dialect.delimiter < 0) {
      const isEmpty = prefixOf(api, url, 1, draft)?.isWhole === true;
      throw isEmpty ? noRows(api, url) : noSample(api, url);
    }
  }
  const width = sample?.names?.length ?? sample?.rows[0]?.length ?? given.length;
  const names = sample?.names ?? columnNames(api, options, width);
  checkColumns(api, given, names, options);
  const rows = sample?.rows ?? [];
  const isGiven = names.every((name) => given.includes(name));
  const dtypes = isGiven ? [] : inferDTypes(rows, names.length, draft);
  const fields = names.map((name, i): Field => ({
    name,
    dtype: schema[name] ?? dtypes[i] ?? utf8,
  }));
  const inferred = names.filter((name) => !given.includes(name));
  return { ...draft, dialect: sample?.dialect ?? draft.dialect, fields, inferred };
}

/** Names of columns of files that do not tell them. */
function columnNames(api: string, options: ReadCsvOptions, width: number): readonly string[] {
  const { columns, header = true, schema } = options;
  if (columns === undefined) {
    const names = Object.keys(schema ?? {});
    if (header || names.length === width) return names;
    return Array.from({ length: width }, (_, i) => `column_${i + 1}`);
  }
  if (!Array.isArray(columns) || !columns.every((name) => typeof name === "string")) {
    throw invalidArgument(api, "bad columns", columns, "an array of names");
  }
  if (new Set(columns).size !== columns.length) {
    throw invalidArgument(api, "two columns of one name", columns, "names that differ");
  }
  if (columns.length === width || width === 0) return columns;
  throw invalidArgument(api, "bad columns", columns, `${width} names, as many as the rows have`);
}

function checkColumns(
  api: string,
  given: readonly string[],
  names: readonly string[],
  { columns, header = true, includePath }: ReadCsvOptions,
): void {
  if (columns !== undefined && header) {
    const remedy = "Pass header: false, and skipRows: 1 to leave a header out.";
    throw invalidArgument(
      api,
      "names from two places",
      "columns and a header",
      "one of them",
      remedy,
    );
  }
  if (includePath !== undefined && names.includes(includePath)) {
    throw invalidArgument(api, "includePath is a column", includePath, "a name that no column has");
  }
  const unknown = given.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const wanted = `one of ${names.join(", ")}`;
  throw fault("dataframe/unknown-column", api, "no such column", unknown, wanted);
}
