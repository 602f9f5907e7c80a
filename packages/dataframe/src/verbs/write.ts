import type { BlockInput, Collection, RunOptions, TaskFunction } from "@millrace/graph";
import { CallSite, compute } from "@millrace/graph";
import { absoluteUrl, remove, stageFiles } from "@millrace/storage";
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
import type { Partitions } from "../lower/partitions.ts";
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

/**
 * Refuses to replace files that the frame reads where each is replaced as soon as it is written:
 * tasks that come later would find other rows.
 */
function checkNotRead(api: string, plan: PlanNode, inPlace: readonly string[]): void {
  if (inPlace.length === 0) return;
  const read = new Set<string>();
  for (const node of nodesOfPlan(plan)) {
    if (node.kind !== "scan") continue;
    for (const part of node.source.parts) for (const url of urlsOf(part)) read.add(url);
  }
  const clash = inPlace.find((path) => read.has(path));
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
 * the order of the partitions. Files take their names when all of them are written.
 */
async function write(
  api: string,
  { plan, partitions }: Physical,
  pattern: string,
  step: { readonly fn: TaskFunction; readonly args: readonly unknown[] },
  mode: WriteMode = "replace",
  run: RunOptions,
): Promise<string[]> {
  const site = new CallSite(write);
  const { paths, stale } = planWrite(api, pattern, partitions.npartitions, mode);
  const overwrite = mode === "replace" || mode === "overwrite";
  try {
    const stage = await stageFiles(paths, { overwrite });
    try {
      const inPlace = stage.urls.filter((url, i) => url === paths[i]);
      checkNotRead(api, plan, inPlace);
      await compute(writing(plan, partitions, stage.urls, step), run);
      await stage.commit();
    } catch (error) {
      // What went wrong first is the news; what stays is hidden, and never globbed.
      await stage.discard().catch(() => undefined);
      throw error;
    }
    for (const file of stale) await remove(file);
  } catch (error) {
    throw site.tell(error);
  }
  return [...paths];
}

/** What writes each partition to one of `urls`. */
function writing(
  plan: PlanNode,
  partitions: Partitions,
  urls: readonly string[],
  { fn, args }: { readonly fn: TaskFunction; readonly args: readonly unknown[] },
): Collection<void> {
  const inputs: readonly BlockInput[] = [
    { kind: "block", layer: partitions.layer },
    { kind: "values", values: urls },
  ];
  const steps = [call(fn, input(0), input(1), ...args.map(literal))];
  // A run of its own each time: writing is not a value that could be had again.
  const context = { token: `${plan.token}-${crypto.randomUUID()}`, annotations: undefined };
  const draft = { inputs, steps, count: partitions.npartitions };
  const written = addBlocks(partitions.graph, "write", context, draft);
  return {
    graph: written.graph,
    outputKeys: partitionKeys(written),
    finalize: () => undefined,
  };
}
