import type { BlockInput, RunOptions } from "@millrace/graph";
import { compute, quoteValue, taskFault } from "@millrace/graph";
import type { Compression } from "@millrace/storage";
import { StorageError, absoluteUrl, compressionOf, writeAll } from "@millrace/storage";
import { checkRunNames } from "../check.ts";
import type { BagError } from "../errors.ts";
import { dataFault, invalidArgument, notText } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, blockKeys, call, input, literal } from "../partitions.ts";

/**
 * How files are written; the rest are options of the run.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { WriteFilesOptions } from "@millrace/bag";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const folder = await mkdtemp(`${tmpdir()}/files-`);
 * const options: WriteFilesOptions = { compression: "gzip", overwrite: false };
 * const paths = await Bag.from(["a"]).toTextFiles(`${folder}/*.txt`, options);
 * paths.length; // => 1
 * ```
 */
export interface WriteFilesOptions extends RunOptions {
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
  /** Whether files that are there are replaced; default true. */
  readonly overwrite?: boolean;
}

/** How a verb writes elements as lines. */
type LinesOf = (block: readonly unknown[]) => Iterable<string>;

/**
 * Writes one file a partition, a line an element; gives the paths in the order of the partitions.
 */
export async function writeFiles(
  bag: Partitions,
  api: "toTextFiles" | "toJsonLines",
  pattern: string,
  options: WriteFilesOptions,
): Promise<string[]> {
  checkRunNames(api, options, ["compression", "overwrite"]);
  const { compression = "infer", overwrite = true, ...runOptions } = options;
  if (typeof overwrite !== "boolean") {
    throw invalidArgument(api, "bad overwrite", overwrite, "true or false");
  }
  const paths = pathsOf(api, pattern, bag.npartitions);
  compressionOf(pattern, compression);
  const inputs: readonly BlockInput[] = [
    { kind: "block", layer: bag.layer },
    { kind: "values", values: paths },
  ];
  const format = literal(api === "toTextFiles" ? textLines : jsonLines);
  const rest = [format, literal(compression), literal(overwrite)];
  const steps = call(writePartition, input(0), input(1), ...rest);
  const count = bag.npartitions;
  const written = addBlocks(bag.graph, "write", { inputs, steps, count });
  const outputKeys = blockKeys(written);
  const finalize = (parts: unknown[]): string[] => parts as string[];
  return compute({ graph: written.graph, outputKeys, finalize }, runOptions);
}

/** Names that sort in the order of the partitions. */
function pathsOf(api: string, pattern: string, count: number): string[] {
  const parts = typeof pattern === "string" ? pattern.split("*") : [];
  if (parts.length !== 2) {
    const remedy = "The partition number takes the place of the star.";
    throw invalidArgument(api, "bad pattern", pattern, "a path with one *", remedy);
  }
  const width = String(count - 1).length;
  // Absolute, so that a task in another working directory writes the same file.
  return Array.from({ length: count }, (_, i) =>
    absoluteUrl(parts.join(String(i).padStart(width, "0"))),
  );
}

async function writePartition(
  block: readonly unknown[],
  path: string,
  linesOf: LinesOf,
  compression: Compression,
  overwrite: boolean,
): Promise<string> {
  try {
    await writeAll(path, linesOf(block), { compression, overwrite });
  } catch (error) {
    throw error instanceof StorageError ? taskFault(error) : error;
  }
  return path;
}

function* textLines(block: readonly unknown[]): Generator<string> {
  for (const item of block) {
    if (typeof item !== "string") throw notText("toTextFiles", item);
    yield `${item}\n`;
  }
}

function* jsonLines(block: readonly unknown[]): Generator<string> {
  for (const item of block) {
    const text = jsonText(item);
    if (text === undefined) throw noJsonText(item);
    yield `${text}\n`;
  }
}

function jsonText(item: unknown): string | undefined {
  try {
    return JSON.stringify(item);
  } catch (error) {
    // Anything else comes from a `toJSON` or a getter of the program.
    const isOwn = error instanceof TypeError && /BigInt|circular structure/.test(error.message);
    throw isOwn ? noJsonText(item, { cause: error }) : error;
  }
}

function noJsonText(item: unknown, options?: ErrorOptions): BagError {
  return dataFault(
    "bag/not-json",
    `toJsonLines: an element has no JSON text, got ${quoteValue(item)}, wanted JSON values. ` +
      "Map to plain data first.",
    options,
  );
}
