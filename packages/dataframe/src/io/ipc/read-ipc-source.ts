import { availableParallelism } from "node:os";
import { parseBytes } from "@millrace/graph";
import { tokenize } from "@millrace/graph/tokens";
import type { Patterns } from "@millrace/storage";
import type { ArrowField } from "../../arrow/arrow-type.ts";
import { dtypeOfArrow, fieldDType } from "../../arrow/arrow-type.ts";
import type { Field } from "../../dtype.ts";
import { dtypeText } from "../../dtype-traits.ts";
import { fault, invalidArgument } from "../../errors.ts";
import type { Source } from "../../plan/node.ts";
import { hasSyncReads } from "../bad-file.ts";
import { dataFiles, labelOf } from "../data-files.ts";
import type { FileVersion } from "../file-version.ts";
import type { IpcBatch, IpcContent, IpcDictionary } from "./ipc-file.ts";
import { readIpcContent } from "./ipc-file.ts";

/** How Arrow files become partitions. */
export interface ReadIpcOptions {
  /** The columns to read, in this order; default all. */
  readonly columns?: readonly string[];
  /** Bytes of a partition, as a number or as "64MB", the default; record batches are not cut. */
  readonly blockSize?: number | string;
}

/** One partition: record batches of one file. */
export interface IpcPart extends FileVersion {
  /** All columns of the file, as they lie there: each file numbers its dictionaries itself. */
  readonly columns: readonly ArrowField[];
  readonly batches: readonly IpcBatch[];
  readonly dictionaries: readonly IpcDictionary[];
}

/** What is the same for all partitions. */
export interface IpcReading {
  readonly fields: readonly Field[];
}

/** Arrow files or streams as a source; where their batches lie is looked up now. */
export function readIpcSource(api: string, urls: Patterns, options: ReadIpcOptions = {}): Source {
  for (const name of Object.keys(options)) {
    if (name === "columns" || name === "blockSize") continue;
    throw invalidArgument(api, "no such option", name, "one of columns, blockSize");
  }
  const files = dataFiles(api, urls, "arrow").map((file) => {
    if (hasSyncReads(file.url)) return { ...file, content: readIpcContent(file.url, file.size) };
    const what = "cannot look at this file without waiting";
    throw invalidArgument(api, what, file.url, "a local file", "Copy it to a disk before.");
  });
  const [first, ...others] = files as [(typeof files)[number], ...typeof files];
  const columns = first.content.fields;
  for (const { url, content } of others) checkSame(api, columns, content.fields, url);
  const fields = chosen(api, columns, options.columns);
  const target = partitionBytes(
    options,
    files.map(({ content }) => content),
  );
  const parts = files.flatMap(({ content, ...file }) => partsOf(file, content, target));
  const rows = parts.map(({ batches }) => batches.reduce((sum, batch) => sum + batch.rows, 0));
  const reading: IpcReading = { fields };
  const versions = files.map(({ url, size, modifiedMs }) => [url, size, modifiedMs]);
  const token = tokenize(["arrow", fields, versions, target]);
  const label = labelOf(urls);
  return { format: "arrow", fields, parts, options: reading, rows, label, token };
}

function chosen(
  api: string,
  columns: readonly ArrowField[],
  names: readonly string[] | undefined,
): readonly Field[] {
  const all = columns.map(({ name }) => name);
  const repeated = all.find((name, i) => all.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw invalidArgument(api, "two columns have one name", repeated, "names that differ");
  }
  return (names ?? all).map((name) => {
    const column = columns.find((one) => one.name === name);
    if (column !== undefined) return { name, dtype: fieldDType(api, column) };
    const wanted = `one of ${all.join(", ")}`;
    throw fault("dataframe/unknown-column", api, "no such column", name, wanted);
  });
}

/** All files must lay their columns out in the same way. */
function checkSame(
  api: string,
  wanted: readonly ArrowField[],
  got: readonly ArrowField[],
  url: string,
): void {
  wanted.forEach((column, i) => {
    const other = got[i];
    const isSame = other?.name === column.name && layoutKey(other) === layoutKey(column);
    if (isSame) return;
    const what = `column ${i} of ${JSON.stringify(url)} differs`;
    const remedy = "Read files of one schema at a time.";
    throw fault("dataframe/schema-mismatch", api, what, textOf(other), textOf(column), remedy);
  });
  if (got.length === wanted.length) return;
  const what = `${JSON.stringify(url)} has more columns`;
  const names = got.map(({ name }) => name);
  throw fault(
    "dataframe/schema-mismatch",
    api,
    what,
    names,
    wanted.map(({ name }) => name).join(", "),
  );
}

/** A layout without the numbers of dictionaries, which files choose as they like. */
function layoutKey({ type }: ArrowField): string {
  return JSON.stringify(type, (key, value: unknown) => (key === "id" ? 0 : value));
}

function textOf(column: ArrowField | undefined): string {
  if (column === undefined) return "no column";
  const dtype = dtypeOfArrow(column.type);
  return `${JSON.stringify(column.name)}: ${typeof dtype === "string" ? dtype : dtypeText(dtype)}`;
}

/** Partitions that each thread should get, so that none waits for the last. */
const PARTS_PER_THREAD = 4;

function partitionBytes({ blockSize }: ReadIpcOptions, contents: readonly IpcContent[]): number {
  if (blockSize !== undefined) return Math.max(1, parseBytes(blockSize));
  const total = contents.reduce((sum, { batches }) => {
    return sum + batches.reduce((bytes, { body }) => bytes + body, 0);
  }, 0);
  const perPart = Math.ceil(total / (PARTS_PER_THREAD * availableParallelism()));
  return Math.max(1, Math.min(parseBytes("64MB"), perPart));
}

/** Runs of record batches of about as many bytes; a file without any is one partition. */
function partsOf(file: FileVersion, content: IpcContent, target: number): IpcPart[] {
  const { fields: columns, batches, dictionaries } = content;
  const runs: IpcBatch[][] = [];
  let bytes = 0;
  for (const batch of batches) {
    const run = runs.at(-1);
    const isFull = run === undefined || bytes + batch.body / 2 > target;
    if (isFull) runs.push([batch]);
    else run.push(batch);
    bytes = isFull ? batch.body : bytes + batch.body;
  }
  if (runs.length === 0) runs.push([]);
  return runs.map((run) => ({
    ...file,
    columns,
    batches: run,
    dictionaries: dictionaries.slice(0, run.at(-1)?.dictionaries ?? 0),
  }));
}
