import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Bag, readJsonLines, readText } from "@millrace/bag";
import { CaptureError, capture, revive } from "@millrace/closure";
import { utf8 } from "@millrace/dataframe";
import type { Delayed, Executor, TaskGraph } from "@millrace/graph";
import { LayeredGraph, createInlineExecutor, ownFunctions } from "@millrace/graph";
import { beforeAll, expect, it } from "vitest";

import { scratchFolder } from "../lib/scratch-folder.ts";

type Member = keyof Bag<unknown> | Exclude<keyof typeof Bag, "prototype">;
/** These have no steps of their own. */
type WholeBag =
  "graph" | "outputKeys" | "npartitions" | "finalize" | "withGraph" | "optimize" | "visualize";
type Verb =
  Exclude<Member, WholeBag | "compute" | "persist" | symbol> | "readText" | "readJsonLines";
type Built = Bag<unknown> | Delayed<unknown> | readonly Delayed<unknown>[];

// So many partitions that a reduction has tasks between the first and the last.
const numbers = Bag.range(20, { npartitions: 10 });
const words = Bag.from(["to", "be", "or"], { npartitions: 10 });
const rows = words.map(rowOf);
const folder = scratchFolder();
const options = { executor: recorder() };

/** What the test gives itself; everything else in a step is Millrace's. */
const given: ReadonlySet<unknown> = new Set([self, add, either, rowOf, tuple, listOf, sumOf]);

function self<T>(value: T): T {
  return value;
}
function add(a: number, b: number): number {
  return a + b;
}
function either<T, U>(a: T, b: U): T | U {
  return a ?? b;
}
function rowOf(word: string): { word: string } {
  return { word };
}
function tuple(n: number): [number, number] {
  return [n, n];
}
function listOf<T>(items: Iterable<T>): T[] {
  return [...items];
}
function sumOf(parts: Iterable<number>): number {
  return [...parts].reduce(add, 0);
}

/** Each verb in every form that makes steps of its own. */
const verbs: Readonly<Record<Verb, () => readonly unknown[]>> = {
  from: () => [words],
  range: () => [numbers],
  fromDelayed: () => [Bag.fromDelayed(numbers.toDelayed())],
  concat: () => [Bag.concat([numbers, numbers])],
  zip: () => [Bag.zip(numbers, numbers), numbers.zip(numbers)],
  map: () => [numbers.map(add, 1), numbers.map(add, numbers.sum()), numbers.map(either, words)],
  filter: () => [numbers.filter(self)],
  remove: () => [numbers.remove(self)],
  flatMap: () => [numbers.flatMap(tuple)],
  flatten: () => [words.flatten()],
  pluck: () => [rows.pluck("word"), rows.pluck(["word"], "none")],
  starmap: () => [numbers.map(tuple).starmap(add)],
  mapPartitions: () => [numbers.mapPartitions(listOf)],
  fold: () => [numbers.fold(add), numbers.fold(add, { initial: 0, combine: add })],
  foldBy: () => [numbers.foldBy(self, add), words.foldBy("length", either, { initial: "" })],
  groupBy: () => [numbers.groupBy(self), words.groupBy("length")],
  reduction: () => [numbers.reduction(sumOf, sumOf)],
  accumulate: () => [numbers.accumulate(add), numbers.accumulate(add, 0)],
  frequencies: () => [words.frequencies()],
  distinct: () => [words.distinct(), words.distinct(self), words.distinct("length")],
  topk: () => [numbers.topk(2), numbers.topk(2, self), words.topk(2, "length")],
  count: () => [words.count()],
  sum: () => [numbers.sum()],
  min: () => [numbers.min()],
  max: () => [numbers.max()],
  mean: () => [numbers.mean()],
  variance: () => [numbers.variance()],
  std: () => [numbers.std(1)],
  any: () => [numbers.any(), numbers.any(self)],
  all: () => [numbers.all(), numbers.all(self)],
  join: () => [words.join(["to"], self), words.join(words, "length")],
  product: () => [numbers.product(words)],
  randomSample: () => [numbers.randomSample(0.5, 1)],
  repartition: () => [
    numbers.repartition({ npartitions: 2 }),
    numbers.repartition({ npartitions: 15 }),
  ],
  repartitionBySize: () => [words.repartitionBySize(100, options)],
  toDelayed: () => [words.toDelayed()],
  toDataFrame: () => [rows.toDataFrame({ word: utf8 })],
  take: () => [words.take(1, options)],
  iterate: () => [words.iterate(options).next()],
  toTextFiles: () => [words.toTextFiles(join(folder, "*.out"), options)],
  toJsonLines: () => [words.toJsonLines(join(folder, "*.jsonl"), options)],
  readText: () => [
    readText(join(folder, "in.txt")),
    readText(join(folder, "in.txt"), { includePath: true }),
  ],
  readJsonLines: () => [readJsonLines(join(folder, "in.json"))],
};

beforeAll(async () => {
  await writeFile(join(folder, "in.txt"), "to be\n");
  await writeFile(join(folder, "in.json"), "1\n");
});

// A thread that finds a function by name need not be sent its source, and this process need not
// read it.
it.each(Object.entries(verbs))("steps of %s are exports of a module", async (_, build) => {
  const before = recorded.length;
  const built = (await Promise.all(build())) as Built[];
  const graphs = built
    .flatMap((each) => each)
    .flatMap((each) => (isCollection(each) ? each.graph.materialize() : []));
  const functions = [...graphs, ...recorded.slice(before)].flatMap(functionsOf);
  const others: string[] = [];
  for (const fn of new Set(functions)) {
    if (!given.has(fn) && !(await isExport(fn))) others.push(fn.name);
  }
  expect(others).toEqual([]);
});

it("the functions were found at all", () => {
  const names = functionsOf(words.distinct(self).graph.materialize()).map(({ name }) => name);
  expect(names).toContain("self");
  expect(names).toContain("runStructuralStage");
});

const recorded: TaskGraph[] = [];

/** Runs inline, and keeps what it ran. */
function recorder(): Executor {
  const inline = createInlineExecutor();
  const record = (graph: TaskGraph | LayeredGraph): void => {
    recorded.push(graph instanceof LayeredGraph ? graph.materialize() : graph);
  };
  return {
    ...inline,
    name: "recorder",
    run: async (graph, ...rest) => (record(graph), inline.run(graph, ...rest)),
    stream: (graph, ...rest) => (record(graph), inline.stream(graph, ...rest)),
  };
}

function isCollection(value: unknown): value is { readonly graph: LayeredGraph } {
  return (value as { readonly graph?: unknown } | undefined)?.graph instanceof LayeredGraph;
}

type Fn = (...args: unknown[]) => unknown;

/** All functions in the steps of a graph, also inside of their arguments. */
function functionsOf(graph: TaskGraph): readonly Fn[] {
  const own = new Set<unknown>(Object.values(ownFunctions));
  const steps = graph.keys().flatMap((key) => graph.get(key).steps);
  return [...reachable(steps)].filter(
    (each) => typeof each === "function" && !own.has(each),
  ) as Fn[];
}

function reachable(root: unknown): ReadonlySet<unknown> {
  const found = new Set([root]);
  for (const value of found) {
    if (typeof value !== "object" || value === null) continue;
    for (const part of Object.values(value)) found.add(part);
  }
  return found;
}

/** Whether a function travels as a name, and is found by it. */
async function isExport(fn: Fn): Promise<boolean> {
  try {
    return (await revive<Fn>(capture(fn, { mode: "off" }))) === fn;
  } catch (error) {
    if (error instanceof CaptureError) return false;
    throw error;
  }
}
