import type { BlockInput, Step, TaskFunction } from "@millrace/graph";
import { LayeredGraph } from "@millrace/graph";
import type { Compression, LineEncoding, LineOptions, Patterns } from "@millrace/storage";
import {
  compressionOf,
  globSync,
  parseBytes,
  readLineBatches,
  splitBlocks,
  statSync,
} from "@millrace/storage";
import { BagError, invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, checkOptionNames, checkPartitions } from "../partitions.ts";
import type { SourceOp } from "../stage/ops.ts";
import { runStage } from "../stage/run-stage.ts";

/** How files become partitions and lines. */
export interface ReadOptions {
  /** Bytes of a partition, or a text such as "64MB" (the default); only uncompressed local files are cut. */
  readonly blockSize?: number | string;
  /** Whole files in a partition, this many, instead of blocks of files. */
  readonly filesPerPartition?: number;
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
  /** Default "utf8". */
  readonly encoding?: LineEncoding;
  /** What ends a line; default `\n`, with a `\r` before it. */
  readonly lineDelimiter?: string;
}

/** A part of a file that one partition reads. */
interface Part {
  readonly url: string;
  readonly offset?: number;
  readonly length?: number;
}

/** What a task needs to read a partition. */
interface Block {
  readonly parts: readonly Part[];
  readonly options: Pick<LineOptions, "compression" | "delimiter" | "encoding">;
}

type Chunks = Extract<SourceOp, { kind: "chunks" }>["open"];

const blockSizeDefault = "64MB";
const names = ["blockSize", "filesPerPartition", "compression", "encoding", "lineDelimiter"];

/** The lines of files. Files are listed and measured now, read when a task runs. */
export function readText(
  urls: Patterns,
  options: ReadOptions & { readonly includePath?: boolean },
): Partitions {
  checkOptionNames("readText", options, [...names, "includePath"]);
  const open = options.includePath === true ? openWithPath : openLines;
  return readBlocks("readText", urls, options, open as Chunks);
}

/** The values of files that hold one JSON text a line; blank lines are left out. */
export function readJsonLines(urls: Patterns, options: ReadOptions): Partitions {
  checkOptionNames("readJsonLines", options, names);
  return readBlocks("readJsonLines", urls, options, openJson as Chunks);
}

function readBlocks(api: string, urls: Patterns, options: ReadOptions, open: Chunks): Partitions {
  const { compression = "infer", encoding, lineDelimiter } = options;
  const files = globSync(urls);
  if (files.length === 0) {
    throw invalidArgument(api, "no files", "an empty list", "one path, glob or URL or more");
  }
  const lines = {
    compression,
    ...(encoding === undefined ? {} : { encoding }),
    ...(lineDelimiter === undefined ? {} : { delimiter: lineDelimiter }),
  };
  const blocks = partitionsOf(api, files, options).map((parts): Block => ({
    parts,
    options: lines,
  }));
  const op: SourceOp = { kind: "chunks", open };
  const inputs: BlockInput[] = [{ kind: "values", values: blocks }];
  const args = [
    { kind: "input", input: 0 },
    { kind: "literal", value: [op] },
  ] as const;
  const steps: Step[] = [{ fn: runStage as TaskFunction, args }];
  const verb = api === "readText" ? "read-text" : "read-json-lines";
  const draft = { inputs, steps, count: blocks.length };
  return addBlocks(new LayeredGraph(), verb, draft, [op, files.map(versionOf)]);
}

/** A file that has changed gives its tasks other keys. */
function versionOf(file: string): unknown {
  if (/^https?:/i.test(file)) return file;
  const { size, modifiedMs } = statSync(file);
  return [file, size, modifiedMs];
}

function partitionsOf(api: string, files: readonly string[], options: ReadOptions): Part[][] {
  const { blockSize, filesPerPartition, compression = "infer" } = options;
  if (filesPerPartition !== undefined) {
    if (blockSize !== undefined) {
      const got = "blockSize and filesPerPartition";
      throw invalidArgument(api, "two ways to cut", got, "one of them");
    }
    const count = Math.ceil(files.length / checkPartitions(api, filesPerPartition));
    return Array.from({ length: count }, (_, i) =>
      files.slice(i * filesPerPartition, (i + 1) * filesPerPartition).map((url) => ({ url })),
    );
  }
  const bytes = Math.floor(parseBytes(blockSize ?? blockSizeDefault));
  if (bytes < 1) throw invalidArgument(api, "bad blockSize", blockSize, "1 byte or more");
  return files.flatMap((url) => {
    if (/^https?:/i.test(url) || compressionOf(url, compression) !== "none") {
      if (blockSize === undefined) return [[{ url }]];
      const remedy = "Leave blockSize out, or use filesPerPartition.";
      const wanted = "uncompressed local files";
      throw invalidArgument(api, "blockSize cannot cut this file", url, wanted, remedy);
    }
    const { size } = statSync(url);
    const cuts = size === undefined ? [] : splitBlocks(size, bytes);
    return cuts.length === 0 ? [[{ url }]] : cuts.map((cut) => [{ url, ...cut }]);
  });
}

async function* openLines({ parts, options }: Block): AsyncGenerator<readonly string[]> {
  for (const { url, ...bounds } of parts) yield* readLineBatches(url, { ...options, ...bounds });
}

async function* openWithPath({
  parts,
  options,
}: Block): AsyncGenerator<readonly [string, string][]> {
  for (const { url, ...bounds } of parts) {
    for await (const lines of readLineBatches(url, { ...options, ...bounds })) {
      yield lines.map((line): [string, string] => [line, url]);
    }
  }
}

async function* openJson({ parts, options }: Block): AsyncGenerator<readonly unknown[]> {
  for (const { url, ...bounds } of parts) {
    let row = 0;
    for await (const lines of readLineBatches(url, { ...options, ...bounds })) {
      const values: unknown[] = [];
      for (const line of lines) {
        row++;
        if (line.trim() !== "") values.push(parseLine(line, url, row, bounds.offset ?? 0));
      }
      yield values;
    }
  }
}

function parseLine(line: string, url: string, row: number, offset: number): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    const where = offset === 0 ? `line ${row}` : `line ${row} behind byte ${offset}`;
    const got = JSON.stringify(line.length > 60 ? `${line.slice(0, 57)}...` : line);
    throw new BagError(
      "bag/not-json",
      `readJsonLines: ${where} of ${url} is no JSON, got ${got}, wanted one JSON text a line. ` +
        "Repair the line, or read it with readText and parse it yourself.",
      { cause: error },
    );
  }
}
