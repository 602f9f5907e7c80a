import { closeSync, openSync, readSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readText } from "@millrace/bag";
import { writeAll } from "@millrace/storage";
import type { Bench } from "./bench.ts";
import { compareCases } from "./measure.ts";
import { wordText } from "./word-text.ts";

type Parameters = { readonly bytes: number; readonly repeats: number };

type Pair = readonly [word: string, count: number];

const CHUNK_BYTES = 64 * 1024;

/**
 * The naive loop asks the map twice a word, and lets strings of a big chunk grow old; the good
 * one asks once, counts in an object, and reads pieces that stay small enough for the young
 * generation.
 */
export const bench: Bench<Parameters> = {
  name: "bag-word-count",
  question: "What does counting words with a Bag cost on one thread, next to a hand-written loop?",
  parameters: {
    small: { bytes: 2_000_000, repeats: 3 },
    full: { bytes: 200_000_000, repeats: 5 },
  },
  run: async ({ bytes, repeats }) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
    const file = join(folder, "words.txt");
    try {
      await writeAll(file, wordText(bytes));
      const answers = new Set<string>();
      const rows = await compareCases(
        {
          "hand-written loop": () => answers.add(show(top(byHand(file)))),
          "naive loop": () => answers.add(show(top(naively(file)))),
          "Bag pipeline": async () => {
            const words = readText(file).flatMap((line) => line.split(" "));
            const best = words.frequencies().topk(10, ([, n]) => n);
            answers.add(show(await best.compute({ executor: "inline" })));
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

function byHand(file: string): Pair[] {
  const counts = new Map<string, { count: number }>();
  forEachLine(file, CHUNK_BYTES, (line) => {
    for (const word of line.split(" ")) {
      const entry = counts.get(word);
      if (entry === undefined) counts.set(word, { count: 1 });
      else entry.count++;
    }
  });
  return Array.from(counts, ([word, { count }]): Pair => [word, count]);
}

function naively(file: string): Pair[] {
  const counts = new Map<string, number>();
  forEachLine(file, 16 * CHUNK_BYTES, (line) => {
    for (const word of line.split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
  });
  return [...counts];
}

function forEachLine(file: string, chunkBytes: number, visit: (line: string) => void): void {
  const handle = openSync(file, "r");
  const buffer = Buffer.allocUnsafe(2 * chunkBytes);
  for (let filled = 0; ;) {
    const read = readSync(handle, buffer, filled, chunkBytes, null);
    if (read === 0) break;
    filled += read;
    const end = buffer.lastIndexOf(10, filled - 1) + 1;
    // Without the line end of the last line.
    for (const line of buffer.toString("latin1", 0, end - 1).split("\n")) visit(line);
    buffer.copyWithin(0, end, filled);
    filled -= end;
  }
  closeSync(handle);
}

function top(pairs: Pair[]): Pair[] {
  return pairs.sort(([, a], [, b]) => b - a).slice(0, 10);
}

/** Words that tie may come in another order: the counts alone, and the first word. */
function show(best: readonly Pair[]): string {
  return `${best[0]?.[0]}: ${best.map(([, n]) => n).join(" ")}`;
}
