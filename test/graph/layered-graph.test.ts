import { BlockwiseLayer, LayeredGraph, MaterializedLayer, order, ref, task } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const inc = (x: number): number => x + 1;
const range = (name: string, count: number, fn = inc): BlockwiseLayer =>
  new BlockwiseLayer(name, {
    count,
    inputs: [{ kind: "index" }],
    steps: [{ fn, args: [{ kind: "input", input: 0 }] }],
  });
const over = (name: string, layer: string, count: number): BlockwiseLayer =>
  new BlockwiseLayer(name, {
    count,
    inputs: [{ kind: "block", layer }],
    steps: [{ fn: inc, args: [{ kind: "input", input: 0 }] }],
  });

describe("a LayeredGraph", () => {
  it("shares its layers with what derives from it", () => {
    const base = new LayeredGraph().withLayer(range("a", 3));
    const left = base.withLayer(over("l", "a", 3));
    const right = base.withLayer(over("r", "a", 3));
    expect(base.size).toBe(3);
    expect(left.layers.get("a")).toBe(right.layers.get("a"));
    expect([...left.merge(right).layers.keys()].toSorted()).toEqual(["a", "l", "r"]);
    expect(left.merge(base)).toBe(left);
    expect(base.merge(left)).toBe(left);
    expect(new LayeredGraph().merge(left)).toBe(left);
    expect(left.merge(new LayeredGraph())).toBe(left);
  });

  it("writes out only what the keys need", () => {
    const graph = new LayeredGraph().withLayer(range("a", 100)).withLayer(over("b", "a", 100));
    expect(graph.materialize(["b/7", "b/10"]).keys()).toEqual(["a/7", "a/10", "b/7", "b/10"]);
    expect(graph.materialize([]).size).toBe(0);
    expect(graph.materialize().size).toBe(200);
  });

  it("of huge layers costs what is needed of them", async () => {
    const count = 2_000_000_000;
    let graph = new LayeredGraph().withLayer(range("l0", count));
    for (let i = 1; i < 300; i++) graph = graph.withLayer(over(`l${i}`, `l${i - 1}`, count));
    const few = ["l299/1999999999", "l299/5"];
    const tasks = graph.materialize(few);
    expect(tasks.size).toBe(600);
    expect(tasks.has("l7/1999999999")).toBe(true);
    expect(order(tasks).get("l0/5")).toBe(0);
    for (const optimize of [true, false]) {
      expect(await graph.compute(few, { optimize })).toEqual([2_000_000_299, 305]);
    }
    expect(() => graph.withLayer(over("m", "l0", 2 ** 31))).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: bad count, got 2147483648, wanted 2147483647 at most.]`,
    );
    const behind = graph.withLayer(new MaterializedLayer("m", { k: ref(`l0/${count}`) }));
    expect(() => behind.materialize(["k"])).toThrow("a key that no layer has");
  });

  it("writes out many tasks of a big layer, few of it, and all", () => {
    const count = 100_000;
    const graph = new LayeredGraph().withLayer(range("a", count)).withLayer(over("b", "a", count));
    for (const step of [1, 2, 31, 33, 5000]) {
      const keys = Array.from({ length: count / step }, (_, i) => `b/${i * step}`);
      const tasks = graph.materialize(keys.toReversed());
      expect(tasks.size).toBe(2 * keys.length);
      expect(tasks.dependencies(keys.at(-1) as string)).toEqual([`a/${(keys.length - 1) * step}`]);
      expect(tasks.keys().slice(keys.length)).toEqual(keys);
    }
  });

  it("has an order for a part of several layers, whatever their names", () => {
    const graph = new LayeredGraph().withLayer(range("b", 9)).withLayer(over("a", "b", 9));
    expect(order(graph.materialize(["a/3", "a/5"]))).toEqual(
      new Map([
        ["b/3", 0],
        ["a/3", 1],
        ["b/5", 2],
        ["a/5", 3],
      ]),
    );
  });

  it("finds references across layers in both directions", async () => {
    const graph = new LayeredGraph()
      .withLayer(new MaterializedLayer("late", { x: task(inc, [ref("a/2")]), z: ref("y") }))
      .withLayer(range("a", 3))
      .withLayer(new MaterializedLayer("early", { y: task(inc, [ref("x")]) }));
    expect(await graph.compute(["z", "a/0"])).toEqual([5, 1]);
    expect([graph.has("x"), graph.has("a/2"), graph.has("a/3"), graph.has("a/02")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("keeps one task that two layers have, and what both advise", async () => {
    const entry = (priority: number): object => ({
      x: task(inc, [1], { annotations: { priority } }),
    });
    const graph = new LayeredGraph()
      .withLayer(new MaterializedLayer("one", { ...entry(1), y: ref("x") }))
      .withLayer(new MaterializedLayer("two", { ...entry(5), z: ref("x") }));
    expect(graph.materialize().size).toBe(3);
    expect(graph.materialize(["y"]).get("x").annotations).toEqual({ priority: 5 });
    expect(await graph.compute(["y", "z"])).toEqual([2, 2]);
  });
});

describe("conflicts of layers", () => {
  it("are none for the same layer, by identity, token or content", () => {
    const graph = new LayeredGraph().withLayer(range("a", 3));
    expect(graph.withLayer(range("a", 3))).toBe(graph);
    const adder = (k: number) => (x: number) => x + k;
    const added = new LayeredGraph().withLayer(range("a", 3, adder(1)));
    expect(added.withLayer(range("a", 3, adder(1)))).toBe(added);
    const tokened = (fn: (x: number) => number): BlockwiseLayer =>
      new BlockwiseLayer("t", { count: 1, inputs: [], steps: [{ fn, args: [] }], token: "same" });
    const byToken = new LayeredGraph().withLayer(tokened(adder(1)));
    expect(byToken.withLayer(tokened(adder(2)))).toBe(byToken);
  });

  it("are refused when two layers have one name", () => {
    const graph = new LayeredGraph().withLayer(range("a", 3));
    expect(() => graph.withLayer(range("a", 4))).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: withLayer: two different layers have one name, got "a" twice, wanted one layer a name. Give one of them another name.]`,
    );
    const other = new LayeredGraph().withLayer(range("a", 3, (x) => x + 2));
    expect(() => graph.merge(other)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: merge: two different layers have one name, got "a" twice, wanted one layer a name. Give one of them another name.]`,
    );
    const named = (x: number): LayeredGraph =>
      new LayeredGraph().withLayer(new MaterializedLayer("m", { k: x, l: 0 }));
    expect(() => named(1).merge(named(2))).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: merge: two different tasks have one key, got "k" twice, wanted one task a key. Give one of them another name.]`,
    );
  });

  it("are refused when two layers have different tasks under one key", () => {
    const graph = new LayeredGraph()
      .withLayer(new MaterializedLayer("one", { x: 1 }))
      .withLayer(new MaterializedLayer("two", { x: 2 }));
    expect(() => graph.materialize(["x"])).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: graph: two different tasks have one key, got "x" twice, wanted one task a key. Give one of them another name.]`,
    );
    const shadowed = new LayeredGraph()
      .withLayer(range("a", 3))
      .withLayer(new MaterializedLayer("one", { "a/1": 1 }));
    expect(() => shadowed.materialize()).toThrow('"a/1" twice');
  });
});

describe("what is missing in a LayeredGraph", () => {
  const graph = new LayeredGraph().withLayer(range("a", 3));

  it("is told with the names that exist", async () => {
    await expect(graph.compute("x")).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: no such key, got "x", wanted a key of the layers "a".]`,
    );
    await expect(new LayeredGraph().compute("x")).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: no such key, got "x", wanted a key of the layers (there are none).]`,
    );
    expect(() =>
      graph.withLayer(over("b", "aa", 3)).materialize(),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: graph: a layer reads a layer that is not there, got "aa", wanted one of "a", "b". Add it with withLayer.]`,
    );
    expect(() =>
      graph.withLayer(over("b", "a", 4)).materialize(),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: graph: a layer reads a block that is not there, got block 3 of "a", wanted 0 to 2.]`,
    );
    const dangling = graph.withLayer(new MaterializedLayer("m", { k: ref("a/3") }));
    expect(() => dangling.materialize(["k"])).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: graph: a task refers to a key that no layer has, got "a/3", wanted a key of the layers "a", "m".]`,
    );
    expect(() => graph.materialize("a/1" as never)).toThrow("the keys must be a list");
  });

  it("is not mistaken for a task whose key is the name of the layer", () => {
    const named = new LayeredGraph()
      .withLayer(new MaterializedLayer("m", { source: 1 }))
      .withLayer(over("b", "source", 1));
    expect(() => named.materialize(["b/0"])).toThrow("a layer reads a layer that is not there");
  });
});
