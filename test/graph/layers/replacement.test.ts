import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
  ownFunctions,
  task,
} from "@millrace/graph";
import type { Layer, Replacement, TaskFunction } from "@millrace/graph";

import { expect, it } from "vitest";

const scale = (x: number, by: number): number => x * by;
const sum = (parts: number[], plus = 0): number => parts.reduce((a, b) => a + b, plus);
const digits = (x: number, n: number): number[] => Array.from({ length: n }, (_, j) => x % (j + 2));

const graph = [
  new MaterializedLayer("given", { factor: task(scale, [5, 2]), plain: [1, 2] }),
  MaterializedLayer.values("numbers", [1, 2, 3]),
  new BlockwiseLayer("scaled", {
    count: 3,
    inputs: [
      { kind: "block", layer: "numbers" },
      { kind: "key", key: "factor" },
      { kind: "values", values: [1, 10, 100] },
    ],
    steps: [
      { fn: scale, args: [input(0), input(1)] },
      { fn: scale, args: [{ kind: "step", step: 0 }, input(2)] },
    ],
    annotations: { priority: 3 },
  }),
  new ShuffleLayer("dealt", {
    input: "scaled",
    count: 3,
    npartitions: 2,
    split: { fn: digits },
    join: { fn: sum, args: [1] },
    annotations: { priority: 3 },
  }),
  new TreeReduceLayer("total", {
    input: "dealt",
    count: 2,
    combine: { fn: sum },
    aggregate: { fn: sum, args: [7] },
    annotations: { retries: 1 },
  }),
].reduce<LayeredGraph>((all, layer: Layer) => all.withLayer(layer), new LayeredGraph());
const keys = ["total/0", "plain", "factor"];

function input(n: number): { readonly kind: "input"; readonly input: number } {
  return { kind: "input", input: n };
}

it("a graph whose functions and values are replaced by themselves is the same graph", async () => {
  const same = graph.replace({ fn: (fn) => fn, value: (value) => value });
  expect(await same.compute(keys)).toEqual(await graph.compute(keys));
  const tasks = graph.materialize();
  expect(same.materialize().keys()).toEqual(tasks.keys());
  for (const key of tasks.keys()) expect(same.materialize().get(key)).toEqual(tasks.get(key));
});

it("every function and every value is replaced, in all kinds of layers, and nothing else", () => {
  const seen: { functions: TaskFunction[]; values: unknown[] } = { functions: [], values: [] };
  const note: Replacement = {
    fn: (fn) => {
      seen.functions.push(fn);
      return fn;
    },
    value: (value) => {
      seen.values.push(value);
      return value;
    },
  };
  graph.replace(note);
  expect(new Set(seen.functions)).toEqual(new Set([scale, sum, digits]));
  expect(seen.values).toEqual([5, 2, [1, 2], 1, 2, 3, 1, 10, 100, 1, 7]);
});

it("what stands in for a function is what the tasks call", async () => {
  const other = graph.replace({
    fn: (fn) => (fn === scale ? (x: number, by: number) => x + by : fn),
    value: (value) => (value === 5 ? 50 : value),
  });
  expect(await other.compute("factor")).toBe(52);
});

it("tasks of one program share one program afterwards", () => {
  const { core } = graph.replace({ fn: (fn) => fn, value: (value) => value }).materialize();
  expect(core.programs.length).toBe(graph.materialize().core.programs.length);
});

it("the functions of graph itself stay, so that plain values still cost no task", () => {
  const replaced = graph.replace({ fn: () => ownFunctions.settle, value: () => 0 });
  const { steps } = replaced.materialize(["plain"]).get("plain");
  expect(steps.map(({ fn }) => fn)).toEqual([ownFunctions.identity]);
});
