import type { BlockInput, RunOptions, Step, TaskFunction } from "@millrace/graph";
import { compute } from "@millrace/graph";
import type { Compression } from "@millrace/storage";
import { compressionOf, writeAll } from "@millrace/storage";
import { BagError, invalidArgument, notText } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks } from "../partitions.ts";

/** How files are written; the rest goes to the run. */
export interface WriteOptions extends RunOptions {
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
  /** Whether files that are there are replaced; default true. */
  readonly overwrite?: boolean;
}

type Format = "text" | "json";

/** Writes one file a partition, a line an element; gives the paths in the order of the partitions. */
export async function writeFiles(
  bag: Partitions,
  api: string,
  pattern: string,
  format: Format,
  options: WriteOptions,
): Promise<string[]> {
  const { compression = "infer", overwrite = true, ...runOptions } = options;
  const paths = pathsOf(api, pattern, bag.npartitions);
  compressionOf(pattern, compression);
  const inputs: BlockInput[] = [
    { kind: "block", layer: bag.layer },
    { kind: "values", values: paths },
  ];
  const literals = [format, { compression, overwrite }].map(
    (value) => ({ kind: "literal", value }) as const,
  );
  const args: Step["args"] = [
    { kind: "input", input: 0 },
    { kind: "input", input: 1 },
    ...literals,
  ];
  const steps: Step[] = [{ fn: writePartition as TaskFunction, args }];
  const draft = { inputs, steps, count: bag.npartitions };
  const written = addBlocks(bag.graph, "write", draft, literals);
  const outputKeys = paths.map((_, i) => `${written.layer}/${i}`);
  await compute({ graph: written.graph, outputKeys, finalize: (parts) => parts }, runOptions);
  return paths;
}

/** Names that sort in the order of the partitions. */
function pathsOf(api: string, pattern: string, count: number): string[] {
  const parts = typeof pattern === "string" ? pattern.split("*") : [];
  if (parts.length !== 2) {
    const remedy = "The partition number takes the place of the star.";
    throw invalidArgument(api, "bad pattern", pattern, "a path with one *", remedy);
  }
  const width = String(count - 1).length;
  return Array.from({ length: count }, (_, i) => parts.join(String(i).padStart(width, "0")));
}

async function writePartition(
  block: readonly unknown[],
  path: string,
  format: Format,
  options: { readonly compression: Compression; readonly overwrite: boolean },
): Promise<string> {
  await writeAll(path, format === "text" ? textLines(block) : jsonLines(block), options);
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
    const text = JSON.stringify(item) as string | undefined;
    if (text === undefined) {
      throw new BagError(
        "bag/not-json",
        `toJsonLines: an element has no JSON text, got ${typeof item}, wanted JSON values. ` +
          "Map to plain data first.",
      );
    }
    yield `${text}\n`;
  }
}
