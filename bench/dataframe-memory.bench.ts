import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench, BenchRow } from "./bench.ts";
import { groupData } from "./dataframe-data.ts";

/** Blocks of several sizes, so that many and few of them are there at a time. */
type Parameters = {
  readonly rows: number;
  readonly blockSizes: readonly string[];
  readonly limitMiB: number;
};

/**
 * A process of its own reads a CSV file, leaves some rows out and writes Parquet files. `peakRatio`
 * is the most that the process took at any time over its limit.
 */
export const bench: Bench<Parameters> = {
  name: "dataframe-memory",
  question: "How much memory does a process take that turns a large CSV file into Parquet files?",
  parameters: {
    small: { rows: 20_000, blockSizes: ["200kB"], limitMiB: 512 },
    full: { rows: 10_000_000, blockSizes: ["4MB", "32MB"], limitMiB: 512 },
  },
  async run({ rows, blockSizes, limitMiB }) {
    const { csv } = await groupData(rows);
    const program = join(import.meta.dirname, "convert-files.mjs");
    const results = blockSizes.map((blockSize) => {
      const args = [program, csv, blockSize, String(limitMiB)];
      const text = execFileSync(process.execPath, args, { encoding: "utf8" });
      return JSON.parse(text) as BenchRow & { readonly answer: string };
    });
    const answer = [...new Set(results.map((result) => result.answer))].join(" or ");
    return { rows: results.map(({ answer: _, ...row }) => row), answer };
  },
};
