import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench, BenchRow } from "./bench.ts";
import { median, rowOf } from "./measure.ts";

/** `repeats` is how many clusters are started, one after the other. */
type Parameters = { readonly repeats: number };

type Phase = "import" | "start" | "connect" | "first" | "whole";
type Times = Record<Phase, number> & { readonly answer: number };

/** Each repeat is a process of its own, which measures itself. Baseline: the import. */
export const bench: Bench<Parameters> = {
  name: "cluster-start",
  question: "How long does a new process take to the first value from a cluster of two processes?",
  parameters: { small: { repeats: 1 }, full: { repeats: 15 } },
  run({ repeats }) {
    const runs = Array.from({ length: repeats }, started);
    const base = median(runs.map((times) => times.import));
    const row = (name: string, phase: Phase): BenchRow =>
      rowOf(
        name,
        runs.map((run) => run[phase]),
        base,
      );
    const rows = [
      row("until @millrace/distributed is imported", "import"),
      row("then LocalCluster.start({ workers: 2 })", "start"),
      row("then Client.connect", "connect"),
      row("then submit and its result", "first"),
      row("from the import to the result", "whole"),
    ];
    return Promise.resolve({ rows, answer: String(runs[0]?.answer) });
  },
};

function started(): Times {
  const program = join(import.meta.dirname, "cluster-start.mjs");
  return JSON.parse(execFileSync(process.execPath, [program], { encoding: "utf8" })) as Times;
}
