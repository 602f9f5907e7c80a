import type { BlockInput } from "@millrace/graph";
import { LayeredGraph, parseBytes } from "@millrace/graph";
import type { Compression, LineEncoding, Patterns } from "@millrace/storage";
import { compressionOf, globSync, splitBlocks, statSync } from "@millrace/storage";
import { checkOptionNames, checkPartitions } from "../check.ts";
import { invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, input, stage } from "../partitions.ts";
import type { FileBlock, FilePart } from "../steps/files.ts";
import { openJson, openLines, openLinesWithPath } from "../steps/files.ts";

/**
 * How files become partitions and lines.
 *
 * @example
 * ```ts
 * import { readText } from "@millrace/bag";
 * import type { ReadTextOptions } from "@millrace/bag";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const file = `${await mkdtemp(`${tmpdir()}/lines-`)}/a.txt`;
 * await writeFile(file, "one;two;three");
 * const options: ReadTextOptions = { lineDelimiter: ";", blockSize: 4 };
 * const lines = readText(file, options);
 * lines.npartitions; // => 4
 * await lines.compute(); // => ["one", "two", "three"]
 * ```
 */
export interface ReadTextOptions {
  /**
   * Bytes of a partition, or a text such as "64MB" (the default); only uncompressed local files
   * are cut.
   */
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

const blockSizeDefault = "64MB";
const names = ["blockSize", "filesPerPartition", "compression", "encoding", "lineDelimiter"];

/** The lines of files. Files are listed and measured now, read when a task runs. */
export function readText(
  urls: Patterns,
  options: ReadTextOptions & { readonly includePath?: boolean },
): Partitions {
  checkOptionNames("readText", options, [...names, "includePath"]);
  const { includePath } = options;
  if (includePath !== undefined && typeof includePath !== "boolean") {
    throw invalidArgument("readText", "bad includePath", includePath, "true or false");
  }
  const open = includePath === true ? openLinesWithPath : openLines;
  return readBlocks("readText", urls, options, open);
}

/** The values of files that hold one JSON text a line; blank lines are left out. */
export function readJsonLines(urls: Patterns, options: ReadTextOptions): Partitions {
  checkOptionNames("readJsonLines", options, names);
  return readBlocks("readJsonLines", urls, options, openJson);
}

type Open = (block: FileBlock) => AsyncIterable<readonly unknown[]>;

function readBlocks(api: string, urls: Patterns, options: ReadTextOptions, open: Open): Partitions {
  if (typeof urls !== "string" && !(urls instanceof URL) && !Array.isArray(urls)) {
    throw invalidArgument(api, "no place to read", urls, "a path, a URL, or an array of them");
  }
  const files = globSync(urls);
  if (files.length === 0) {
    throw invalidArgument(api, "no files", "an empty list", "one path, glob or URL or more");
  }
  const lines = lineOptions(api, options);
  for (const file of files) compressionOf(file, lines.compression);
  const values = partitionsOf(api, files, options).map((parts): FileBlock => ({
    parts,
    options: lines,
  }));
  const inputs: readonly BlockInput[] = [{ kind: "values", values }, { kind: "index" }];
  const steps = stage([{ kind: "chunks", open }], input(0), input(1));
  const verb = api === "readText" ? "read-text" : "read-json-lines";
  const draft = { inputs, steps, count: checkPartitions(api, values.length) };
  return addBlocks(new LayeredGraph(), verb, draft, [open, files.map(versionOf)]);
}

const encodings: readonly unknown[] = ["utf8", "utf-8", "utf16le", "utf-16le", "latin1"];

function lineOptions(api: string, options: ReadTextOptions): FileBlock["options"] {
  const { compression = "infer", encoding = "utf8", lineDelimiter: delimiter } = options;
  if (!encodings.includes(encoding)) {
    throw invalidArgument(api, "bad encoding", encoding, "utf8, utf16le or latin1");
  }
  if (delimiter !== undefined && (typeof delimiter !== "string" || delimiter === "")) {
    throw invalidArgument(api, "bad lineDelimiter", delimiter, "one character or more");
  }
  return { compression, encoding, ...(delimiter === undefined ? {} : { delimiter }) };
}

/** A file that has changed gives its tasks other keys. */
function versionOf(file: string): unknown {
  if (/^https?:/i.test(file)) return file;
  const { size, modifiedMs } = statSync(file);
  return [file, size, modifiedMs];
}

function partitionsOf(
  api: string,
  files: readonly string[],
  options: ReadTextOptions,
): FilePart[][] {
  const { blockSize, filesPerPartition, compression = "infer" } = options;
  if (filesPerPartition !== undefined) {
    if (blockSize !== undefined) {
      const got = "blockSize and filesPerPartition";
      throw invalidArgument(api, "two ways to cut", got, "one of them");
    }
    const count = Math.ceil(
      files.length / checkPartitions(api, filesPerPartition, "filesPerPartition"),
    );
    return Array.from({ length: count }, (_, i) =>
      files.slice(i * filesPerPartition, (i + 1) * filesPerPartition).map((url) => ({ url })),
    );
  }
  const bytes = Math.floor(parseBytes(blockSize ?? blockSizeDefault));
  if (!(bytes >= 1)) throw invalidArgument(api, "bad blockSize", blockSize, "1 byte or more");
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
