import { delayed } from "@millrace/delayed";
import {
  BlockwiseLayer,
  Delayed,
  MaterializedLayer,
  ShuffleLayer,
  TaskGraph,
  TreeReduceLayer,
  ref,
  task,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

const one = (): number => 1;
const call = { fn: (...args: unknown[]) => args };

/** Every way in which somebody can give a key, or the name of a layer that begins keys. */
const ways: Readonly<Record<string, (key: string) => unknown>> = {
  "TaskGraph.from": (key) => TaskGraph.from({ [key]: 1 }),
  "TaskGraph.from pairs": (key) => TaskGraph.from([[key, 1]]),
  ref: (key) => ref(key),
  "delayed name": (name) => delayed(one, { name })(),
  "delayed.value name": (name) => delayed.value(1, { name }),
  "Delayed.call name": (name) => Delayed.call(one, [], { name }),
  "key of a MaterializedLayer": (key) => new MaterializedLayer("layer", { [key]: 1 }),
  "name of a MaterializedLayer": (name) => new MaterializedLayer(name, { a: 1 }),
  "MaterializedLayer.blocks": (name) => MaterializedLayer.blocks(name, [1]),
  "name of a BlockwiseLayer": (name) =>
    new BlockwiseLayer(name, {
      count: 1,
      inputs: [],
      steps: [{ fn: one, args: [] }],
    }),
  "name of a ShuffleLayer": (name) =>
    new ShuffleLayer(name, { input: "in", count: 1, npartitions: 1, split: call, join: call }),
  "name of a TreeReduceLayer": (name) =>
    new TreeReduceLayer(name, { input: "in", count: 4, combine: call }),
};

const bad: Readonly<Record<string, string>> = {
  "an empty text": "",
  "10 MB": "x".repeat(10_000_000),
  "one character too much": "x".repeat(4097),
  "half a surrogate pair": "a\ud83d",
  "the other half": "\ude00a",
};

describe.each(Object.entries(ways))("%s", (_, give) => {
  it.each(Object.entries(bad))("refuses %s where it is given", (_name, key) => {
    expect(() => give(key)).toThrow(
      expect.objectContaining({ code: "graph/invalid-argument", name: "GraphError" }),
    );
  });

  it.each(["__proto__", "constructor", "hasOwnProperty", "..", "<img onerror=x>", "😀"])(
    "takes %s",
    (key) => {
      expect(() => give(key)).not.toThrow();
    },
  );

  it("takes 4096 characters", () => {
    expect(() => give("x".repeat(4096))).not.toThrow();
  });
});

it("says what is wrong with a key, and shows little of it", () => {
  const said = (key: string): string => {
    try {
      return String(TaskGraph.from([[key, 1]]).size);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(Object.values(bad).map(said)).toMatchInlineSnapshot(`
    [
      "TaskGraph.from: bad key, got "", wanted a text that is not empty.",
      "TaskGraph.from: bad key, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., wanted at most 4096 characters, not 10000000.",
      "TaskGraph.from: bad key, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., wanted at most 4096 characters, not 4097.",
      "TaskGraph.from: bad key, got "a\\ud83d", wanted a text without halves of surrogate pairs.",
      "TaskGraph.from: bad key, got "\\ude00a", wanted a text without halves of surrogate pairs.",
    ]
  `);
});

it("what the keys of objects are called after is no danger to a graph", async () => {
  const graph = TaskGraph.from([
    ["__proto__", 1],
    ["constructor", task((n: number) => n + 1, [ref("__proto__")])],
    ["hasOwnProperty", task((n: number) => n + 1, [ref("constructor")])],
  ]);
  expect(await graph.compute(["__proto__", "constructor", "hasOwnProperty"])).toEqual([1, 2, 3]);
});

it("functions of any name can be called", () => {
  const names = ["x".repeat(10_000_000), "half \ud83d", "a/b", "", 5, { toString: null }];
  const keys = names.map((value) => {
    const fn = Object.defineProperty(() => 1, "name", { value });
    return [Delayed.call(fn, []).key, Delayed.call(fn, [], { pure: true }).key];
  });
  for (const key of keys.flat()) {
    expect(key.length).toBeLessThan(200);
    expect(key.isWellFormed()).toBe(true);
  }
});
