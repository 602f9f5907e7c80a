import { setImmediate as nextTurn } from "node:timers/promises";
import type { Executor, Finished } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  TaskGraph,
  createInlineExecutor,
  ref,
  streamGraph,
  task,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

import { gate } from "../lib/gate.ts";

const list = (...args: unknown[]): unknown[] => args;

/** Blocks `in/i` and readers `out/i`, and which have started. */
function blocks(
  count: number,
  work: (i: number) => unknown = (i) => i,
): {
  graph: LayeredGraph;
  keys: string[];
  started: number[];
} {
  const started: number[] = [];
  const run = (i: number): unknown => {
    started.push(i);
    return work(i);
  };
  const layer = new BlockwiseLayer("out", {
    count,
    inputs: [{ kind: "index" }],
    steps: [{ fn: run, args: [{ kind: "input", input: 0 }] }],
  });
  const keys = Array.from({ length: count }, (_, i) => `out/${i}`);
  return { graph: new LayeredGraph().withLayer(layer), keys, started };
}

async function collect(stream: AsyncIterable<Finished>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const { value } of stream) seen.push(value);
  return seen;
}

describe("streamGraph", () => {
  it("gives the values in the order of the keys, however long each takes", async () => {
    const gates = Array.from({ length: 4 }, () => gate<number>());
    const { graph } = blocks(4, (i) => gates[i]?.promise);
    const keys = ["out/2", "out/0", "out/2", "out/3"];
    const stream = collect(streamGraph(graph, keys, { lookahead: 4 }));
    await nextTurn();
    for (const i of [3, 0, 2, 1]) gates[i]?.resolve(i);
    expect(await stream).toEqual([2, 0, 2, 3]);
  });

  it("tells key and position of each value", async () => {
    const { graph } = blocks(2);
    const seen: Finished[] = [];
    for await (const each of streamGraph(graph, ["out/1", "out/0"])) seen.push(each);
    expect(seen).toEqual([
      { key: "out/1", index: 0, value: 1 },
      { key: "out/0", index: 1, value: 0 },
    ]);
    expect(await collect(streamGraph(graph, []))).toEqual([]);
  });

  it.each([1, 2, 5])(
    "has at most %d values begun that the reader has not done with",
    async (lookahead) => {
      const { graph, keys, started } = blocks(20);
      let read = 0;
      for await (const { value } of streamGraph(graph, keys, { lookahead })) {
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        // The one in hand is not done with before the next one is asked for.
        expect(started.length).toBe(Math.min(20, read + lookahead));
        expect(value).toBe(read++);
      }
      expect(read).toBe(20);
    },
  );

  it("does not start what only later values need", async () => {
    const started: string[] = [];
    const note = (name: string): string => {
      started.push(name);
      return name;
    };
    const graph = TaskGraph.from({
      shared: task(note, ["shared"]),
      early: task(note, ["early"]),
      late: task(note, ["late"]),
      a: task(list, [ref("shared"), ref("early")]),
      b: task(list, [ref("shared")]),
      c: task(list, [ref("late")]),
    });
    const stream = streamGraph(graph, ["a", "b", "c"], { lookahead: 1 })[Symbol.asyncIterator]();
    await stream.next();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(started.toSorted()).toEqual(["early", "shared"]);
    await stream.return?.();
  });

  it("left early starts nothing more and waits for nothing that hangs", async () => {
    const { graph, keys, started } = blocks(100, (i) =>
      i === 0 ? 0 : new Promise(() => undefined),
    );
    for await (const { value } of streamGraph(graph, keys)) {
      expect(value).toBe(0);
      break;
    }
    const startedThen = started.length;
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(started.length).toBe(startedThen);
    expect(startedThen).toBeLessThanOrEqual(3);
  });

  it("unordered gives what has finished first", async () => {
    const gates = Array.from({ length: 3 }, () => gate<number>());
    const { graph, keys } = blocks(3, (i) => gates[i]?.promise);
    const stream = streamGraph(graph, [...keys, "out/1"], { ordered: false, lookahead: 4 });
    const seen = collect(stream);
    await nextTurn();
    for (const i of [1, 2, 0]) {
      gates[i]?.resolve(i);
      await nextTurn();
    }
    expect(await seen).toEqual([1, 1, 2, 0]);
  });

  it("gives what came before a failure, then the failure", async () => {
    const fail = (i: number): number => {
      if (i === 2) throw new Error("third");
      return i;
    };
    const { graph, keys } = blocks(5, fail);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const { value } of streamGraph(graph, keys, { lookahead: 5 })) seen.push(value);
    })();
    await expect(reading).rejects.toMatchObject({ code: "graph/task-failed", key: "out/2" });
    expect(seen).toEqual([0, 1]);
  });

  it("can be cancelled while the reader waits", async () => {
    const controller = new AbortController();
    const { graph, keys } = blocks(2, () => new Promise(() => undefined));
    const reading = collect(streamGraph(graph, keys, { signal: controller.signal }));
    await nextTurn();
    controller.abort("enough");
    await expect(reading).rejects.toMatchObject({ code: "graph/cancelled", cause: "enough" });
  });

  it("refuses what it cannot do at the caller's line", () => {
    const { graph } = blocks(2);
    const message = (keys: unknown, options: object = {}): unknown => {
      try {
        return streamGraph(graph, keys as string[], options);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message(["out/0", "nope"])).toMatchInlineSnapshot(
      `"streamGraph: no such key, got "nope", wanted a key of the layers "out"."`,
    );
    expect(message("out/0")).toMatchInlineSnapshot(
      `"streamGraph: the keys must be a list, got "out/0", wanted an array of keys."`,
    );
    expect(message([1])).toContain("streamGraph: a key must be a string");
    expect(message([], { workers: ["one"] })).toMatchInlineSnapshot(
      `"streamGraph: the inline executor has no workers, got the option 'workers', wanted none. Leave it out, or run on a cluster."`,
    );
    expect(message([], { lookAhead: 2 })).toMatchInlineSnapshot(
      `"streamGraph: no such option, got "lookAhead", wanted one of executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers, ordered, lookahead."`,
    );
  });

  it("refuses bad options at the caller's line", () => {
    const { graph, keys } = blocks(1);
    expect(() => streamGraph(graph, keys, { lookahead: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: streamGraph: bad lookahead, got 0, wanted a whole number of 1 or more.]`,
    );
    expect(() => streamGraph(graph, keys, { ordered: 1 } as never)).toThrow(
      "ordered must be a boolean",
    );
    expect(() => streamGraph(graph, keys, { lookAhead: 2 } as never)).toThrow("no such option");
  });

  it("goes over the optimized graph, as compute does, unless it is told not to", async () => {
    const { graph, keys, started } = blocks(3);
    const more = new BlockwiseLayer("more", {
      count: 3,
      inputs: [{ kind: "block", layer: "out" }],
      steps: [{ fn: (x: number) => x * 10, args: [{ kind: "input", input: 0 }] }],
    });
    const layerCounts: number[] = [];
    const inline = createInlineExecutor();
    const executor: Executor = {
      ...inline,
      name: "counts",
      stream: (given, list, options) => {
        layerCounts.push(given instanceof LayeredGraph ? given.layers.size : 0);
        return inline.stream(given, list, options);
      },
    };
    const both = graph.withLayer(more);
    const wanted = ["more/2", "more/0"];
    expect(await collect(streamGraph(both, wanted, { executor }))).toEqual([20, 0]);
    expect(await collect(streamGraph(both, wanted, { executor, optimize: false }))).toEqual([
      20, 0,
    ]);
    expect(await collect(streamGraph(TaskGraph.from({ a: 1 }), ["a"], { executor }))).toEqual([1]);
    expect(layerCounts).toEqual([1, 2, 0]);
    expect([keys.length, started]).toEqual([3, [2, 0, 2, 0]]);
  });
});
