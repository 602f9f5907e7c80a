import type { Collection, Key } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  MaterializedLayer,
  TaskGraph,
  compute,
  optimize,
  persist,
  ref,
  streamGraph,
  task,
  visualize,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

const inc = (x: number): number => x + 1;
const numbers = (name: string, count: number): BlockwiseLayer =>
  new BlockwiseLayer(name, {
    count,
    inputs: [{ kind: "index" }],
    steps: [{ fn: inc, args: [{ kind: "input", input: 0 }] }],
  });
const collection = (graph: LayeredGraph, ...outputKeys: Key[]): Collection<unknown[]> => ({
  graph,
  outputKeys,
  finalize: (parts) => parts,
});

describe("a key that looks like a block of a layer and is none", () => {
  const add = (a: number, b: number): number => a + b;
  const total = task(add, [ref("flights/0"), ref("flights/1")]);
  const graph = new LayeredGraph().withLayer(numbers("flights", 2)).withLayer(
    new MaterializedLayer("report", {
      "flights/total": total,
      "flights/2": ref("flights/total"),
    }),
  );

  it.each(["flights/total", "flights/2"])("such as %s, is found by every verb", async (key) => {
    const asked = collection(graph, key);
    expect(await graph.compute(key)).toBe(3);
    for (const optimized of [true, false]) {
      expect(await compute(asked, { optimize: optimized })).toEqual([3]);
    }
    expect(await Delayed.of(graph, key).compute()).toBe(3);
    expect(await compute(optimize(asked))).toEqual([3]);
    expect(await compute(await persist(asked))).toEqual([3]);
    expect(visualize(asked, { optimized: true })).toContain("digraph");
    const seen: unknown[] = [];
    for await (const { value } of streamGraph(graph, [key])) seen.push(value);
    expect(seen).toEqual([3]);
  });

  it("may be read by a blockwise layer, which is not joined with the layer it looks like", async () => {
    const reader = new BlockwiseLayer("out", {
      count: 2,
      inputs: [
        { kind: "block", layer: "flights" },
        { kind: "key", key: "flights/total" },
      ],
      steps: [
        {
          fn: add,
          args: [
            { kind: "input", input: 0 },
            { kind: "input", input: 1 },
          ],
        },
      ],
    });
    const asked = collection(graph.withLayer(reader), "out/0", "out/1");
    expect(await compute(asked)).toEqual([4, 5]);
  });
});

it("a key of a layer and of a task that names it itself is an error, optimized or not", async () => {
  const mine = new MaterializedLayer("mine", { "numbers/1": 7 });
  const graph = new LayeredGraph().withLayer(numbers("numbers", 3)).withLayer(mine);
  for (const optimized of [true, false]) {
    await expect(graph.compute("numbers/1", { optimize: optimized })).rejects.toMatchObject({
      code: "graph/key-conflict",
    });
  }
});

it("keys are those of the layer whose name stands before their last slash", () => {
  const graph = new LayeredGraph()
    .withLayer(numbers("a", 3))
    .withLayer(numbers("ab", 2))
    .withLayer(new MaterializedLayer("mine", { "a/0/1": 7, "a/b": 8 }));
  const asked = ["a/0", "ab/1", "a/2", "a/0/1", "a/b", "a/3", "ab/2", "a/02", "a/", "a"];
  const known = asked.filter((key) => graph.has(key));
  expect(known).toEqual(["a/0", "ab/1", "a/2", "a/0/1", "a/b"]);
  expect(asked.toReversed().filter((key) => graph.has(key))).toEqual(known.toReversed());
});

describe("a layer made of the tasks of another graph", () => {
  const tasks = new LayeredGraph().withLayer(numbers("numbers", 3)).materialize();

  it("has their keys, whatever its own name is", async () => {
    for (const name of ["kept", "numbers"]) {
      const graph = new LayeredGraph().withLayer(new MaterializedLayer(name, tasks));
      expect(graph.has("numbers/0")).toBe(true);
      expect(graph.materialize().keys()).toEqual(["numbers/0", "numbers/1", "numbers/2"]);
      expect(await graph.compute(["numbers/0", "numbers/2"])).toEqual([1, 3]);
      expect(await compute(collection(graph, "numbers/1"))).toEqual([2]);
    }
  });

  it("does not hide the layer whose keys it has", () => {
    const graph = new LayeredGraph()
      .withLayer(numbers("numbers", 5))
      .withLayer(new MaterializedLayer("kept", tasks));
    expect(() => graph.materialize(["numbers/4"])).toThrow("two different tasks have one key");
  });
});

describe("keys that are none", () => {
  const layered = new LayeredGraph().withLayer(numbers("a", 3));
  const written = TaskGraph.from({ a: 1 });

  it.each([
    ["a LayeredGraph", layered],
    ["a TaskGraph", written],
  ])("are refused by %s", async (_, graph) => {
    await expect(graph.compute([1 as never])).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: a key must be a string, got 1, wanted a string.]`,
    );
    await expect(graph.compute(1 as never)).rejects.toThrow("a key must be a string");
    expect(graph.has(1 as never)).toBe(false);
    expect(() => graph.materialize("a" as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: materialize: the keys must be a list, got "a", wanted an array of keys.]`,
    );
    expect(() => graph.merge({} as never)).toThrow("merge: this is no graph, got an object");
    expect(() => graph.checkKeys("mine", ["nope"])).toThrow(/^mine: no such key, got "nope"/);
  });

  it("are told with the layers that exist, before and after optimization", async () => {
    for (const optimized of [true, false]) {
      await expect(
        compute(collection(layered, "A/1"), { optimize: optimized }),
      ).rejects.toMatchObject({
        code: "graph/missing-key",
        message: 'compute: no such key, got "A/1", wanted a key of the layers "a".',
      });
    }
    await expect(persist(collection(layered, "A/1"))).rejects.toThrow(/^persist: no such key/);
    expect(() => optimize(collection(layered, "a/3"))).toThrow(/^optimize: no such key/);
    expect(() => visualize(collection(layered, "a/3"))).toThrow(/^visualize: no such key/);
    const many = Array.from({ length: 20 }, (_, i) => numbers(`l${i}`, 1)).reduce(
      (graph, layer) => graph.withLayer(layer),
      new LayeredGraph(),
    );
    expect(() => many.checkKeys("mine", ["x"])).toThrow(/, … \(20 layers\)\.$/);
  });

  it("are told with the caller's line in the stack", async () => {
    const stackOf = async (ask: () => unknown): Promise<unknown> => {
      const whoAsked = async (): Promise<unknown> => await ask();
      return whoAsked().catch((error: unknown) => (error as Error).stack);
    };
    const dangling = layered.withLayer(new MaterializedLayer("m", { k: ref("nobody") }));
    const asks: (() => unknown)[] = [
      () => layered.compute("x"),
      () => written.compute("x"),
      () => compute(collection(layered, "x")),
      () => compute(collection(dangling, "k")),
      () => Delayed.of(dangling, "k").compute(),
      () => persist(collection(dangling, "k")),
    ];
    for (const ask of asks) expect(await stackOf(ask)).toContain("whoAsked");
    expect(Error.stackTraceLimit).toBeLessThan(30);
  });
});
