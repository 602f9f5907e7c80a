import type { Step } from "@millrace/graph";
import { BlockwiseLayer, LayeredGraph, TreeReduceLayer, optimizeLayers } from "@millrace/graph";
import type { Bench } from "./bench.ts";
import { compareCases } from "./measure.ts";

/** `blocks` is how many tasks one layer has. */
type Parameters = { readonly blocks: number; readonly repeats: number };

export const bench: Bench<Parameters> = {
  name: "graph-build-symbolic",
  question: "What does it cost to build a million lazy tasks as layers, next to an object a task?",
  parameters: {
    small: { blocks: 10_000, repeats: 5 },
    full: { blocks: 1_000_000, repeats: 15 },
  },
  async run({ blocks, repeats }) {
    const chain = chainOf(5, blocks);
    const timed = await compareCases(
      {
        "an object a task": () => objects(blocks).size,
        "one layer": () => chainOf(1, blocks).size,
        "a chain of 5 layers and a tree": () => chainOf(5, blocks).size,
        "that chain, made one layer": () => optimizeLayers(chain, ["total/0"]).size,
      },
      { repeats, warmups: 3 },
    );
    const tasks = [blocks, blocks, chain.size, chain.size];
    const rows = timed.map((row, i) => ({ ...row, tasks: tasks[i] }));
    const block = `stage-4/${blocks - 1}`;
    const optimized = optimizeLayers(chain, [block, "total/0"]);
    const answer = [
      objects(blocks).get(block.replace("4", "0"))?.inputs.length,
      await chain.compute(block),
      await optimized.compute(block),
      chain.size,
      optimized.size,
    ];
    return { rows, answer: answer.join() };
  },
};

const increment = (x: number): number => x + 1;
const sum = (parts: readonly number[]): number => parts.reduce((a, b) => a + b, 0);
const steps: readonly Step[] = [{ fn: increment, args: [{ kind: "input", input: 0 }] }];

/** What a Bag of numbers with some maps and a sum is: each stage reads the stage before it. */
function chainOf(length: number, blocks: number): LayeredGraph {
  let graph = new LayeredGraph();
  for (let stage = 0; stage < length; stage++) {
    const before = { kind: "block", layer: `stage-${stage - 1}` } as const;
    const inputs = [stage === 0 ? ({ kind: "index" } as const) : before];
    graph = graph.withLayer(new BlockwiseLayer(`stage-${stage}`, { count: blocks, inputs, steps }));
  }
  if (length === 1) return graph;
  const total = { input: `stage-${length - 1}`, count: blocks, combine: { fn: sum } };
  return graph.withLayer(new TreeReduceLayer("total", total));
}

/** The baseline: one Map entry and one object for each task of one stage. */
function objects(blocks: number): Map<string, { fn: unknown; inputs: readonly unknown[] }> {
  const graph = new Map<string, { fn: unknown; inputs: readonly unknown[] }>();
  for (let i = 0; i < blocks; i++) graph.set(`stage-0/${i}`, { fn: increment, inputs: [i] });
  return graph;
}
