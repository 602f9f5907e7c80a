import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createThreadsExecutor } from "@millrace/distributed";
import type { Key } from "@millrace/graph";
import { BlockwiseLayer, LayeredGraph, TreeReduceLayer } from "@millrace/graph";
import type { Bench, BenchRow } from "./bench.ts";
import { compareCases } from "./measure.ts";

/** `tasks` are the tasks that do nothing; `repeats` how often each case runs. */
type Parameters = { readonly tasks: number; readonly repeats: number };

const threads = 2;

/** The baseline is the same graph in this thread, where a task is little more than a call. */
export const bench: Bench<Parameters> = {
  name: "threads-tasks",
  question: "What does a task that does nothing cost on threads, from graph to values?",
  parameters: {
    small: { tasks: 1_000, repeats: 2 },
    full: { tasks: 100_000, repeats: 7 },
  },
  async run({ tasks, repeats }) {
    await using executor = createThreadsExecutor({ threads });
    const single = layerOf(tasks);
    const tree = treeOf(tasks);
    let sum = 0;
    const total = async (by: typeof executor | "inline"): Promise<void> => {
      const values = await single.graph.compute(single.keys, { executor: by });
      sum = (values as number[]).reduce((a, b) => a + b, 0);
    };
    const timed = await compareCases(
      {
        "inline: independent": () => total("inline"),
        "threads: independent": () => total(executor),
        "inline: a tree": () => tree.compute("total/0", { executor: "inline" }),
        "threads: a tree": () => tree.compute("total/0", { executor }),
      },
      { repeats, warmups: 2 },
    );
    const counts = [tasks, tasks, tree.size, tree.size];
    const rows = timed.map((row, i): BenchRow => ({
      ...row,
      microsecondsPerTask: (1_000 * row.medianMs) / (counts[i] as number),
    }));
    const answer = [sum, await tree.compute("total/0", { executor })];
    return { rows: [...rows, ...daskRows(tasks)], answer: answer.join() };
  },
};

const same = (i: number): number => i;
const sumOf = (parts: readonly number[]): number => parts.reduce((a, b) => a + b, 0);

function layerOf(count: number): { graph: LayeredGraph; keys: Key[] } {
  const steps = [{ fn: same, args: [{ kind: "input", input: 0 } as const] }];
  const layer = new BlockwiseLayer("same", { count, inputs: [{ kind: "index" }], steps });
  const keys = Array.from({ length: count }, (_, i) => `same/${i}`);
  return { graph: new LayeredGraph().withLayer(layer), keys };
}

function treeOf(count: number): LayeredGraph {
  const tree = new TreeReduceLayer("total", {
    input: "same",
    count,
    splitEvery: 2,
    combine: { fn: sumOf },
  });
  return layerOf(count).graph.withLayer(tree);
}

/** Dask's threaded scheduler on as many threads, where `MILLRACE_DASK_PYTHON` has it. */
function daskRows(tasks: number): BenchRow[] {
  const python = process.env["MILLRACE_DASK_PYTHON"];
  if (python === undefined) return [];
  const script = join(import.meta.dirname, "peers/dask-threads.py");
  const text = execFileSync(python, [script, String(tasks), String(threads)], { encoding: "utf8" });
  return JSON.parse(text) as BenchRow[];
}
