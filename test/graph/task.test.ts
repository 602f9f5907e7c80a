import { TaskGraph, ref, task } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const list = (...args: unknown[]): unknown[] => args;
const twice = (x: number): number => x * 2;

const valueOf = (...args: unknown[]): Promise<unknown> =>
  TaskGraph.from({ a: 1, b: task(twice, [ref("a")]), c: task(list, args) }).compute("c");

describe("references among the arguments of a task", () => {
  it("are found inside arrays, objects, Maps and Sets, at any depth", async () => {
    expect(await valueOf([ref("a"), [ref("b"), 3]])).toEqual([[1, [2, 3]]]);
    expect(await valueOf({ x: ref("a"), y: { z: [ref("b")] } })).toEqual([{ x: 1, y: { z: [2] } }]);
    expect(await valueOf(new Map([[ref("a"), ref("b")]]))).toEqual([new Map([[1, 2]])]);
    expect(await valueOf(new Set([ref("a"), { x: ref("b") }]))).toEqual([new Set([1, { x: 2 }])]);
    expect(await valueOf(ref("a"), ref("b"), ref("a"))).toEqual([1, 2, 1]);
  });

  it("are not found in a text that equals a key", async () => {
    expect(await valueOf("a", ["b"], { c: "a" })).toEqual(["a", ["b"], { c: "a" }]);
  });

  it("are not found in instances of classes, which arrive as they are", async () => {
    class Box {
      readonly inside = ref("a");
    }
    const box = new Box();
    const [got] = (await valueOf(box)) as [unknown];
    expect(got).toBe(box);
  });

  it("are not told by their shape alone", async () => {
    const fake = { kind: "millrace.ref", key: "a" };
    expect(await valueOf(fake)).toEqual([fake]);
  });

  it("keep the order and the unusual names of properties", async () => {
    const args = { z: ref("a"), ["__proto__"]: ref("b"), 2: 3, "": 4 };
    const [got] = (await valueOf(args)) as [object];
    expect(Object.entries(got)).toEqual([
      ["2", 3],
      ["z", 1],
      ["__proto__", 2],
      ["", 4],
    ]);
  });

  it("are refused beside a symbol, which would get lost", () => {
    expect(() =>
      TaskGraph.from({ a: 1, b: { [Symbol.for("s")]: 1, x: ref("a") } }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: task: a symbol is the key of a property, got an object, wanted text as keys of objects that hold references.]`,
    );
  });

  it("are refused deeper than 1,000 levels", () => {
    let deep: unknown = ref("a");
    for (let i = 0; i < 5000; i++) deep = [deep];
    expect(() => TaskGraph.from({ a: 1, b: deep })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: task: references are nested too deep, got an array of 1, wanted 1000 levels.]`,
    );
  });
});

describe("plain data as an argument", () => {
  it("arrives as the same object, cyclic, deep or big", async () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const big = Array.from({ length: 1_000_000 }, (_, i) => i);
    const got = (await valueOf(cyclic, deep, big)) as unknown[];
    expect(got[0]).toBe(cyclic);
    expect(got[1]).toBe(deep);
    expect(got[2]).toBe(big);
  });

  it("may be cyclic around a reference only where that has an end", () => {
    const cyclic: unknown[] = [ref("a")];
    cyclic.push(cyclic);
    expect(() => TaskGraph.from({ a: 1, b: cyclic })).toThrow("nested too deep");
  });
});

describe("a promise in a graph", () => {
  it("is waited for, whether tasks are fused or not", async () => {
    const graph = TaskGraph.from({
      a: Promise.resolve(20),
      alias: ref("a"),
      b: task((x: number, [y]: [number]) => x + y, [ref("alias"), [ref("a")]]),
    });
    for (const optimize of [true, false]) {
      expect(await graph.compute(["a", "alias", "b"], { optimize })).toEqual([20, 20, 40]);
    }
  });

  it("among the arguments of a call is handed over as it is", async () => {
    const isPromise = (x: unknown): boolean => x instanceof Promise;
    const graph = TaskGraph.from({ a: task(isPromise, [Promise.resolve()]) });
    expect(await graph.compute("a")).toBe(true);
  });
});

describe("task and ref refuse", () => {
  it("what is no function, no array and no key", () => {
    expect(() => task(1 as never, [])).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: task: the first argument must be a function, got 1, wanted a function.]`,
    );
    expect(() => task(twice, "a" as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: task: the arguments must come as an array, got "a", wanted an array.]`,
    );
    expect(() => ref(1 as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: ref: a key must be a string, got 1, wanted a string.]`,
    );
  });
});

it("a task keeps the arguments it was given, whatever happens to the array", async () => {
  const args: unknown[] = [1];
  const spec = task(list, args);
  args.push(2);
  expect(await TaskGraph.from({ a: spec }).compute("a")).toEqual([1]);
});
