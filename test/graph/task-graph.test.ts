import type { CycleError } from "@millrace/graph";
import { TaskGraph, cull, ref, task } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const add = (x: number, y: number): number => x + y;
const inc = (x: number): number => x + 1;

const graph = TaskGraph.from({
  a: 1,
  b: task(add, [ref("a"), 10]),
  c: task(add, [ref("b"), ref("a")], { annotations: { priority: 3 } }),
  d: ref("c"),
});

describe("TaskGraph.from", () => {
  it("takes an object, a Map or any pairs", async () => {
    const pairs: [string, unknown][] = [
      ["b", task(inc, [ref("a")])],
      ["a", 1],
    ];
    for (const entries of [Object.fromEntries(pairs), new Map(pairs), pairs, new Set(pairs)]) {
      expect(await TaskGraph.from(entries).compute("b")).toBe(2);
    }
    expect(TaskGraph.from({}).size).toBe(0);
  });

  it("refuses what holds no entries", () => {
    expect(() => TaskGraph.from(null as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: TaskGraph.from: no entries, got null, wanted an object or pairs of key and task.]`,
    );
    expect(() => TaskGraph.from("ab" as never)).toThrow("no entries");
    expect(() => TaskGraph.from(graph as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: TaskGraph.from: no entries, got a TaskGraph, wanted an object or pairs of key and task.]`,
    );
    expect(() => TaskGraph.from(["ab"] as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: TaskGraph.from: an entry is no pair, got "ab", wanted an array of key and task.]`,
    );
    expect(() => TaskGraph.from([[1, 2]] as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: TaskGraph.from: bad key, got 1, wanted a text.]`,
    );
  });

  it("refuses a key twice and a reference to nothing", () => {
    expect(() =>
      TaskGraph.from([
        ["a", 1],
        ["a", 1],
      ]),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: TaskGraph.from: two different tasks have one key, got "a" twice, wanted one task a key. Give one of them another name.]`,
    );
    expect(() => TaskGraph.from({ a: 1, b: [ref("aa")] })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: graph: the task "b" refers to a key that is not there, got "aa", wanted one of "a", "b".]`,
    );
  });
});

describe("a TaskGraph", () => {
  it("tells its keys, its tasks and who reads whom", () => {
    expect(graph.size).toBe(4);
    expect(graph.keys()).toEqual(["a", "b", "c", "d"]);
    expect([graph.has("a"), graph.has("x"), graph.has("__proto__")]).toEqual([true, false, false]);
    expect(graph.dependencies("c")).toEqual(["b", "a"]);
    expect(graph.dependents("a")).toEqual(["b", "c"]);
    expect(graph.dependents("d")).toEqual([]);
    expect(graph.get("c")).toEqual({
      key: "c",
      inputs: ["b", "a"],
      steps: [
        {
          fn: add,
          args: [
            { kind: "input", input: 0 },
            { kind: "input", input: 1 },
          ],
        },
      ],
      annotations: { priority: 3 },
    });
    expect(graph.get("b").steps[0]?.args[1]).toEqual({ kind: "literal", value: 10 });
  });

  it("sorts every key after those it reads", () => {
    const order = TaskGraph.from({ c: task(inc, [ref("b")]), b: task(inc, [ref("a")]), a: 1 });
    expect(order.toposort()).toEqual(["a", "b", "c"]);
  });

  it("computes one key or several, in the order asked, also twice the same", async () => {
    expect(await graph.compute("c")).toBe(12);
    expect(await graph.compute(["d", "a", "d"])).toEqual([12, 1, 12]);
    expect(await graph.compute([])).toEqual([]);
  });

  it("refuses keys that it has not", async () => {
    await expect(graph.compute("x")).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: no such key, got "x", wanted one of "a", "b", "c", "d".]`,
    );
    await expect(TaskGraph.from({}).compute("x")).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: no such key, got "x", wanted one of (there are none).]`,
    );
    expect(() => graph.get("x")).toThrow("no such key");
    expect(() => graph.dependencies("x")).toThrow("no such key");
    expect(() => graph.dependents("x")).toThrow("no such key");
    expect(() => cull(graph, ["x"])).toThrow("no such key");
    expect(() => graph.materialize("cd" as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: materialize: the keys must be a list, got "cd", wanted an array of keys.]`,
    );
    await expect(graph.compute(1 as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: a key must be a string, got 1, wanted a key or an array of keys.]`,
    );
  });

  it("shows eight of many keys", () => {
    const many = TaskGraph.from(Array.from({ length: 100 }, (_, i) => [`k${i}`, i] as const));
    expect(() => many.get("x")).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: graph: no such key, got "x", wanted one of "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", … (100 keys).]`,
    );
  });
});

describe("cycles", () => {
  it("are named, and nothing runs", async () => {
    let runs = 0;
    const cyclic = TaskGraph.from({
      start: task(() => ++runs, []),
      a: task(add, [ref("c"), ref("start")]),
      b: task(inc, [ref("a")]),
      c: task(inc, [ref("b")]),
      end: task(inc, [ref("c")]),
    });
    expect(() => cyclic.toposort()).toThrowErrorMatchingInlineSnapshot(
      `[CycleError: graph: these tasks wait for each other, got the cycle a → c → b → a, wanted none. Take one of these references out.]`,
    );
    for (const optimize of [true, false]) {
      const error: unknown = await cyclic.compute("end", { optimize }).catch((e: unknown) => e);
      const { code, cycle } = error as CycleError;
      expect(code).toBe("graph/cycle");
      expect([...new Set(cycle)].toSorted()).toEqual(["a", "b", "c"]);
      expect(cycle[0]).toBe(cycle.at(-1));
    }
    expect(runs).toBe(0);
  });

  it("of one task are told too", () => {
    const self = TaskGraph.from({ a: task(inc, [ref("a")]) });
    expect(() => self.toposort()).toThrow("a → a");
  });

  it("of 10,000 tasks are shown in part", () => {
    const long = TaskGraph.from(
      Array.from({ length: 10_000 }, (_, i): [string, unknown] => [
        `k${i}`,
        task(inc, [ref(`k${(i + 1) % 10_000}`)]),
      ]),
    );
    expect(() => long.toposort()).toThrowErrorMatchingInlineSnapshot(
      `[CycleError: graph: these tasks wait for each other, got the cycle k0 → k1 → k2 → k3 → k4 → k5 → … → k9996 → k9997 → k9998 → k9999 → k0, wanted none. Take one of these references out.]`,
    );
  });
});

describe("merge", () => {
  it("joins graphs that share tasks, by identity or by content", async () => {
    const one = TaskGraph.from({ a: 1, b: task((x: number) => x + 1, [ref("a")]), c: ref("b") });
    const two = TaskGraph.from({ b: task((x: number) => x + 1, [ref("a")]), a: 1, d: ref("b") });
    const both = one.merge(two);
    expect(both.keys()).toEqual(["a", "b", "c", "d"]);
    expect(await both.compute(["c", "d"])).toEqual([2, 2]);
    expect(one.merge(TaskGraph.from({}))).toBe(one);
    expect(one.merge(one)).toBe(one);
  });

  it("refuses two tasks under one key", () => {
    const one = TaskGraph.from({ a: 1, b: task(inc, [ref("a")]) });
    expect(() => one.merge(TaskGraph.from({ a: 2 }))).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: merge: two different tasks have one key, got "a" twice, wanted one task a key. Give one of them another name.]`,
    );
    const otherInput = TaskGraph.from({ x: 1, b: task(inc, [ref("x")]) });
    expect(() => one.merge(otherInput)).toThrow("two different tasks");
    const otherFunction = TaskGraph.from({ a: 1, b: task((x: number) => x + 2, [ref("a")]) });
    expect(() => one.merge(otherFunction)).toThrow("two different tasks");
  });

  it("keeps what either graph advises", () => {
    const spec = (annotations: object): TaskGraph =>
      TaskGraph.from({ a: task(add, [1, 2], { annotations }) });
    const both = spec({ priority: 1 }).merge(spec({ priority: 2, retries: 1 }));
    expect(both.get("a").annotations).toEqual({ priority: 2, retries: 1 });
    expect(() => spec({ workers: ["one"] }).merge(spec({}))).toThrow("two different tasks");
  });
});
