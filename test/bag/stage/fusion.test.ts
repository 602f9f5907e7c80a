import { Bag } from "@millrace/bag";
import { lowerGraph, optimizeLayers } from "@millrace/graph";
import { expect, it, vi } from "vitest";

import { runStage } from "../../../packages/bag/dist/stage/run-stage.js";

const plusOne = (n: number): number => n + 1;
const isEven = (n: number): boolean => n % 2 === 0;
const one = (n: number): number[] => [n];
const twice = (n: number): number[] => [n, n];

/** How many tasks run, and how many steps each has. */
function lowered(bag: { graph: Bag<unknown>["graph"]; outputKeys: readonly string[] }): {
  tasks: number;
  steps: number[];
} {
  const graph = optimizeLayers(bag.graph, bag.outputKeys);
  const { core } = lowerGraph(graph, bag.outputKeys, true);
  const steps = Array.from(core.program, (p) => core.programs[p]?.steps.length ?? 0);
  return { tasks: core.size, steps: [...new Set(steps)].toSorted((a, b) => a - b) };
}

it("a chain of element operations is one task a partition, and one step", () => {
  const chain = Bag.range(100, { npartitions: 10 })
    .map(plusOne)
    .filter(isEven)
    .flatMap(twice)
    .remove(isEven)
    .map((n) => [n])
    .flatten()
    .pluck("toFixed")
    .randomSample(0.5, 1);
  expect(chain.graph.size).toBe(90);
  expect(chain.optimize().graph.size).toBe(10);
  expect(lowered(chain)).toStrictEqual({ tasks: 10, steps: [1] });
});

it("a reduction ends the loop: a task a partition and a tree", () => {
  const total = Bag.range(100, { npartitions: 16 }).map(plusOne).filter(isEven).sum();
  // 16 partitions, 2 tasks above them, the result.
  expect(lowered(total)).toStrictEqual({ tasks: 19, steps: [1] });
});

it("operations on what a reduction gave are a loop of their own in the same task", () => {
  const top = Bag.range(100, { npartitions: 8 })
    .frequencies()
    .map(([n]) => n)
    .filter(isEven);
  expect(lowered(top)).toStrictEqual({ tasks: 9, steps: [1, 2] });
});

it("what two stages read stays a stage of its own, in the same task", () => {
  const shared = Bag.range(10, { npartitions: 2 }).map(plusOne);
  const both = shared.map(plusOne).zip(shared.filter(isEven).map(plusOne));
  expect(lowered(both)).toStrictEqual({ tasks: 2, steps: [4] });
});

it("the loop of sync callbacks gives its value and no promise", () => {
  const stage = [
    { kind: "map", fn: plusOne, extra: 0 },
    { kind: "flatMap", fn: twice, extra: 0 },
    { kind: "filter", fn: isEven, extra: 0, keep: true },
  ] as const;
  expect(runStage([1, 2, 3], stage, 0)).toStrictEqual([2, 2, 4, 4]);
  expect(runStage([1, 2, 3], [...stage, { kind: "count" }], 0)).toBe(4);
  const late = runStage([1], [{ kind: "map", fn: async (n: number) => n, extra: 0 }], 0);
  expect(late).toBeInstanceOf(Promise);
});

it("no array is made between operations: an element goes through before the next one is read", async () => {
  const seen: string[] = [];
  const bag = Bag.from([1, 2], { npartitions: 1 })
    .flatMap(function* (n) {
      seen.push(`give ${n}`);
      yield n;
      seen.push(`give -${n}`);
      yield -n;
    })
    .map((n) => {
      seen.push(`map ${n}`);
      return n;
    });
  expect(await bag.sum().compute({ executor: "inline" })).toBe(0);
  expect(seen).toStrictEqual([
    "give 1",
    "map 1",
    "give -1",
    "map -1",
    "give 2",
    "map 2",
    "give -2",
    "map -2",
  ]);
});

it("equal chains have equal keys, other callbacks and other data other ones", () => {
  const chain = (n: number, by: number): Bag<number> => Bag.range(n).map((x) => x * by);
  expect(chain(3, 2).outputKeys).toStrictEqual(chain(3, 2).outputKeys);
  expect(chain(3, 3).outputKeys).not.toStrictEqual(chain(3, 2).outputKeys);
  expect(chain(4, 2).outputKeys[0]).not.toBe(chain(3, 2).outputKeys[0]);
});

it("a chain may be as long as memory allows, of loops inside of each other too", async () => {
  for (const length of [33, 501, 4000]) {
    let maps = Bag.range(3, { npartitions: 1 });
    let flat = maps;
    for (let i = 0; i < length; i++) {
      maps = maps.map(plusOne);
      flat = flat.flatMap(i < 2 ? twice : one);
    }
    expect(lowered(maps)).toStrictEqual({ tasks: 1, steps: [1] });
    expect(await maps.compute()).toStrictEqual([0, 1, 2].map((n) => n + length));
    expect(await flat.compute()).toStrictEqual([0, 1, 2].flatMap((n) => [n, n, n, n]));
    expect(await flat.map(async (n) => n).take(5)).toStrictEqual([0, 0, 0, 0, 1]);
  }
});

/** How many loops have been compiled. */
async function loopsOf(build: () => Bag<unknown>): Promise<number> {
  // Built before: no callback can be captured while `Function` is another one.
  const bag = build();
  const made = vi.spyOn(globalThis, "Function");
  try {
    await bag.compute({ executor: "inline" });
    return made.mock.calls.filter((texts) => texts.join().includes("millrace-stage-")).length;
  } finally {
    made.mockRestore();
  }
}

it("a bag that is built again finds its loop, where its callbacks can do nothing else", async () => {
  const numbers = Bag.range(4, { npartitions: 2 });
  const fixed = (by: number) => () => numbers.map((n) => n * by).pluck(["toFixed"]);
  await fixed(3)().compute();
  expect(await loopsOf(fixed(3))).toBe(0);
  expect(await loopsOf(fixed(4))).toBe(1);
  const changing = (by: { k: number }) => () => numbers.map((n) => n * by.k);
  await changing({ k: 1 })().compute();
  expect(await loopsOf(changing({ k: 1 }))).toBe(1);
  let assigned = 1;
  const counting = (): Bag<number> => numbers.map((n) => n * assigned++);
  await counting().compute();
  expect(await loopsOf(counting)).toBe(1);
});
