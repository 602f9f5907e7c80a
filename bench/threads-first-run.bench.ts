import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench, BenchRow } from "./bench.ts";
import { median } from "./measure.ts";

/** `repeats` is how many processes are started. */
type Parameters = { readonly repeats: number };

const cases = {
  import: "until `millrace` is imported",
  inline: "then the first compute, inline",
  threads: "then the first compute on threads",
  again: "and the second",
} as const;

/** Each repeat is a process of its own, which measures itself. The baseline is the import. */
export const bench: Bench<Parameters> = {
  name: "threads-first-run",
  question: "How long does a new process take to its first value from threads?",
  parameters: { small: { repeats: 1 }, full: { repeats: 15 } },
  run({ repeats }) {
    const program = join(import.meta.dirname, "first-run.mjs");
    const runs = Array.from({ length: repeats }, () => {
      const text = execFileSync(process.execPath, [program], { encoding: "utf8" });
      return JSON.parse(text) as Record<keyof typeof cases, number> & { answer: string };
    });
    const names = Object.keys(cases) as (keyof typeof cases)[];
    const base = median(runs.map((run) => run.import));
    const rows = names.map((name): BenchRow => {
      const times = runs.map((run) => run[name]);
      const medianMs = median(times);
      return {
        case: cases[name],
        medianMs,
        ratio: medianMs / base,
        fastestMs: Math.min(...times),
        slowestMs: Math.max(...times),
      };
    });
    return Promise.resolve({ rows, answer: runs[0]?.answer ?? "" });
  },
};
