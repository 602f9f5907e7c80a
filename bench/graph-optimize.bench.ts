import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { GraphCore, Ref } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  TaskGraph,
  TreeReduceLayer,
  createInlineExecutor,
  cull,
  fuse,
  inline,
  order,
  ref,
  task,
} from "@millrace/graph";
import { orderCore } from "../packages/graph/src/optimize/order-core.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { compareCases } from "./measure.ts";

/** Chains that feed a tree: `chains` of `length` tasks each, the first of them a plain value. */
type Shape = { readonly chains: number; readonly length: number };
type Parameters = { readonly shapes: readonly Shape[]; readonly repeats: number };

export const bench: Bench<Parameters> = {
  name: "graph-optimize",
  question: "What do cull, fuse, inline, order, materialize and TaskGraph.from cost a task?",
  parameters: {
    small: { shapes: [{ chains: 1000, length: 4 }], repeats: 3 },
    full: {
      // 1,000,001 tasks, and the shape that Dask was measured on.
      shapes: [
        { chains: 318_181, length: 3 },
        { chains: 24_000, length: 4 },
      ],
      repeats: 5,
    },
  },
  async run({ shapes, repeats }) {
    const rows: BenchRow[] = [];
    const answers: string[] = [];
    for (const shape of shapes) {
      const { size } = layersOf(shape);
      const name = `${size.toLocaleString("en")} tasks`;
      for (const makeGroup of groupsOf(shape)) {
        const group = makeGroup();
        const cases = Object.entries(group);
        const timed = await compareCases(group, { repeats, warmups: 2 });
        for (const [i, [, run]] of cases.entries()) {
          answers.push(await run());
          const { case: what, medianMs, ratio, fastestMs } = timed[i] as BenchRow;
          const usATask = ((1000 * medianMs) / size).toFixed(3);
          const usAtBest = ((1000 * Number(fastestMs)) / size).toFixed(3);
          rows.push({ case: `${name}: ${what}`, medianMs, ratio: ratio ?? 1, usATask, usAtBest });
        }
      }
      rows.push(...daskRows(shape));
    }
    return { rows, answer: hash(answers.join()) };
  },
};

type Cases = Record<string, () => string | Promise<string>>;

/**
 * Each group of cases begins with its baseline: the same work on a Map of objects. A group makes
 * its own graphs, so that the garbage collector does not walk through those of the others.
 */
function groupsOf(shape: Shape): (() => Cases)[] {
  const layers = layersOf(shape);
  const graph = layers.materialize();
  const top = ["tree/0"];
  const half = Array.from({ length: shape.chains >> 1 }, (_, i) => `l${shape.length - 1}/${2 * i}`);
  const executor = createInlineExecutor();
  return [
    withPlain(shape, (plain) => ({
      "Map of objects: cull": () => String(plainCull(plain, half).size),
      cull: () => describe(cull(graph, half).core),
    })),
    withPlain(shape, (plain) => ({
      "Map of objects: fuse": () => String(plainFuse(plain, top).size),
      fuse: () => describe(fuse(graph, top).core),
      "fuse, width 8": () => describe(fuse(graph, top, { maxWidth: 8 }).core),
    })),
    withPlain(shape, (plain) => ({
      "Map of objects: inline": () => String(plainInline(plain).size),
      inline: () => describe(inline(graph, top).core),
    })),
    withPlain(shape, (plain) => ({
      "Map of objects: depth first": () => String(plainOrder(plain).size),
      order: () => String(orderCore(graph.core, 0).indexOf(0)),
      "order, as a Map by key": () => String(order(graph).get("tree/0")),
    })),
    () => ({
      "Map of objects: build": () => String(plainGraph(shape).size),
      materialize: () => describe(layers.materialize().core),
      "materialize what a key needs": () => describe(layers.materialize(top).core),
    }),
    () => {
      const entries = entriesOf(shape);
      return {
        "Map of objects: build again": () => String(plainGraph(shape).size),
        "TaskGraph.from": () => describe(TaskGraph.from(entries).core),
      };
    },
    withPlain(shape, (plain) => ({
      "Map of objects: run": () => String(plainRun(plain)),
      "inline executor": async () => String(await layers.compute("tree/0", { executor })),
      "inline executor, optimize: false": async () =>
        String(await layers.compute("tree/0", { executor, optimize: false })),
    })),
  ];
}

function withPlain(shape: Shape, cases: (plain: PlainGraph) => Cases): () => Cases {
  return () => cases(plainGraph(shape));
}

const increment = (x: number): number => x + 1;
const sum = (parts: readonly number[]): number => parts.reduce((a, b) => a + b, 0);

function layersOf({ chains, length }: Shape): LayeredGraph {
  const values = Array.from({ length: chains }, (_, i) => i);
  let graph = new LayeredGraph().withLayer(MaterializedLayer.values("l0", values));
  for (let l = 1; l < length; l++) {
    const layer = new BlockwiseLayer(`l${l}`, {
      count: chains,
      inputs: [{ kind: "block", layer: `l${l - 1}` }],
      steps: [{ fn: increment, args: [{ kind: "input", input: 0 }] }],
    });
    graph = graph.withLayer(layer);
  }
  const combine = { fn: sum };
  const input = `l${length - 1}`;
  return graph.withLayer(new TreeReduceLayer("tree", { input, count: chains, combine }));
}

function entriesOf(shape: Shape): [string, unknown][] {
  return Array.from(plainGraph(shape), ([key, { calls, inputs }]) => {
    const refs = inputs.map(ref);
    const [call] = calls;
    if (call === sum) return [key, task(sum, [refs])];
    return [key, call === increment ? task(increment, refs as [Ref]) : call];
  });
}

/** What a number of integers says about a graph: enough to tell it from another. */
function describe({ size, targets, programs, constants }: GraphCore): string {
  let mixed = size;
  for (const target of targets) mixed = (Math.imul(mixed, 31) + target) | 0;
  return `${size}/${mixed}/${programs.length}/${constants.length}`;
}

/** The baseline: a task as an object with its calls (or a value) and the keys that it reads. */
type PlainTask = { readonly calls: readonly unknown[]; readonly inputs: readonly string[] };
type PlainGraph = Map<string, PlainTask>;

function plainGraph({ chains, length }: Shape): PlainGraph {
  const graph: PlainGraph = new Map();
  let level: string[] = [];
  for (let i = 0; i < chains; i++) {
    graph.set(`l0/${i}`, { calls: [i], inputs: [] });
    for (let l = 1; l < length; l++) {
      graph.set(`l${l}/${i}`, { calls: [increment], inputs: [`l${l - 1}/${i}`] });
    }
    level.push(`l${length - 1}/${i}`);
  }
  for (let count = 0; level.length > 1;) {
    const below = level;
    level = [];
    for (let i = 0; i < below.length; i += 8) {
      const key = below.length <= 8 ? "tree/0" : `tree/${++count}`;
      graph.set(key, { calls: [sum], inputs: below.slice(i, i + 8) });
      level.push(key);
    }
  }
  return graph;
}

function plainCull(graph: PlainGraph, keys: readonly string[]): PlainGraph {
  const kept: PlainGraph = new Map();
  const stack = [...keys];
  for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
    if (kept.has(key)) continue;
    const found = graph.get(key)!;
    kept.set(key, found);
    stack.push(...found.inputs);
  }
  return kept;
}

/** Linear chains only; inputs stand before their readers in `graph`. */
function plainFuse(graph: PlainGraph, keys: readonly string[]): PlainGraph {
  const readers = new Map<string, number>(keys.map((key) => [key, 2]));
  for (const { inputs } of graph.values()) {
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  }
  const fused: PlainGraph = new Map();
  for (const [key, own] of graph) {
    const [only] = own.inputs;
    if (own.inputs.length !== 1 || only === undefined || readers.get(only) !== 1) {
      fused.set(key, own);
      continue;
    }
    const before = fused.get(only)!;
    fused.delete(only);
    fused.set(key, { calls: [...before.calls, ...own.calls], inputs: before.inputs });
  }
  return fused;
}

/** Writes plain values into their readers. */
function plainInline(graph: PlainGraph): PlainGraph {
  const isValue = ({ calls }: PlainTask): boolean => typeof calls[0] !== "function";
  const inlined: PlainGraph = new Map();
  for (const [key, own] of graph) {
    if (isValue(own)) continue;
    const values = own.inputs.map((input) => graph.get(input)!).filter(isValue);
    if (values.length === 0) inlined.set(key, own);
    else {
      const inputs = own.inputs.filter((input) => !isValue(graph.get(input)!));
      inlined.set(key, { calls: [...values.flatMap(({ calls }) => calls), ...own.calls], inputs });
    }
  }
  return inlined;
}

function plainOrder(graph: PlainGraph): Map<string, number> {
  const order = new Map<string, number>();
  const stack = ["tree/0"];
  while (stack.length > 0) {
    const key = stack.at(-1)!;
    const missing = graph.get(key)!.inputs.find((input) => !order.has(input));
    if (missing !== undefined) stack.push(missing);
    else {
      stack.pop();
      order.set(key, order.size);
    }
  }
  return order;
}

function plainRun(graph: PlainGraph): number {
  const values = new Map<string, number>();
  for (const key of plainOrder(graph).keys()) {
    const { calls, inputs } = graph.get(key)!;
    const [call] = calls;
    const read = inputs.map((input) => values.get(input)!);
    for (const input of inputs) values.delete(input);
    if (call === increment) values.set(key, increment(read[0]!));
    else values.set(key, call === sum ? sum(read) : Number(call));
  }
  return values.get("tree/0")!;
}

/** The same on Dask, where MILLRACE_DASK_PYTHON names a Python that has it. */
function daskRows({ chains, length }: Shape): BenchRow[] {
  const python = process.env["MILLRACE_DASK_PYTHON"];
  if (python === undefined) return [];
  const script = join(import.meta.dirname, "peers/dask-optimize.py");
  const text = execFileSync(python, [script, String(chains), String(length)], { encoding: "utf8" });
  const { dask, tasks, rows } = JSON.parse(text) as {
    dask: string;
    tasks: number;
    rows: { case: string; medianMs: number }[];
  };
  return rows.map(({ case: name, medianMs }) => ({
    case: `${tasks.toLocaleString("en")} tasks: Dask ${dask}: ${name}`,
    medianMs,
    usATask: ((1000 * medianMs) / tasks).toFixed(3),
  }));
}

function hash(text: string): string {
  let mixed = 0;
  for (let i = 0; i < text.length; i++) mixed = (Math.imul(mixed, 31) + text.charCodeAt(i)) | 0;
  return (mixed >>> 0).toString(16);
}
