import type { IndexMap, Key, Program, TaskFunction } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
  annotate,
  blockInput,
  blockKeys,
  blockStep,
  blocksOf,
  optimizeLayers,
  ref,
  stepArray,
  stepLiteral,
  stepResult,
  task,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

import { blockBytes } from "../../../packages/distributed/src/codec/block.ts";
import { decodeGraph } from "../../../packages/distributed/src/codec/graph/decode-graph.ts";
import { encodeGraph } from "../../../packages/distributed/src/codec/graph/encode-graph.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { HeldOutput, ShippedValue } from "../../../packages/distributed/src/messages/shipped.ts";
import { standIn } from "../../../packages/distributed/src/scheduler/stand-in.ts";
import { byName, expectSame, hashOf, shippedValue } from "./shipped-graphs.ts";

const [f, g, h] = ["f", "g", "h"].map((name) => standIn(hashOf(name))) as [
  TaskFunction,
  TaskFunction,
  TaskFunction,
];

const layered = (...layers: Parameters<LayeredGraph["withLayer"]>[0][]): LayeredGraph =>
  layers.reduce((graph, layer) => graph.withLayer(layer), new LayeredGraph());

const numbers = (count: number, name = "numbers"): BlockwiseLayer =>
  new BlockwiseLayer(name, {
    count,
    inputs: [{ kind: "index" }],
    steps: [blockStep(f, blockInput(0))],
  });

const bytesOf = (graph: LayeredGraph, keys: readonly Key[]): number =>
  blockBytes(encodeGraph(graph, keys));

describe("layers come back as they were", () => {
  it("no layers and no keys", () => {
    expectSame(new LayeredGraph(), []);
  });

  it("blockwise, with every kind of input", () => {
    const values = [1, "two", null, undefined, 2n ** 80n, -0, shippedValue({ a: 1 })];
    const layer = new BlockwiseLayer("all", {
      count: 7,
      inputs: [
        { kind: "index" },
        { kind: "block", layer: "numbers" },
        { kind: "block", layer: "numbers", index: { times: -1, plus: 6 } },
        { kind: "block", layer: "numbers", index: { times: 3, plus: -2, over: 2, modulo: 5 } },
        { kind: "blocks", layer: "numbers", start: { over: 2 } },
        { kind: "key", key: "numbers/2" },
        { kind: "key", key: "one" },
        { kind: "values", values },
      ],
      steps: [
        blockStep(f, ...Array.from({ length: 8 }, (_, n) => blockInput(n))),
        blockStep(g, stepResult(0), stepArray(stepLiteral(shippedValue([1])), stepLiteral("x"))),
      ],
    });
    const one = new MaterializedLayer("ones", { one: 1 });
    expectSame(layered(numbers(7), one, layer), blockKeys("all", 0, 7));
  });

  it.each<IndexMap | undefined>([
    undefined,
    {},
    { times: 2, plus: -3, over: 4, modulo: 5 },
    { plus: Number.MIN_SAFE_INTEGER },
    { modulo: Number.MAX_SAFE_INTEGER },
  ])("an index map %j", (index) => {
    const inputs = [{ kind: "block", layer: "numbers", ...(index && { index }) }] as const;
    const steps = [blockStep(f, blockInput(0))];
    const graph = layered(new BlockwiseLayer("mapped", { count: 3, inputs, steps }));
    const back = decodeGraph(encodeGraph(graph, [])).graph.layers.get("mapped") as BlockwiseLayer;
    expect(back.inputs).toStrictEqual(inputs);
  });

  it("tree reductions and shuffles, with arguments and without", () => {
    const big = shippedValue([1, 2, 3]);
    const total = new TreeReduceLayer("total", {
      input: "numbers",
      count: 100,
      splitEvery: 3,
      combine: { fn: f },
      aggregate: { fn: g, args: [big, 4] },
    });
    const dealt = new ShuffleLayer("dealt", {
      input: "numbers",
      count: 100,
      npartitions: 5,
      split: { fn: f, args: [big] },
      shared: ["total/0", "numbers/7"],
      join: { fn: g, args: [] },
    });
    const { graph } = expectSame(layered(numbers(100), total, dealt), [
      "total/0",
      ...blockKeys("dealt", 0, 5),
    ]);
    const back = graph.layers.get("total") as TreeReduceLayer;
    expect(back.combine).toStrictEqual({ fn: f });
    const [value] = back.aggregate.args as [ShippedValue];
    expect((graph.layers.get("dealt") as ShuffleLayer).split.args).toEqual([value]);
    expect((graph.layers.get("dealt") as ShuffleLayer).split.args?.[0]).toBe(value);
  });

  it("materialized, with references in containers of every kind", () => {
    const a = ref("a");
    const graph = layered(
      new MaterializedLayer("tasks", {
        a: 1,
        b: task(f, [
          a,
          [a, ref("c")],
          new Set([a]),
          new Map([[a, [a]]]),
          { x: a, __proto__: null },
        ]),
        c: task(g, [{ ["__proto__"]: a, constructor: a }, [], {}, 7n]),
        "tasks/9": task(f, [ref("numbers/3"), ref("c")]),
      }),
      numbers(4),
    ).replace({ fn: (fn) => fn, value: (value) => (isPlain(value) ? value : shippedValue(value)) });
    expectSame(graph, ["b", "tasks/9", "numbers/0"]);
  });

  it("materialized values under the numbers of blocks", () => {
    const values = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? i : `text ${i}`));
    const { graph } = expectSame(layered(MaterializedLayer.values("v", values)), ["v/299", "v/0"]);
    expect(graph.layers.get("v")?.keys.prefix).toBe("v/");
  });

  it("outputs of earlier runs are values", () => {
    const layer = MaterializedLayer.values("held", [
      new HeldOutput(3, 0),
      new HeldOutput(70_000, 9),
    ]);
    const { graph } = expectSame(layered(layer), ["held/0", "held/1"]);
    const back = graph.layers.get("held") as MaterializedLayer;
    expect(back.entry(1).constants[0]).toStrictEqual(new HeldOutput(70_000, 9));
  });

  it("tokens, and the layers that optimized ones stand for", () => {
    const first = new BlockwiseLayer("first", {
      count: 3,
      inputs: [{ kind: "index" }],
      steps: [blockStep(f, blockInput(0))],
      token: "token of first",
    });
    const second = new BlockwiseLayer("second", {
      count: 3,
      inputs: [{ kind: "block", layer: "first" }],
      steps: [blockStep(g, blockInput(0))],
    });
    const keys = blockKeys("second", 0, 3);
    const optimized = optimizeLayers(layered(first, second), keys);
    const { graph } = expectSame(optimized, keys);
    // The scheduler can tell that both are one.
    expect(() => graph.withLayer(second)).not.toThrow();
    expectSame(layered(first, MaterializedLayer.values("v", [1], { token: "of v" })), ["v/0"]);
  });

  it("annotations, those that several layers and tasks share still shared", () => {
    const advice = {
      priority: -1.5,
      retries: 2,
      timeoutMs: 5,
      workers: ["a", "b"],
      allowOtherWorkers: true,
    };
    const graph = annotate({ ...advice, resources: { gpu: 0.5, ["__proto__"]: 1 } }, () =>
      layered(
        numbers(3),
        new TreeReduceLayer("total", { input: "numbers", count: 3, combine: { fn: f } }),
        new MaterializedLayer("tasks", {
          a: task(g, [1]),
          b: task(g, [2], { annotations: { resources: { cpu: 2 } } }),
          c: task(g, [3]),
        }),
      ),
    );
    for (const each of [graph, graph.replace(byName())]) {
      expectSame(each, ["total/0", "a", "b", "c", "numbers/2"]);
    }
  });

  it("layers come in the order in which they were met, however many", () => {
    const names = Array.from({ length: 60 }, (_, i) => `layer-${(i * 37) % 60}`);
    const graph = layered(...names.map((name) => numbers(2, name)));
    expectSame(
      graph,
      names.map((name) => `${name}/1`),
    );
  });

  it("keys are what they were, whatever they look like", () => {
    const keys = ["/", "n/", "/1", "n/01", "n/1", "n/2", "n/-1", "n/1e3", "x/1", "ä/\ud83d\ude00"];
    const graph = layered(
      numbers(3, "n"),
      new MaterializedLayer(
        "named",
        keys.filter((key) => !["n/1", "n/2"].includes(key)).map((key) => [key, 1] as const),
      ),
    );
    expectSame(graph, keys);
    expectSame(graph, keys.toReversed());
    const long = "long".repeat(50);
    expectSame(layered(numbers(300, long)), blockKeys(long, 0, 300));
  });
});

describe("what is shared stays shared", () => {
  it("programs and stand-ins, within a layer and between layers", () => {
    const graph = layered(
      new MaterializedLayer("one", { a: task(f, [1]), b: task(f, [2]), c: task(g, [ref("a")]) }),
      new MaterializedLayer("two", { d: task(f, [3]), e: 4, f: 5 }),
    );
    const { graph: back } = expectSame(graph, ["c", "d"]);
    const [one, two] = ["one", "two"].map((name) => back.layers.get(name)) as MaterializedLayer[];
    const of = (layer: MaterializedLayer | undefined, index: number): Program | undefined =>
      layer?.entry(index).program;
    expect(of(one, 1)).toBe(of(one, 0));
    expect(of(two, 0)).toBe(of(one, 0));
    expect(of(two, 2)).toBe(of(two, 1));
    expect(of(one, 2)).not.toBe(of(one, 0));
    expect(of(one, 0)?.steps[0]?.fn).toBe(f);
  });

  it("one shipped value in many tasks is written once, and is one object", () => {
    const value = shippedValue(Array.from({ length: 100 }, (_, i) => `word ${i}`));
    const layer = MaterializedLayer.values("v", new Array<unknown>(1_000).fill(value));
    const graph = layered(layer);
    const back = decodeGraph(encodeGraph(graph, [])).graph.layers.get("v") as MaterializedLayer;
    const values = new Set(Array.from({ length: 1_000 }, (_, i) => back.entry(i).constants[0]));
    expect([...values]).toEqual([value]);
    expect(bytesOf(graph, [])).toBeLessThan(blockBytes(value.block) + 4_000);
  });

  it("large parts of shipped values are buffers of the block, on both sides", () => {
    const block = encodeValue([new Float64Array(10_000), "x".repeat(10_000)], { shared: true });
    const value = new ShippedValue(block, [hashOf("inner")], "token", true);
    const graph = layered(MaterializedLayer.values("v", [value, 1]));
    const encoded = encodeGraph(graph, ["v/0"]);
    expect(encoded.buffers).toEqual([block.header, ...block.buffers]);
    expect(encoded.buffers[1]).toBe(block.buffers[0]);
    const back = decodeGraph(encoded).graph.layers.get("v") as MaterializedLayer;
    const decoded = back.entry(0).constants[0] as ShippedValue;
    expect(decoded).toEqual(value);
    expect(decoded.block.header).toBe(block.header);
    expect(decoded.block.buffers[0]).toBe(block.buffers[0]);
    const small = shippedValue("small");
    const other = encodeGraph(layered(MaterializedLayer.values("v", [small])), []);
    const shown = decodeGraph(other).graph.layers.get("v") as MaterializedLayer;
    const { header } = (shown.entry(0).constants[0] as ShippedValue).block;
    expect(header.buffer).toBe(other.header.buffer);
  });
});

it("keys that are known to be blocks are so on the other side", () => {
  const graph = layered(numbers(100), numbers(5, "others"));
  const read = (keys: readonly Key[]): unknown => {
    const found = decodeGraph(encodeGraph(graph, keys)).keys;
    expect(found).toEqual(keys);
    return blocksOf(found);
  };
  expect(read(blockKeys("numbers", 0, 100))).toEqual({ layer: "numbers", start: 0, end: 100 });
  expect(read(blockKeys("others", 2, 5))).toEqual({ layer: "others", start: 2, end: 5 });
  expect(read(["others/4"])).toEqual({ layer: "others", start: 4, end: 5 });
  expect(read([])).toBeUndefined();
  expect(read(["numbers/0", "numbers/2"])).toBeUndefined();
  expect(read(["numbers/98", "numbers/99", "others/0"])).toBeUndefined();
});

describe("bytes", () => {
  it("a symbolic layer takes as many, whatever the number of its tasks", () => {
    const few = bytesOf(layered(numbers(100)), []);
    expect(bytesOf(layered(numbers(1_000_000)), [])).toBeLessThan(few + 4);
    expect(few).toBeLessThan(130);
  });

  it("keys of blocks that follow each other take one each", () => {
    const graph = layered(numbers(100_000));
    const none = bytesOf(graph, []);
    const keys = blockKeys("numbers", 0, 100_000);
    expect(bytesOf(graph, keys)).toBeLessThan(none + 100_010);
    expect(encodeGraph(graph, keys)).toEqual(encodeGraph(graph, [...keys]));
  });

  it("a hundred thousand tasks with a program each take some ten beside key and value", () => {
    const count = 100_000;
    const keys = Array.from({ length: count }, (_, i) => `task-${i}-${hashOf(`${i}`).slice(0, 8)}`);
    const program = (i: number): Program => ({
      steps: [
        {
          fn: f,
          args: [
            { kind: "input", input: 0 },
            { kind: "literal", value: i % 100 },
          ],
        },
      ],
      inputCount: i === 0 ? 0 : 1,
      constantCount: 0,
      freed: [[]],
      freedInputs: [[0]],
    });
    const entry = (i: number) => ({
      program:
        i === 0 ? { ...program(0), steps: [{ fn: f, args: [] }], freedInputs: [[]] } : program(i),
      inputs: i === 0 ? [] : [keys[Math.floor(i / 2)] as Key],
      constants: [],
      annotations: undefined,
    });
    const entries = new Map(keys.map((key, i) => [key, entry(i)]));
    const graph = layered(MaterializedLayer.parsed("tasks", entries));
    const text = keys.reduce((sum, key) => sum + key.length, 0);
    const block = encodeGraph(graph, []);
    expect((blockBytes(block) - text) / count).toBeLessThan(12);
    const back = decodeGraph(block).graph.layers.get("tasks") as MaterializedLayer;
    expect(back.entry(70_001)).toEqual(entry(70_001));
  });

  it("a hundred thousand tasks of one program take five beside key and value", () => {
    const count = 100_000;
    const keys = Array.from({ length: count }, (_, i) => `task-${i}`);
    const tasks = keys.map((key, i) => [key, i === 0 ? 1 : task(g, [ref(keys[i - 1] as Key), 7])]);
    const graph = layered(new MaterializedLayer("tasks", tasks as [Key, unknown][]));
    const text = keys.reduce((sum, key) => sum + key.length, 0);
    expect((bytesOf(graph, [keys.at(-1) as Key]) - text) / count).toBeLessThan(5.1);
  });
});

describe("what is no shipped graph is refused", () => {
  const values = (value: unknown): LayeredGraph => layered(MaterializedLayer.values("v", [value]));

  it.each([[{}], [Symbol.iterator], [() => 1], [new Date(0)]])("the value %s", (value) => {
    expect(() => encodeGraph(values(value), [])).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
  });

  it("a function that is no stand-in, or one of no captured function", () => {
    const tasks = (fn: TaskFunction): LayeredGraph =>
      layered(new MaterializedLayer("t", { a: task(fn, []) }));
    expect(() =>
      encodeGraph(
        tasks(() => 1),
        [],
      ),
    ).toThrow(/no stand-in/);
    expect(() => encodeGraph(tasks(standIn("square")), [])).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
    expect(() => encodeGraph(tasks(h), [])).not.toThrow();
  });

  it("references nested deeper than any task can have them", () => {
    const nested = (levels: number): LayeredGraph => {
      let arg: Parameters<typeof blockStep>[1] = blockInput(0);
      for (let i = 0; i < levels; i++) arg = stepArray(arg);
      const inputs = [{ kind: "index" }] as const;
      const layer = new BlockwiseLayer("deep", { count: 1, inputs, steps: [blockStep(f, arg)] });
      return layered(layer);
    };
    expectSame(nested(1_002), []);
    expect(() => encodeGraph(nested(1_003), [])).toThrow(
      expect.objectContaining({ code: "distributed/not-serializable" }),
    );
  });
});

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}
