import type { Executor } from "@millrace/graph";
import {
  TaskGraph,
  createInlineExecutor,
  getDefaultExecutor,
  registerExecutor,
  setDefaultExecutor,
} from "@millrace/graph";
import { describe, expect, it, onTestFinished } from "vitest";

describe("executors", () => {
  const recording = (name: string): Executor & { calls: string[] } => {
    const inline = createInlineExecutor();
    const calls: string[] = [];
    return {
      name,
      calls,
      run: (graph, keys, options) => {
        calls.push(keys.join());
        return inline.run(graph, keys, options);
      },
      stream: (graph, keys, options) => inline.stream(graph, keys, options),
    };
  };

  it("of your own run graphs, named or handed over", async () => {
    const mine = recording("mine");
    const graph = TaskGraph.from({ a: 1 });
    expect(await graph.compute("a", { executor: mine })).toBe(1);
    registerExecutor(mine);
    expect(await graph.compute("a", { executor: "mine" as "inline" })).toBe(1);
    expect(mine.calls).toEqual(["a", "a"]);
    const other = recording("mine");
    registerExecutor(other);
    expect(await graph.compute("a", { executor: "mine" as "inline" })).toBe(1);
    expect([mine.calls.length, other.calls.length]).toEqual([2, 1]);
  });

  it("become the default until another one does", async () => {
    onTestFinished(() => setDefaultExecutor(undefined));
    expect(getDefaultExecutor().name).toBe("inline");
    const mine = recording("default");
    setDefaultExecutor(mine);
    expect(getDefaultExecutor()).toBe(mine);
    await TaskGraph.from({ a: 1 }).compute("a");
    expect(mine.calls).toEqual(["a"]);
    setDefaultExecutor(undefined);
    expect(getDefaultExecutor().name).toBe("inline");
  });

  it("are refused when they are none, or take the name of the inline one", () => {
    expect(() => setDefaultExecutor("nobody-registered-this" as "inline")).toThrow(
      "no executor has this name",
    );
    expect(() => registerExecutor({ name: "x" } as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: registerExecutor: this is not an executor, got an object, wanted an object with name, run() and stream().]`,
    );
    expect(() => registerExecutor(recording("inline"))).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: registerExecutor: this name is taken, got "inline", wanted another name.]`,
    );
  });
});
