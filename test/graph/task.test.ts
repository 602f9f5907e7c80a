import { execFileSync } from "node:child_process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Delayed, LayeredGraph, MaterializedLayer, TaskGraph, ref, task } from "@millrace/graph";
import { describe, expect, it, onTestFinished } from "vitest";

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

  it("are not found in instances of a class of arrays either", async () => {
    class Row extends Array<unknown> {}
    const row = Row.from([ref("a")]);
    const [got] = (await valueOf(row)) as [unknown];
    expect(got).toBe(row);
  });

  it("leave an object without a prototype without one", async () => {
    const bare: object = Object.assign(Object.create(null) as object, {
      x: ref("a"),
      y: [ref("b")],
    });
    const [got, plain] = (await valueOf(bare, { x: ref("a"), y: [ref("b")] })) as [object, object];
    expect([Object.getPrototypeOf(got), { ...got }]).toEqual([null, { x: 1, y: [2] }]);
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
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

describe("a container of references that stands in several places", () => {
  const inner = [ref("a")];
  const map = new Map([["inner", inner]]);

  it("is one object wherever the call gets it, fused or not", async () => {
    const check = (p: unknown[], q: { p: unknown[]; map: Map<string, unknown> }): unknown => [
      p === q.p,
      q.map.get("inner") === p[0],
      p,
    ];
    const outer = [inner, map, 5];
    for (const optimize of [true, false]) {
      const graph = TaskGraph.from({
        a: task((x: number) => x, [1]),
        b: task(check as never, [outer, { p: outer, map }] as never),
        c: [inner, inner],
      });
      const [b, c] = (await graph.compute(["b", "c"], { optimize })) as [unknown, unknown[]];
      expect(b).toEqual([true, true, [[1], new Map([["inner", [1]]]), 5]]);
      expect(c).toEqual([[1], [1]]);
      expect(c[0]).toBe(c[1]);
    }
  });

  it("does not double the work with each level", async () => {
    let value: unknown = [ref("a")];
    for (let i = 0; i < 500; i++) value = [value, { value }];
    let [got] = (await valueOf(value)) as [unknown];
    for (let i = 0; i < 500; i++) got = (got as [unknown])[0];
    expect(got).toEqual([1]);
  });

  it("makes the program of calls whose arguments are shared in the same way", () => {
    const call = (shared: unknown[], other: unknown[]): unknown => task(list, [shared, other]);
    const [one, two, three] = [[ref("a")], [ref("a")], [ref("a")]];
    const graph = TaskGraph.from({
      a: 1,
      same: call(one, one),
      alsoSame: call(two, two),
      different: call(two, three),
    });
    const programs = graph.core.program;
    expect(programs[1]).toBe(programs[2]);
    expect(programs[2]).not.toBe(programs[3]);
  });
});

it("data that many calls share is looked through once", () => {
  const big = Array.from({ length: 1_000_000 }, (_, i) => i);
  const entries = Array.from({ length: 3000 }, (_, i): [string, unknown] => [
    `k${i}`,
    task(list, [big, i]),
  ]);
  expect(TaskGraph.from(entries).size).toBe(3000);
  expect(
    MaterializedLayer.blocks(
      "l",
      entries.map(([, entry]) => entry),
    ).size,
  ).toBe(3000);
});

it("shapes of arguments that do not come again are not kept for ever", () => {
  const fixture = fileURLToPath(new URL("./fixtures/shapes-are-forgotten.mjs", import.meta.url));
  const printed = execFileSync(process.execPath, ["--expose-gc", fixture], { encoding: "utf8" });
  // Megabytes, for 40,000 shapes.
  expect(Number(printed)).toBeLessThan(15);
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

  it("that rejects before it is read rejects who reads it, and nothing else", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    onTestFinished(() => void process.off("unhandledRejection", listen));
    const thrown = new RangeError("late");
    const rejected = (): Promise<never> => Promise.reject(thrown);
    const graph = TaskGraph.from({ a: rejected(), b: task(list, [ref("a")]) });
    const layers = new LayeredGraph().withLayer(MaterializedLayer.values("l", [rejected()]));
    const lazy = Delayed.value(rejected());
    await nextTurn();
    await nextTurn();
    expect(unhandled).toEqual([]);
    for (const run of [graph.compute("b"), layers.compute("l/0"), lazy.compute()]) {
      await expect(run).rejects.toMatchObject({ code: "graph/task-failed", cause: thrown });
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
    expect(() => task(1 as never, [] as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: task: the first argument must be a function, got 1, wanted a function.]`,
    );
    expect(() => task(twice, "a" as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: task: the arguments must come as an array, got "a", wanted an array.]`,
    );
    expect(() => ref(1 as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: ref: bad key, got 1, wanted a text.]`,
    );
  });
});

it("a task keeps the arguments it was given, whatever happens to the array", async () => {
  const args: unknown[] = [1];
  const spec = task(list, args);
  args.push(2);
  expect(await TaskGraph.from({ a: spec }).compute("a")).toEqual([1]);
});
