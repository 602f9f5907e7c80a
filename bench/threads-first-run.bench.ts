import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench, BenchRow } from "./bench.ts";
import { median, rowOf } from "./measure.ts";

/** `repeats` is how many processes are started. */
type Parameters = { readonly repeats: number };

type Phase = "import" | "build" | "first" | "again";
type Times = Record<Phase, number> & { readonly answer: string };

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
    const row = (name: string, runs: readonly Times[], phase: Phase): BenchRow =>
      rowOf(
        name,
        runs.map((run) => run[phase]),
        base,
      );
    const rows = [
      row("until millrace is imported", threads, "import"),
      row("then the first pipeline is built", threads, "build"),
      row("then its compute() on threads", threads, "first"),
      row("the same again", threads, "again"),
      row("the first compute() inline instead", inline, "first"),
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
