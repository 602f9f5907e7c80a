import { declareExports } from "@millrace/closure/tasks";
import { quoteValue, registerErrors, taskFault } from "@millrace/graph/tasks";
import type { Compression, LineOptions } from "@millrace/storage";
import { StorageError, readLineBatches, writeAll } from "@millrace/storage";
import { BagError, dataFault, notText } from "../errors.ts";

registerErrors("storage", { StorageError });

/** A part of a file that one partition reads. */
export interface FilePart {
  readonly url: string;
  readonly offset?: number;
  readonly length?: number;
}

/** What a task needs to read a partition. */
export interface FileBlock {
  readonly parts: readonly FilePart[];
  readonly options: Pick<LineOptions, "compression" | "delimiter" | "encoding">;
}

/** The lines of a partition. */
export async function* openLines({ parts, options }: FileBlock): AsyncGenerator<readonly string[]> {
  for (const { url, ...bounds } of parts) yield* readLineBatches(url, { ...options, ...bounds });
}

/** The lines of a partition, each with the path of its file. */
export async function* openLinesWithPath({
  parts,
  options,
}: FileBlock): AsyncGenerator<readonly [string, string][]> {
  for (const { url, ...bounds } of parts) {
    for await (const lines of readLineBatches(url, { ...options, ...bounds })) {
      yield lines.map((line): [string, string] => [line, url]);
    }
  }
}

/** The JSON values of a partition. */
export async function* openJson({ parts, options }: FileBlock): AsyncGenerator<readonly unknown[]> {
  for (const { url, ...bounds } of parts) {
    let row = 0;
    for await (const lines of readLineBatches(url, { ...options, ...bounds })) {
      const values: unknown[] = [];
      for (const line of lines) {
        row++;
        if (line.trim() === "") continue;
        try {
          values.push(JSON.parse(line));
        } catch (error) {
          const before = await linesBefore(url, bounds.offset ?? 0, options);
          throw notJson(line, url, before + row, error);
        }
      }
      yield values;
    }
  }
}

/** How many lines begin before an offset: read only to say where a bad line is. */
async function linesBefore(
  url: string,
  offset: number,
  options: FileBlock["options"],
): Promise<number> {
  let count = 0;
  if (offset === 0) return count;
  for await (const lines of readLineBatches(url, { ...options, offset: 0, length: offset })) {
    count += lines.length;
  }
  return count;
}

function notJson(line: string, url: string, row: number, cause: unknown): BagError {
  const got = JSON.stringify(line.length > 60 ? `${line.slice(0, 57)}...` : line);
  return new BagError(
    "bag/not-json",
    `readJsonLines: line ${row} of ${url} is no JSON, got ${got}, wanted one JSON text a line. ` +
      "Repair the line, or read it with readText and parse it yourself.",
    { cause },
  );
}

/** The verbs that write. */
export type WriteVerb = "toTextFiles" | "toJsonLines";

/** Writes a partition to a file as a verb does; gives the path. */
export async function writePartition(
  block: readonly unknown[],
  path: string,
  api: WriteVerb,
  compression: Compression,
  overwrite: boolean,
): Promise<string> {
  const lines = api === "toTextFiles" ? textLines(block) : jsonLines(block);
  try {
    await writeAll(path, lines, { compression, overwrite });
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

declareExports(
  import.meta.url,
  { openLines, openLinesWithPath, openJson, writePartition },
  { package: "@millrace/bag" },
);
