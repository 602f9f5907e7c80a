import { availableParallelism } from "node:os";
import { parseBytes } from "@millrace/graph";
import { tokenize } from "@millrace/graph/tokens";
import type { Patterns } from "@millrace/storage";
import { fieldDType } from "../../arrow/arrow-type.ts";
import type { DType, Field, Schema } from "../../dtype.ts";
import { checkDType } from "../../dtype.ts";
import { dtypeText, isText, sameDType } from "../../dtype-traits.ts";
import { fault, invalidArgument } from "../../errors.ts";
import type { Scalar } from "../../expr/typed.ts";
import type { Source } from "../../plan/node.ts";
import { hasSyncReads } from "../bad-file.ts";
import { dataFiles, labelOf } from "../data-files.ts";
import type { FileVersion } from "../file-version.ts";
import { arrowNames } from "./arrow-names.ts";
import type { ParquetFooter } from "./footer.ts";
import { hiveColumns } from "./hive.ts";
import { readFooterSync } from "./open-parquet.ts";

/** How Parquet files become partitions. */
export interface ReadParquetOptions {
  /** The columns to read, in this order; default all. */
  readonly columns?: readonly string[];
  /**
   * What the columns are. Needed for http, where nothing is looked at before a task runs; for other
   * files it is checked, and says what the columns are that folders name.
   */
  readonly schema?: Schema;
  /** Bytes of a partition, decompressed, as a number or as "64MB", the default. */
  readonly blockSize?: number | string;
  /** Row groups of a partition, instead of `blockSize`. */
  readonly rowGroupsPerPartition?: number;
}

/** One partition: row groups of one file. */
export interface ParquetPart extends FileVersion {
  /** Numbers of the row groups; undefined: all that the file turns out to have. */
  readonly groups: readonly number[] | undefined;
  /** Values of the columns that folders name. */
  readonly hive: readonly Scalar[];
}

/** What is the same for all partitions. */
export interface ParquetReading {
  readonly fields: readonly Field[];
  readonly hive: readonly string[];
}

const optionNames = ["columns", "schema", "blockSize", "rowGroupsPerPartition"];

/** Files, folders or globs of Parquet as a source; the footers of files are read now. */
export function readParquetSource(
  api: string,
  urls: Patterns,
  options: ReadParquetOptions = {},
): Source {
  checkOptions(api, options);
  const files = dataFiles(api, urls, "parquet");
  const schema = options.schema && checkedSchema(api, options.schema);
  const hive = hiveColumns(
    api,
    files.map(({ url }) => url),
    schema,
  );
  const footers = files.map((file) => (hasSyncReads(file.url) ? readFooterSync(file) : undefined));
  const own = fileFields(api, files, footers, options.columns, schema);
  const names = new Set(own.map(({ name }) => name));
  const hiveFields = hive.fields.filter(({ name }) => !names.has(name));
  const others = footers[0]?.columns.map(({ name }) => name) ?? [];
  const fields = chosen(api, [...own, ...hiveFields], options.columns, others);
  const target = partitionBytes(options, footers);
  const parts = files.flatMap((file, i): ParquetPart[] => {
    const values = hiveFields.map(({ name }) => {
      const at = hive.fields.findIndex((field) => field.name === name);
      return hive.values[i]?.[at] ?? null;
    });
    const groups = groupsOf(footers[i], target, options.rowGroupsPerPartition);
    return groups.map((some) => ({ ...file, groups: some, hive: values }));
  });
  const rows = footers.every((footer) => footer !== undefined)
    ? parts.map((part) => rowsOf(footers[files.findIndex(({ url }) => url === part.url)], part))
    : undefined;
  const reading: ParquetReading = { fields, hive: hiveFields.map(({ name }) => name) };
  const token = tokenize(["parquet", reading, parts]);
  return { format: "parquet", fields, parts, options: reading, rows, label: labelOf(urls), token };
}

function checkOptions(api: string, options: ReadParquetOptions): void {
  for (const name of Object.keys(options)) {
    if (optionNames.includes(name)) continue;
    throw invalidArgument(api, "no such option", name, `one of ${optionNames.join(", ")}`);
  }
  const { blockSize, rowGroupsPerPartition: count } = options;
  if (count === undefined) return;
  if (!(Number.isSafeInteger(count) && count >= 1)) {
    throw invalidArgument(api, "bad rowGroupsPerPartition", count, "a whole number of 1 or more");
  }
  if (blockSize !== undefined) {
    const got = "blockSize and rowGroupsPerPartition";
    throw invalidArgument(api, "two ways to cut", got, "one of them");
  }
}

function checkedSchema(api: string, schema: Schema): Schema {
  const checked = Object.entries(schema).map(([name, dtype]) => [name, checkDType(api, dtype)]);
  return Object.fromEntries(checked) as Schema;
}

/** Columns of the first file; all others must have the same. */
function fileFields(
  api: string,
  files: readonly FileVersion[],
  footers: readonly (ParquetFooter | undefined)[],
  columns: readonly string[] | undefined,
  schema: Schema | undefined,
): readonly Field[] {
  const known = files.flatMap(({ url }, i) => {
    const footer = footers[i];
    return footer === undefined ? [] : [{ url, fields: footerFields(api, footer, columns) }];
  });
  const [first, ...others] = known;
  const written = schema && Object.entries(schema).map(([name, dtype]) => ({ name, dtype }));
  if (first === undefined) {
    if (written !== undefined) return written;
    const remedy = "Say with `schema` what the columns are, or copy the files to a disk.";
    const wanted = "local files, or a schema";
    throw invalidArgument(
      api,
      "cannot look at these files without waiting",
      files[0]?.url,
      wanted,
      remedy,
    );
  }
  for (const other of others) {
    checkHas(api, first.fields, other.fields, other.url);
    checkNoOther(api, first.fields, other.fields, other.url);
  }
  for (const { name, dtype } of written ?? []) {
    const found = first.fields.find((field) => field.name === name);
    if (found !== undefined) checkHas(api, [{ name, dtype }], [found], first.url);
  }
  return first.fields;
}

/** What a file holds of the columns asked for; a column that is not read may be of any type. */
function footerFields(
  api: string,
  footer: ParquetFooter,
  columns: readonly string[] | undefined,
): readonly Field[] {
  const named = arrowNames(footer);
  return footer.columns
    .filter(({ name }) => columns?.includes(name) ?? true)
    .map((column) => ({ name: column.name, dtype: named(column, fieldDType(api, column)) }));
}

function checkHas(api: string, wanted: readonly Field[], got: readonly Field[], url: string): void {
  const dtypes = new Map(got.map(({ name, dtype }) => [name, dtype]));
  for (const { name, dtype } of wanted) {
    const found = dtypes.get(name);
    if (found !== undefined && isAlike(dtype, found)) continue;
    const what = `column ${JSON.stringify(name)} of ${JSON.stringify(url)} differs`;
    const text = found === undefined ? "no such column" : dtypeText(found);
    const remedy = "Read files of one schema at a time, or name the columns that all have.";
    throw fault("dataframe/schema-mismatch", api, what, text, dtypeText(dtype), remedy);
  }
}

function checkNoOther(
  api: string,
  wanted: readonly Field[],
  got: readonly Field[],
  url: string,
): void {
  const extra = got.find(({ name }) => !wanted.some((field) => field.name === name));
  if (extra === undefined) return;
  const what = `${JSON.stringify(url)} has a column that other files do not have`;
  const names = wanted.map(({ name }) => name).join(", ");
  const remedy = "Name the columns that all have with `columns`.";
  throw fault("dataframe/schema-mismatch", api, what, extra.name, names, remedy);
}

function isAlike(a: DType, b: DType): boolean {
  return sameDType(a, b) || (isText(a) && isText(b));
}

function chosen(
  api: string,
  fields: readonly Field[],
  columns: readonly string[] | undefined,
  others: readonly string[],
): readonly Field[] {
  const repeated = fields.find(({ name }, i) => fields.findIndex((f) => f.name === name) !== i);
  if (repeated !== undefined) {
    throw invalidArgument(api, "two columns have one name", repeated.name, "names that differ");
  }
  return (columns ?? fields.map(({ name }) => name)).map((name) => {
    const field = fields.find((one) => one.name === name);
    if (field !== undefined) return field;
    const names = new Set([...others, ...fields.map((one) => one.name)]);
    const wanted = `one of ${[...names].join(", ")}`;
    throw fault("dataframe/unknown-column", api, "no such column", name, wanted);
  });
}

/** Partitions that each thread should get, so that none waits for the last. */
const PARTS_PER_THREAD = 4;

/** Bytes of a partition: as asked, or less where threads would have nothing to do. */
function partitionBytes(
  { blockSize }: ReadParquetOptions,
  footers: readonly (ParquetFooter | undefined)[],
): number {
  if (blockSize !== undefined) return Math.max(1, parseBytes(blockSize));
  const total = footers.reduce((sum, footer) => {
    return sum + (footer?.rowGroups ?? []).reduce((bytes, group) => bytes + groupBytes(group), 0);
  }, 0);
  return Math.max(
    1,
    Math.min(parseBytes("64MB"), Math.ceil(total / (PARTS_PER_THREAD * availableParallelism()))),
  );
}

function groupBytes({ chunks }: ParquetFooter["rowGroups"][number]): number {
  return chunks.reduce((sum, { sizeDecompressed }) => sum + sizeDecompressed, 0);
}

/** Runs of row groups of about as many bytes; a file without rows is a partition without. */
function groupsOf(
  footer: ParquetFooter | undefined,
  target: number,
  count: number | undefined,
): readonly (readonly number[] | undefined)[] {
  if (footer === undefined) return [undefined];
  const runs: number[][] = [];
  let bytes = 0;
  footer.rowGroups.forEach((group, i) => {
    const size = groupBytes(group);
    const run = runs.at(-1);
    const isFull =
      run === undefined || (count === undefined ? bytes + size / 2 > target : run.length === count);
    if (isFull) runs.push([i]);
    else run.push(i);
    bytes = isFull ? size : bytes + size;
  });
  return runs.length === 0 ? [[]] : runs;
}

function rowsOf(footer: ParquetFooter | undefined, { groups }: ParquetPart): number {
  return (groups ?? []).reduce((sum, i) => sum + (footer?.rowGroups[i]?.rows ?? 0), 0);
}
