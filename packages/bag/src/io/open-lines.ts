import type { LineOptions } from "@millrace/storage";
import { readLineBatches } from "@millrace/storage";
import { BagError } from "../errors.ts";

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
