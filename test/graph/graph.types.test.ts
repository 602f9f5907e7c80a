import type { Collection, Executor, LayeredGraph, Rebuilt } from "@millrace/graph";
import {
  Delayed,
  TaskGraph,
  annotate,
  compute,
  createInlineExecutor,
  cull,
  fuse,
  inline,
  optimize,
  persist,
  progressBar,
  ref,
  registerExecutor,
  setDefaultExecutor,
  streamGraph,
  task,
  visualize,
} from "@millrace/graph";
import { expect, expectTypeOf, it } from "vitest";

declare module "@millrace/graph" {
  interface ExecutorNames {
    typed: true;
  }
}

declare const numbers: Collection<number>;
declare const texts: Collection<string>;
declare const layers: LayeredGraph;

/** A collection that cannot be rebuilt as what it is. */
declare class Bare implements Collection<number> {
  readonly graph: LayeredGraph;
  readonly outputKeys: readonly string[];
  finalize(): number;
  extra(): number;
}

/** One that can. */
declare class Whole extends Bare {
  withGraph(graph: LayeredGraph, outputKeys: readonly string[]): Whole;
}

const inc = (x: number): number => x + 1;
const total = (xs: readonly number[], by?: { scale: number }): number =>
  xs.length * (by?.scale ?? 1);

/** Never runs: the lines are there for the type checker. */
const wrong = (): void => {
  const graph = TaskGraph.from({ a: 1 });
  // @ts-expect-error no executor has this name
  void compute(numbers, { executor: "inlin" });
  // @ts-expect-error nor here
  setDefaultExecutor("thread");
  // @ts-expect-error a number is no executor
  void compute(numbers, { executor: 5 });
  // @ts-expect-error no such option
  void compute(numbers, { optmize: false });
  // @ts-expect-error this is no collection
  void compute([numbers, 5]);
  // @ts-expect-error a text is no number
  task(inc, ["x"]);
  // @ts-expect-error there is one argument
  task(inc, [1, 2, 3]);
  // @ts-expect-error which is missing
  task(inc, []);
  // @ts-expect-error and cannot be left out
  task(inc);
  // @ts-expect-error no such option
  task(inc, [1], { annotation: {} });
  // @ts-expect-error a text is no number, also inside
  task(total, [[ref("a"), "x"]]);
  // @ts-expect-error no such property
  task(total, [[1], { scales: ref("a") }]);
  // @ts-expect-error a text is no number
  Delayed.call(inc, ["x"]);
  // @ts-expect-error nor is a lazy text
  Delayed.call(inc, [texts]);
  // @ts-expect-error there is one argument
  Delayed.call(inc, [1, 2]);
  // @ts-expect-error one text is no list of keys
  cull(graph, "abc");
  // @ts-expect-error nor here
  fuse(graph, "abc");
  // @ts-expect-error nor here
  inline(graph, ["a"], { only: "abc" });
  // @ts-expect-error nor here
  graph.materialize("abc");
  // @ts-expect-error nor here
  layers.materialize("abc");
  // @ts-expect-error nor here
  void streamGraph(graph, "abc");
  // @ts-expect-error no such option
  fuse(graph, ["a"], { maxwidth: 1 });
  // @ts-expect-error no such format
  visualize(numbers, { format: "png" });
  // @ts-expect-error no such annotation
  annotate({ prio: 1 }, () => numbers);
  // @ts-expect-error amounts are numbers
  void compute(numbers, { resources: { gpu: "1" } });
};

it("what api.md calls a compile error is one", () => {
  expectTypeOf(wrong).returns.toBeVoid();
});

it("references may stand anywhere among the arguments of a task", () => {
  const all = (m: Map<string, number[]>, s: Set<number>, o: { x: { y: number } }): number =>
    m.size + s.size + o.x.y;
  task(inc, [ref("a")]);
  task(total, [ref("a"), ref("b")]);
  task(total, [[1, ref("a")], { scale: ref("b") }]);
  task(all, [new Map([["k", [ref("a")]]]), new Set([1, ref("a")]), { x: { y: ref("b") } }]);
  task(Math.max, [1, ref("a"), 3]);
  task((...args: unknown[]) => args, ["x", ref("a"), [ref("b")]]);
  task(() => 1);
  task(() => 1, []);
  // To run behind another task, whose value is not wanted.
  task(() => 1, [ref("a")]);
  task(inc, [1, ref("a")]);
  expect(task(inc as (...args: never[]) => unknown, [1, "x"]).args).toEqual([1, "x"]);
});

it("calls are lazy, and typed", () => {
  expectTypeOf(Delayed.call(inc, [1])).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(Delayed.call(inc, [Delayed.value(1)])).toEqualTypeOf<Delayed<number>>();
  const soon = async (x: number): Promise<string> => String(x);
  expectTypeOf(Delayed.call(soon, [Delayed.value(1)])).toEqualTypeOf<Delayed<string>>();
  const sizes = (m: Map<string, number>): number => m.size;
  expectTypeOf(Delayed.call(sizes, [new Map([["k", Delayed.value(1)]])])).toEqualTypeOf<
    Delayed<number>
  >();
  expectTypeOf(Delayed.call(() => 1, [Delayed.value("x")])).toEqualTypeOf<Delayed<number>>();
});

it("persist and optimize say what they give", () => {
  const whole = (collection: Whole) => persist(collection);
  const bare = (collection: Bare) => persist(collection);
  expectTypeOf(whole).returns.resolves.toEqualTypeOf<Whole>();
  expectTypeOf(bare).returns.resolves.toEqualTypeOf<Collection<number>>();
  expectTypeOf(optimize<Whole>).returns.toEqualTypeOf<Whole>();
  expectTypeOf(optimize<Collection<string>>).returns.toEqualTypeOf<Collection<string>>();
  expectTypeOf<Rebuilt<Delayed<number>>>().toEqualTypeOf<Delayed<number>>();
  const both = (a: Whole, b: Bare) => persist([a, b]);
  expectTypeOf(both).returns.resolves.toEqualTypeOf<[Whole, Collection<number>]>();
  const kept = (value: Delayed<number>) => value.persist();
  expectTypeOf(kept).returns.resolves.toEqualTypeOf<Delayed<number>>();
});

it("options may be undefined, keys one or several", () => {
  const options = {
    executor: undefined,
    signal: undefined,
    onProgress: undefined,
    retries: undefined,
  };
  const run = (): unknown => compute(numbers, options);
  const keyed = (keys: string | string[]) => TaskGraph.from({ a: 1 }).compute(keys);
  const layered = (keys: string | readonly string[]) => layers.compute(keys, { signal: undefined });
  expectTypeOf(keyed).returns.resolves.toBeUnknown();
  expectTypeOf(layered).returns.resolves.toBeUnknown();
  const listed = (keys: readonly ["a", "b"]) => layers.compute(keys);
  expectTypeOf(listed).returns.resolves.toEqualTypeOf<unknown[]>();
  fuse(TaskGraph.from({ a: 1 }), new Set(["a"]), { maxWidth: undefined });
  progressBar({ label: undefined });
  createInlineExecutor({ asyncTasksMax: undefined });
  expectTypeOf(run).returns.toBeUnknown();
});

it("the name of an executor is known where somebody has added it", async () => {
  const mine: Executor = { ...createInlineExecutor(), name: "typed" };
  registerExecutor(mine);
  expect(await TaskGraph.from({ a: 1 }).compute("a", { executor: "typed" })).toBe(1);
});
