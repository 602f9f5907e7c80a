import { once } from "node:events";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readLineBatches, readLines, splitBlocks, writeAll } from "@millrace/storage";
import type { Bench } from "./bench.ts";
import { compareCases } from "./measure.ts";
import { wordText } from "./word-text.ts";

type Parameters = { readonly bytes: number; readonly blockBytes: number; readonly repeats: number };

const TEXT_BYTES = 64 * 1024;

/**
 * Counts the characters of lines, which costs next to nothing, so that the reading is what is
 * measured. The baseline is the best loop that we could write by hand for one local ASCII file.
 */
export const bench: Bench<Parameters> = {
  name: "storage-lines",
  question: "What does it cost to read a text line by line, next to a good hand-written loop?",
  parameters: {
    small: { bytes: 2_000_000, blockBytes: 500_000, repeats: 3 },
    full: { bytes: 200_000_000, blockBytes: 64_000_000, repeats: 5 },
  },
  run: async ({ bytes, blockBytes, repeats }) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
    const file = join(folder, "words.txt");
    try {
      const size = await writeAll(file, wordText(bytes));
      const blocks = splitBlocks(size, blockBytes);
      const counts = new Map<string, number>();
      const cases: Record<string, () => Promise<number> | number> = {
        "by hand: 64 KiB texts, split": () => byHand(file, TEXT_BYTES),
        "by hand: 1 MiB texts, split": () => byHand(file, 1024 * 1024),
        "by hand: a slice a line": () => byHandPerLine(file),
        "by hand: whole file, split": async () => total((await readFile(file, "utf8")).split("\n")),
        "node:readline": () => byReadline(file),
        "readLineBatches, whole": () => inBatches(file, {}),
        "readLineBatches, in blocks": async () => {
          let count = 0;
          for (const block of blocks) count += await inBatches(file, block);
          return count;
        },
        "readLines, in blocks": async () => {
          let count = 0;
          for (const block of blocks) count += total(await readLines(file, block));
          return count;
        },
      };
      const rows = await compareCases(
        Object.fromEntries(
          Object.entries(cases).map(([name, run]) => [
            name,
            async () => void counts.set(name, await run()),
          ]),
        ),
        { repeats },
      );
      return { rows, answer: answerOf(counts) };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function inBatches(file: string, options: object): Promise<number> {
  let count = 0;
  for await (const lines of readLineBatches(file, options)) count += total(lines);
  return count;
}

function total(lines: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < lines.length; index++) count += lines[index]?.length ?? 0;
  return count;
}

function byHand(file: string, textBytes: number): number {
  const handle = openSync(file, "r");
  const buffer = Buffer.allocUnsafe(2 * textBytes);
  let [count, filled] = [0, 0];
  for (;;) {
    const read = readSync(handle, buffer, filled, textBytes, null);
    filled += read;
    if (read === 0) break;
    const end = buffer.lastIndexOf(10, filled - 1) + 1;
    const lines = buffer.toString("latin1", 0, end).split("\n");
    lines.pop();
    count += total(lines);
    buffer.copyWithin(0, end, filled);
    filled -= end;
  }
  closeSync(handle);
  return count + filled;
}

function byHandPerLine(file: string): number {
  const handle = openSync(file, "r");
  const buffer = Buffer.allocUnsafe(2 * TEXT_BYTES);
  let [count, filled] = [0, 0];
  for (;;) {
    const read = readSync(handle, buffer, filled, TEXT_BYTES, null);
    filled += read;
    if (read === 0) break;
    let from = 0;
    for (let at = buffer.indexOf(10); at !== -1 && at < filled; at = buffer.indexOf(10, from)) {
      count += buffer.toString("latin1", from, at).length;
      from = at + 1;
    }
    buffer.copyWithin(0, from, filled);
    filled -= from;
  }
  closeSync(handle);
  return count + filled;
}

async function byReadline(file: string): Promise<number> {
  let count = 0;
  const lines = createInterface({ input: createReadStream(file) });
  lines.on("line", (line) => (count += line.length));
  await once(lines, "close");
  return count;
}

/** What all ways agree on. */
function answerOf(counts: ReadonlyMap<string, number>): string {
  const answers = new Set(counts.values());
  if (answers.size !== 1) throw new Error(`the ways disagree: ${JSON.stringify([...counts])}`);
  return `${[...answers].join()} characters`;
}
