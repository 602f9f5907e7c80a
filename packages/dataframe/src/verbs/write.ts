import type { BlockInput, RunOptions, TaskFunction } from "@millrace/graph";
import { compute } from "@millrace/graph";
import { absoluteUrl, remove } from "@millrace/storage";
import { invalidArgument } from "../errors.ts";
import type { WriteCsvOptions } from "../io/csv/write-csv-options.ts";
import { writeCsvNames, writeCsvSettings } from "../io/csv/write-csv-options.ts";
import { writeCsvPart } from "../io/csv/write-csv-part.ts";
import type { WriteIpcOptions } from "../io/ipc/write-ipc-part.ts";
import { writeIpcNames, writeIpcPart, writeIpcSettings } from "../io/ipc/write-ipc-part.ts";
import type { WriteJsonLinesOptions } from "../io/json-lines/json-lines-options.ts";
import {
  writeJsonLinesNames,
  writeJsonLinesSettings,
} from "../io/json-lines/json-lines-options.ts";
import { writeJsonLinesPart } from "../io/json-lines/write-json-lines-part.ts";
import type { WriteParquetOptions } from "../io/parquet/write-parquet-part.ts";
import {
  writeParquetNames,
  writeParquetPart,
  writeParquetSettings,
} from "../io/parquet/write-parquet-part.ts";
import type { WriteMode } from "../io/write-mode.ts";
import { planWrite } from "../io/write-mode.ts";
import { addBlocks, call, input, literal, partitionKeys } from "../lower/partitions.ts";
import type { Physical } from "../lower/physical.ts";
import type { PlanNode } from "../plan/node.ts";
import { nodesOfPlan } from "../plan/walk.ts";
import { splitOptions } from "./check.ts";

/**
 * Options that all writers have, beside those of the run.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 * import type { WriteFrameOptions } from "@millrace/dataframe";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const folder = await mkdtemp(`${tmpdir()}/written-`);
 * const options: WriteFrameOptions = { mode: "append" };
 * const rows = DataFrame.fromRows([{ n: 1 }]);
 * const first = await rows.toCsv(`${folder}/*.csv`, options);
 * const second = await rows.toCsv(`${folder}/*.csv`, options);
 * [...first, ...second].map((path) => path.slice(-5)); // => ["0.csv", "1.csv"]
 * ```
 */
export interface WriteFrameOptions extends RunOptions {
  /** What happens to files that are there; default "replace". */
  readonly mode?: WriteMode;
}

/** Options of `toCsv`. */
export type ToCsvOptions = WriteCsvOptions & WriteFrameOptions;

/** Options of `toJsonLines`. */
export type ToJsonLinesOptions = WriteJsonLinesOptions & WriteFrameOptions;

/** Options of `toArrow`. */
export type ToArrowOptions = WriteIpcOptions & WriteFrameOptions;

/** Options of `toParquet`. */
export type ToParquetOptions = WriteParquetOptions & WriteFrameOptions;

/** Writes one CSV file a partition. */
export async function toCsv(
  physical: Physical,
  pattern: string,
  options: ToCsvOptions,
): Promise<string[]> {
  const { own, run } = splitOptions("toCsv", options, [...writeCsvNames, "mode"]);
  const { mode, ...rest } = own;
  const settings = writeCsvSettings("toCsv", rest, physical.plan.fields);
  return write("toCsv", physical, pattern, { fn: writeCsvPart, args: [settings] }, mode, run);
}

/** Writes one file a partition, a JSON object a row. */
export async function toJsonLines(
  physical: Physical,
  pattern: string,
  options: ToJsonLinesOptions,
): Promise<string[]> {
  const api = "toJsonLines";
  const { own, run } = splitOptions(api, options, [...writeJsonLinesNames, "mode"]);
  const { mode, ...rest } = own;
  const settings = writeJsonLinesSettings(api, rest);
  return write(api, physical, pattern, { fn: writeJsonLinesPart, args: [settings] }, mode, run);
}

/** Writes one Parquet file a partition. */
export async function toParquet(
  physical: Physical,
  pattern: string,
  options: ToParquetOptions,
): Promise<string[]> {
  const api = "toParquet";
  const { own, run } = splitOptions(api, options, [...writeParquetNames, "mode"]);
  const { mode, ...rest } = own;
  const settings = writeParquetSettings(api, rest);
  const { fields } = physical.plan;
  if (fields.length === 0) {
    const remedy = "Parquet would lose the number of rows; toArrow and toJsonLines keep it.";
    throw invalidArgument(api, "no columns", fields, "one column or more", remedy);
  }
  return write(
    api,
    physical,
    pattern,
    { fn: writeParquetPart, args: [fields, settings] },
    mode,
    run,
  );
}

/** Writes one Arrow IPC file a partition. */
export async function toArrow(
  physical: Physical,
  pattern: string,
  options: ToArrowOptions,
): Promise<string[]> {
  const api = "toArrow";
  const { own, run } = splitOptions(api, options, [...writeIpcNames, "mode"]);
  const { mode, ...rest } = own;
  const { fields } = physical.plan;
  const args = [fields, writeIpcSettings(api, rest)];
  return write(api, physical, pattern, { fn: writeIpcPart, args }, mode, run);
}

/** Refuses to replace files that the frame reads: tasks that come later would find other rows. */
function checkNotRead(api: string, plan: PlanNode, paths: readonly string[]): void {
  const read = new Set<string>();
  for (const node of nodesOfPlan(plan)) {
    if (node.kind !== "scan") continue;
    for (const part of node.source.parts) for (const url of urlsOf(part)) read.add(url);
  }
  const clash = paths.find((path) => read.has(absoluteUrl(path)));
  if (clash === undefined) return;
  const remedy = "Write to another folder, or persist() the frame first.";
  throw invalidArgument(api, "the frame reads a file of this name", clash, "other files", remedy);
}

/** The files of a partition of a source; those of text formats may be several. */
function urlsOf(part: unknown): readonly string[] {
  const { url, files = [] } = part as {
    readonly url?: string;
    readonly files?: readonly { readonly url: string }[];
  };
  return url === undefined ? files.map((file) => absoluteUrl(file.url)) : [absoluteUrl(url)];
}

/**
 * Writes one file a partition with a step that gets a block, a path and `args`; gives the paths in
 * the order of the partitions.
 */
async function write(
  api: string,
  { plan, partitions }: Physical,
  pattern: string,
  { fn, args }: { readonly fn: TaskFunction; readonly args: readonly unknown[] },
  mode: WriteMode | undefined,
  run: RunOptions,
): Promise<string[]> {
  const { paths, stale } = planWrite(api, pattern, partitions.npartitions, mode ?? "replace");
  checkNotRead(api, plan, paths);
  const inputs: readonly BlockInput[] = [
    { kind: "block", layer: partitions.layer },
    { kind: "values", values: paths },
  ];
  const steps = [call(fn, input(0), input(1), ...args.map(literal))];
  // A run of its own each time: writing is not a value that could be had again.
  const context = { token: `${plan.token}-${crypto.randomUUID()}`, annotations: undefined };
  const draft = { inputs, steps, count: partitions.npartitions };
  const written = addBlocks(partitions.graph, "write", context, draft);
  const finalize = (parts: unknown[]): string[] => parts as string[];
  const outputKeys = partitionKeys(written);
  const files = await compute({ graph: written.graph, outputKeys, finalize }, run);
  for (const file of stale) await remove(file);
  return files;
}
