import { type Csr, orderTasks } from "../packages/graph/src/optimize/order.ts";
import { memoryPressure } from "../test/graph/optimize/memory-pressure.ts";
import { mulberry32 } from "../test/graph/optimize/order-drawing.ts";
import { csrOf } from "../test/graph/optimize/order-shapes.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { compareCases } from "./measure.ts";

/** `tasks` is how many each graph has, to within a few in a hundred. */
type Parameters = { readonly tasks: number };

/** Dependencies as one flat list, so that building a graph of a million tasks is quick. */
type Draft = { readonly ends: number[]; readonly targets: number[] };

export const bench: Bench<Parameters> = {
  name: "order-memory",
  question: "What does a static order that keeps memory low cost a task, and what does it save?",
  parameters: { small: { tasks: 20_000 }, full: { tasks: 1_000_000 } },
  async run({ tasks }) {
    const rows: BenchRow[] = [];
    let hash = 0;
    for (const [shape, build] of Object.entries(shapes)) {
      const graph = build(tasks);
      const orders = { "depth first": depthFirst, "static order": orderTasks };
      const timed = await compareCases(
        Object.fromEntries(Object.entries(orders).map(([name, run]) => [name, () => run(graph)])),
      );
      for (const [n, run] of Object.values(orders).entries()) {
        const { case: name = "", medianMs = NaN, ratio = NaN } = timed[n] ?? {};
        const order = run(graph);
        for (const place of order) hash = (Math.imul(hash, 31) + place) | 0;
        const { maxPressure, meanPressure } = memoryPressure(graph, order);
        const usATask = ((1000 * medianMs) / graph.size).toFixed(3);
        const alive = { mostAlive: maxPressure, meanAlive: meanPressure.toFixed(1) };
        rows.push({ case: `${shape}: ${name}`, medianMs, ratio, usATask, ...alive });
      }
    }
    return { rows, answer: (hash >>> 0).toString(16) };
  },
};

const shapes: Record<string, (tasks: number) => Csr> = {
  "chains of 3 into a tree": (tasks) => {
    const draft: Draft = { ends: [], targets: [] };
    let level: number[] = [];
    // A chain and its part of a tree of 8 are 3 + 1/8 + 1/64 + … tasks.
    for (let chain = 0; chain < Math.floor(tasks / (3 + 1 / 7)); chain++) {
      level.push(add(draft, [add(draft, [add(draft, [])])]));
    }
    while (level.length > 1) {
      const below = level;
      level = [];
      for (let i = 0; i < below.length; i += 8) level.push(add(draft, below.slice(i, i + 8)));
    }
    return csr(draft);
  },
  stencil: (tasks) => {
    const draft: Draft = { ends: [], targets: [] };
    const width = Math.floor(Math.sqrt(tasks));
    for (let t = 0; t < width * width; t++) {
      const x = t % width;
      const near = [t - width - 1, t - width, t - width + 1];
      add(draft, t < width ? [] : near.slice(x === 0 ? 1 : 0, x === width - 1 ? 2 : 3));
    }
    return csr(draft);
  },
  "random, recent 1,000": (tasks) => random(tasks, 1000),
  "random, any earlier": (tasks) => random(tasks, tasks),
  "all independent": (tasks) => csrOf(Array.from({ length: tasks }, () => [])),
};

/** About 3 dependencies a task, each among the `window` tasks before it. */
function random(tasks: number, window: number): Csr {
  const draft: Draft = { ends: [], targets: [] };
  const next = mulberry32(1);
  for (let t = 0; t < tasks; t++) {
    const picks = new Set<number>();
    const count = Math.floor(next() * 7);
    for (let i = 0; t > 0 && i < count; i++) {
      picks.add(t - 1 - Math.floor(next() * Math.min(t, window)));
    }
    add(draft, [...picks]);
  }
  return csr(draft);
}

function add({ ends, targets }: Draft, dependencies: readonly number[]): number {
  for (const target of dependencies) targets.push(target);
  return ends.push(targets.length) - 1;
}

function csr({ ends, targets }: Draft): Csr {
  const offsets = new Int32Array(ends.length + 1);
  offsets.set(ends, 1);
  return { size: ends.length, offsets, targets: Int32Array.from(targets) };
}

/** The baseline: post-order from the tasks that nothing needs, dependencies as they are listed. */
function depthFirst({ size, offsets, targets }: Csr): Int32Array {
  const isNeeded = new Uint8Array(size);
  for (const target of targets) isNeeded[target] = 1;
  const position = new Int32Array(size).fill(-1);
  const cursor = offsets.slice();
  const stack = new Int32Array(size + 1);
  let done = 0;
  for (let goal = 0; goal < size; goal++) {
    if (isNeeded[goal] === 1) continue;
    stack[0] = goal;
    for (let depth = 1; depth > 0;) {
      const task = stack[depth - 1]!;
      const last = offsets[task + 1]!;
      let at = cursor[task]!;
      while (at < last && position[targets[at]!] !== -1) at++;
      cursor[task] = at;
      if (at < last) stack[depth++] = targets[at]!;
      else {
        position[task] = done++;
        depth--;
      }
    }
  }
  return position;
}
