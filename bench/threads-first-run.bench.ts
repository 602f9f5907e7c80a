import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench, BenchRow } from "./bench.ts";
import { median } from "./measure.ts";

/** `repeats` is how many processes are started. */
type Parameters = { readonly repeats: number };

type Times = Record<"import" | "build" | "first" | "again", number> & { readonly answer: string };

/** Each repeat is two processes of their own, which measure themselves. Baseline: the import. */
export const bench: Bench<Parameters> = {
  name: "threads-first-run",
  question: "How long does a new process take to its first value from threads?",
  parameters: { small: { repeats: 1 }, full: { repeats: 15 } },
  run({ repeats }) {
    const threads: Times[] = [];
    const inline: Times[] = [];
    for (let i = 0; i < repeats; i++) {
      threads.push(runWith("threads"));
      inline.push(runWith("inline"));
    }
    const base = median(threads.map((times) => times.import));
    const row = (name: string, times: readonly number[]): BenchRow => ({
      case: name,
      medianMs: median(times),
      ratio: median(times) / base,
      fastestMs: Math.min(...times),
      slowestMs: Math.max(...times),
    });
    const rows = [
      row(
        "until millrace is imported",
        threads.map((times) => times.import),
      ),
      row(
        "then the first pipeline is built",
        threads.map((times) => times.build),
      ),
      row(
        "then its compute() on threads",
        threads.map((times) => times.first),
      ),
      row(
        "the same again",
        threads.map((times) => times.again),
      ),
      row(
        "the first compute() inline instead",
        inline.map((times) => times.first),
      ),
    ];
    return Promise.resolve({ rows, answer: threads[0]?.answer ?? "" });
  },
};

function runWith(executor: string): Times {
  const program = join(import.meta.dirname, "first-run.mjs");
  return JSON.parse(
    execFileSync(process.execPath, [program, executor], { encoding: "utf8" }),
  ) as Times;
}
