import type { BlockInput, Layer } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
  annotate,
  ref,
  task,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

const same = (x: unknown): unknown => x;
const list = (...args: unknown[]): unknown[] => args;
const sum = (parts: number[]): number => parts.reduce((a, b) => a + b, 0);
const graphOf = (...layers: Layer[]): LayeredGraph =>
  layers.reduce((graph, layer) => graph.withLayer(layer), new LayeredGraph());
const numbers = (count: number, name = "numbers"): MaterializedLayer =>
  MaterializedLayer.blocks(
    name,
    Array.from({ length: count }, (_, i) => i),
  );
const over = (count: number, ...inputs: BlockInput[]): BlockwiseLayer =>
  new BlockwiseLayer("out", {
    count,
    inputs,
    steps: [{ fn: list, args: inputs.map((_, input) => ({ kind: "input", input })) }],
  });

describe("a BlockwiseLayer", () => {
  it("reads blocks, ranges of blocks, keys, indexes and values", async () => {
    const graph = graphOf(
      numbers(6),
      new MaterializedLayer("one", { k: 7 }),
      over(
        3,
        { kind: "block", layer: "numbers" },
        { kind: "block", layer: "numbers", index: { times: -1, plus: 5 } },
        { kind: "blocks", layer: "numbers", start: { times: 2 } },
        { kind: "key", key: "k" },
        { kind: "index" },
        { kind: "values", values: ["a", "b", "c"] },
      ),
    );
    for (const optimize of [true, false]) {
      expect(await graph.compute(["out/0", "out/1", "out/2"], { optimize })).toEqual([
        [0, 5, [0, 1], 7, 0, "a"],
        [1, 4, [2, 3], 7, 1, "b"],
        [2, 3, [4, 5], 7, 2, "c"],
      ]);
    }
  });

  it("maps indexes by times, plus, over and modulo", async () => {
    const read = async (index: object): Promise<unknown[]> => {
      const graph = graphOf(numbers(4), over(4, { kind: "block", layer: "numbers", index }));
      return (await graph.compute(["out/0", "out/1", "out/2", "out/3"])).flat();
    };
    expect(await read({ over: 2 })).toEqual([0, 0, 1, 1]);
    expect(await read({ times: 3, modulo: 4 })).toEqual([0, 3, 2, 1]);
    expect(await read({ plus: -1, modulo: 4 })).toEqual([3, 0, 1, 2]);
  });

  it("makes ranges of different lengths, empty ones too", async () => {
    const start = { times: 5, over: 3 };
    const graph = graphOf(numbers(5), over(3, { kind: "blocks", layer: "numbers", start }));
    expect(await graph.compute(["out/0", "out/1", "out/2"])).toEqual([[[0]], [[1, 2]], [[3, 4]]]);
    const none = graphOf(
      numbers(1),
      over(3, { kind: "blocks", layer: "numbers", start: { over: 3 } }),
    );
    expect(await none.compute(["out/0", "out/1", "out/2"])).toEqual([[[]], [[]], [[0]]]);
  });

  it("may read one block twice", async () => {
    const block = { kind: "block", layer: "numbers" } as const;
    expect(await graphOf(numbers(1), over(1, block, block)).compute("out/0")).toEqual([0, 0]);
  });

  it("of a million blocks is no work until a task is asked for", async () => {
    const layer = over(1_000_000, { kind: "index" });
    const graph = graphOf(layer);
    expect(graph.size).toBe(1_000_000);
    expect(graph.materialize(["out/999999"]).size).toBe(1);
    expect(await graph.compute("out/999999")).toEqual([999_999]);
  });

  it("refuses what makes no sense", () => {
    const make = (more: object, name = "n"): BlockwiseLayer =>
      new BlockwiseLayer(name, { count: 2, inputs: [], steps: [{ fn: same, args: [] }], ...more });
    expect(() => make({ count: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: bad count, got -1, wanted a whole number of 0 or more.]`,
    );
    expect(() => make({}, "a/b")).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: bad layer name, got "a/b", wanted a text without a slash.]`,
    );
    expect(() => make({}, "")).toThrow("bad layer name");
    expect(() => make({ steps: [] })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: no steps, got an array of 0, wanted one step or more.]`,
    );
    expect(() =>
      make({ inputs: [{ kind: "values", values: [1] }] }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: wrong number of values, got 1, wanted 2 values, one a block.]`,
    );
    const input = { kind: "input", input: 0 };
    expect(() => make({ steps: [{ fn: same, args: [input] }] })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: step 0 has a bad argument, got "{\\"kind\\":\\"input\\",\\"input\\":0}", wanted literals, entries of inputs and earlier steps.]`,
    );
    const index = { kind: "block", layer: "x", index: { over: 0 } };
    expect(() => make({ inputs: [index] })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: bad 'over' in an index map, got 0, wanted a whole number of 1 or more.]`,
    );
    const start = { kind: "blocks", layer: "x", start: { times: 0.5 } };
    expect(() => make({ inputs: [start] })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: bad 'times' in an index map, got 0.5, wanted a whole number.]`,
    );
  });
});

describe("a TreeReduceLayer", () => {
  it("reduces every count below 100 with splitEvery 2 to 9", async () => {
    for (let splitEvery = 2; splitEvery <= 9; splitEvery++) {
      for (let count = 0; count < 100; count++) {
        const layer = new TreeReduceLayer("total", {
          input: "numbers",
          count,
          splitEvery,
          combine: { fn: list },
        });
        const graph = graphOf(numbers(count), layer).materialize();
        expect(graph.size).toBe(count + layer.size);
        const widest = Math.max(
          ...graph
            .keys()
            .map((key) => (key.startsWith("total") ? graph.dependencies(key).length : 0)),
        );
        expect(widest).toBeLessThanOrEqual(splitEvery);
        const [value] = (await graph.compute(["total/0"])) as [unknown[]];
        // The parts stand in their order, each once.
        expect(value.flat(Infinity)).toEqual(Array.from({ length: count }, (_, i) => i));
      }
    }
  });

  it("calls combine below and aggregate at the top, with their own arguments", async () => {
    const layer = new TreeReduceLayer("total", {
      input: "numbers",
      count: 4,
      splitEvery: 2,
      combine: { fn: (parts: number[], k: number) => sum(parts) * k, args: [10] },
      aggregate: { fn: (parts: number[], name: string) => `${name}:${sum(parts)}`, args: ["s"] },
    });
    expect(await graphOf(numbers(4), layer).compute("total/0")).toBe("s:60");
  });

  it("refuses to split every 1", () => {
    const make = (more: object): TreeReduceLayer =>
      new TreeReduceLayer("n", { input: "x", count: 2, combine: { fn: sum }, ...more });
    expect(() => make({ splitEvery: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: TreeReduceLayer: bad splitEvery, got 1, wanted a whole number of 2 or more.]`,
    );
    expect(() => make({ combine: undefined })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: TreeReduceLayer: the first argument must be a function, got undefined, wanted a function.]`,
    );
  });
});

describe("a ShuffleLayer", () => {
  const byRest = (block: number[], n: number): number[][] =>
    Array.from({ length: n }, (_, j) => block.filter((x) => x % n === j));

  it("deals every block out to all outputs, for all small sizes", async () => {
    for (let count = 0; count < 6; count++) {
      for (let npartitions = 1; npartitions < 6; npartitions++) {
        const blocks = Array.from({ length: count }, (_, b) => [3 * b, 3 * b + 1, 3 * b + 2]);
        const layer = new ShuffleLayer("dealt", {
          input: "data",
          count,
          npartitions,
          split: { fn: byRest },
          join: { fn: (pieces: number[][]) => pieces.flat() },
        });
        const graph = graphOf(MaterializedLayer.blocks("data", blocks), layer);
        const keys = Array.from({ length: npartitions }, (_, j) => `dealt/${j}`);
        for (const optimize of [true, false]) {
          expect(await graph.compute(keys, { optimize })).toEqual(
            byRest(blocks.flat(), npartitions),
          );
        }
        expect(layer.size).toBe(count + npartitions + 1);
        // As many edges as tasks, not one from every input block to every output block.
        const { core } = graph.materialize(keys);
        expect(core.targets).toHaveLength(2 * count + npartitions);
      }
    }
  });

  it("gives every split the values of the tasks that they share", async () => {
    const byBound = (block: number[], _n: number, bound: number, step: number): number[][] => [
      block.filter((x) => x < bound + step),
      block.filter((x) => x >= bound + step),
    ];
    const layer = new ShuffleLayer("dealt", {
      input: "data",
      count: 2,
      npartitions: 2,
      split: { fn: byBound, args: [1] },
      shared: ["bound"],
      join: { fn: (pieces: number[][]) => pieces.flat() },
    });
    const data = MaterializedLayer.blocks("data", [
      [1, 5],
      [2, 6],
    ]);
    const graph = graphOf(data, new MaterializedLayer("bounds", { bound: 3 }), layer);
    const keys = ["dealt/0", "dealt/1"];
    for (const optimize of [true, false]) {
      expect(await graph.compute(keys, { optimize })).toEqual([
        [1, 2],
        [5, 6],
      ]);
    }
    await expect(graphOf(data, layer).compute(keys)).rejects.toMatchObject({
      code: "graph/missing-key",
    });
  });

  it("keeps its pieces apart when everything is one fused task", async () => {
    const { fuse } = await import("@millrace/graph");
    const layer = new ShuffleLayer("dealt", {
      input: "data",
      count: 2,
      npartitions: 3,
      split: { fn: byRest },
      join: { fn: (pieces: number[][]) => pieces.flat() },
    });
    const graph = graphOf(
      MaterializedLayer.values("data", [
        [1, 2],
        [4, 5],
      ]),
      layer,
    );
    const fused = fuse(graph.materialize(["dealt/2"]), ["dealt/2"], { maxWidth: Infinity });
    expect(fused.size).toBe(1);
    expect(await fused.compute("dealt/2", { optimize: false })).toEqual([2, 5]);
  });

  it("refuses no partitions", () => {
    const call = { fn: same };
    const make = (more: object): ShuffleLayer =>
      new ShuffleLayer("n", {
        input: "x",
        count: 1,
        npartitions: 1,
        split: call,
        join: call,
        ...more,
      });
    expect(() => make({ npartitions: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: ShuffleLayer: bad npartitions, got 0, wanted a whole number of 1 or more.]`,
    );
    expect(() => make({ join: {} })).toThrow("the first argument must be a function");
  });
});

describe("a MaterializedLayer", () => {
  it("has keys of its own, or blocks by number", async () => {
    const graph = graphOf(
      numbers(2),
      new MaterializedLayer("named", { x: ref("numbers/1"), y: task(list, [ref("x"), ref("x")]) }),
      MaterializedLayer.blocks("more", [ref("y"), [ref("numbers/0")]]),
      MaterializedLayer.values("kept", [[ref("nobody")]]),
    );
    const [value, first, second, kept] = await graph.compute(["y", "more/0", "more/1", "kept/0"]);
    expect([value, first, second]).toEqual([[1, 1], [1, 1], [0]]);
    expect(kept).toEqual([ref("nobody")]);
  });
});

it("layers take the annotations around them, tasks of layers their own first", () => {
  const before = task(same, [1], { annotations: { priority: 8 } });
  const graph = annotate({ priority: 1, retries: 2 }, () =>
    graphOf(
      over(1, { kind: "index" }),
      new MaterializedLayer("m", {
        before,
        own: task(same, [1], { annotations: { priority: 9 } }),
        plain: 2,
      }),
      new TreeReduceLayer("t", { input: "out", count: 1, combine: { fn: sum } }),
    ),
  );
  const { get } = { get: (key: string) => graph.materialize().get(key).annotations };
  expect(get("out/0")).toEqual({ priority: 1, retries: 2 });
  expect(get("before")).toEqual({ priority: 8, retries: 2 });
  expect(get("own")).toEqual({ priority: 9, retries: 2 });
  expect(get("plain")).toEqual({ priority: 1, retries: 2 });
  expect(get("t/0")).toEqual({ priority: 1, retries: 2 });
});
