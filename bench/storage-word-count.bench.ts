import { closeSync, openSync, readSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLineBatches, splitBlocks, writeAll } from "@millrace/storage";
import type { Bench } from "./bench.ts";
import { compareCases } from "./measure.ts";
import { wordText } from "./word-text.ts";

type Parameters = { readonly bytes: number; readonly blockBytes: number; readonly repeats: number };

type Counts = Map<string, { count: number }>;

const TEXT_BYTES = 64 * 1024;

/** The reading of `storage-lines` beside work of the usual kind: what is left of its cost. */
export const bench: Bench<Parameters> = {
  name: "storage-word-count",
  question: "What does reading lines by storage cost a word count, next to a hand-written loop?",
  parameters: {
    small: { bytes: 1_000_000, blockBytes: 250_000, repeats: 3 },
    full: { bytes: 200_000_000, blockBytes: 64_000_000, repeats: 5 },
  },
  run: async ({ bytes, blockBytes, repeats }) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
    const file = join(folder, "words.txt");
    try {
      const blocks = splitBlocks(await writeAll(file, wordText(bytes)), blockBytes);
      const answers = new Set<string>();
      const rows = await compareCases(
        {
          "by hand": () => answers.add(top(byHand(file))),
          "readLineBatches, in blocks": async () => {
            const counts: Counts = new Map();
            for (const block of blocks) {
              for await (const lines of readLineBatches(file, block)) countAll(counts, lines);
            }
            answers.add(top(counts));
          },
        },
        { repeats },
      );
      if (answers.size !== 1) throw new Error(`the ways disagree: ${[...answers].join(" | ")}`);
      return { rows, answer: [...answers].join() };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

function byHand(file: string): Counts {
  const counts: Counts = new Map();
  const handle = openSync(file, "r");
  const buffer = Buffer.allocUnsafe(2 * TEXT_BYTES);
  for (let filled = 0; ;) {
    const read = readSync(handle, buffer, filled, TEXT_BYTES, null);
    if (read === 0) break;
    filled += read;
    const end = buffer.lastIndexOf(10, filled - 1) + 1;
    const lines = buffer.toString("latin1", 0, end).split("\n");
    lines.pop();
    countAll(counts, lines);
    buffer.copyWithin(0, end, filled);
    filled -= end;
  }
  closeSync(handle);
  return counts;
}

function countAll(counts: Counts, lines: readonly string[]): void {
  for (const line of lines) {
    for (const word of line.split(" ")) {
      const entry = counts.get(word);
      if (entry === undefined) counts.set(word, { count: 1 });
      else entry.count++;
    }
  }
}

function top(counts: Counts): string {
  const ordered = [...counts].toSorted(([a, m], [b, n]) => n.count - m.count || (a < b ? -1 : 1));
  const first = ordered.slice(0, 3).map(([word, { count }]) => `${word} ${count}`);
  return `${counts.size} words; ${first.join(", ")}`;
}
