import { getEventListeners } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Bag } from "@millrace/bag";
import { createThreadsExecutor } from "@millrace/distributed";
import type { Progress, TaskEvent } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  compute,
  persist,
  streamGraph,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";
import { executor, failureOf, layer, runLayer } from "./on-threads.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

describe("a run that is cancelled", () => {
  it("rejects at once, and a task that never ends is stopped", async () => {
    const endless = Delayed.call(() => {
      for (;;);
    }, []);
    const error = await failureOf(endless.compute({ executor, signal: AbortSignal.timeout(100) }));
    expect(error.code).toBe("graph/cancelled");
    // Both threads are free again: one is new.
    const threads = await runLayer(
      async () => (await import("node:worker_threads")).threadId,
      400,
      executor,
    );
    expect(threads).toHaveLength(400);
  });

  it("ends a task that never ends after it has waited", async () => {
    const endless = Delayed.call(async () => {
      await Promise.resolve();
      for (;;);
    }, []);
    const error = await failureOf(endless.compute({ executor, signal: AbortSignal.timeout(100) }));
    expect(error.code).toBe("graph/cancelled");
    expect(await runLayer((i) => i, 40, executor)).toHaveLength(40);
  });

  it("ends a task that is left alone and then never ends", async () => {
    const endless = Delayed.call(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      for (;;);
    }, []);
    const failed = failureOf(endless.compute({ executor, signal: AbortSignal.timeout(100) }));
    expect((await failed).code).toBe("graph/cancelled");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await runLayer((i) => i, 40, executor)).toHaveLength(40);
  });

  it("calls no more asynchronous callbacks", async () => {
    const log = join(scratchFolder(), "calls");
    const many = Bag.range(10_000, { npartitions: 1 }).map(async () => {
      writeFileSync(log, ".", { flag: "a" });
      await new Promise((resolve) => setTimeout(resolve, 1));
    });
    const stop = new AbortController();
    const failed = failureOf(many.compute({ executor, signal: stop.signal }));
    while (!existsSync(log)) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    const error = await failed;
    expect(error.code).toBe("graph/cancelled");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { size } = statSync(log);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([size < 10_000, statSync(log).size - size]).toEqual([true, 0]);
  });

  it("shares one listener with all runs of its signal, and leaves none behind", async () => {
    const stop = new AbortController();
    const run = (ms: number): Promise<unknown> =>
      Delayed.call(
        (wait: number) => new Promise((resolve) => setTimeout(resolve, wait)),
        [ms],
      ).compute({ executor, signal: stop.signal });
    const runs = Array.from({ length: 20 }, () => run(300));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
    await Promise.all(runs);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
    const failed = Array.from({ length: 20 }, () => failureOf(run(10_000)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    const codes = (await Promise.all(failed)).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["graph/cancelled"]));
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  });

  it("before it began starts nothing", async () => {
    const error = await failureOf(
      Delayed.call(() => 1, []).compute({ executor, signal: AbortSignal.abort("enough") }),
    );
    expect([error.code, error.cause]).toEqual(["graph/cancelled", "enough"]);
  });
});

describe("a run", () => {
  it("tells how far it has come, and of every attempt", async () => {
    const progress: Progress[] = [];
    const events: TaskEvent[] = [];
    const { graph, keys } = layer((i) => i, 10);
    await graph.compute(keys, {
      executor,
      onProgress: (each) => void progress.push(each),
      onTask: (each) => void events.push(each),
    });
    expect(progress.at(0)).toMatchObject({ done: 0, total: 10 });
    expect(progress.at(-1)).toMatchObject({ done: 10, total: 10, running: 0, outcome: "done" });
    expect(events.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    for (const { startMs, endMs, attempt, outcome } of events) {
      expect([endMs >= startMs, startMs > -5, attempt, outcome]).toEqual([true, true, 1, "done"]);
    }
  });

  it("gives the same value for a key that is asked for twice", async () => {
    const { graph } = layer((i) => ({ i }), 3);
    const values = await graph.compute(["calls/1", "calls/2", "calls/1"], { executor });
    expect(values).toEqual([{ i: 1 }, { i: 2 }, { i: 1 }]);
  });

  it("shares work with what is computed beside it", async () => {
    const folder = scratchFolder();
    const shared = Delayed.call(
      async (path: string) => {
        const { readdirSync, writeFileSync: write } = await import("node:fs");
        const count = readdirSync(path).length;
        write(`${path}/${count}`, "");
        return count + 1;
      },
      [folder],
    );
    const twice = Delayed.call((x: number) => 2 * x, [shared]);
    const thrice = Delayed.call((x: number) => 3 * x, [shared]);
    expect(await compute([twice, thrice], { executor })).toEqual([2, 3]);
  });

  it("streams in order, and starts nothing that is far ahead of its reader", async () => {
    const folder = scratchFolder();
    const { graph, keys } = layer((i) => i, 0);
    expect(keys).toEqual([]);
    void graph;
    const steps = [
      {
        fn: async (i: number, path: string) => {
          const { writeFileSync: write } = await import("node:fs");
          write(`${path}/${i}`, "");
          return i * i;
        },
        args: [
          { kind: "input", input: 0 },
          { kind: "literal", value: folder },
        ],
      },
    ] as const;
    const blocks = new BlockwiseLayer("far", { count: 50, inputs: [{ kind: "index" }], steps });
    const far = new LayeredGraph().withLayer(blocks);
    const seen: unknown[] = [];
    const wanted = Array.from({ length: 50 }, (_, i) => `far/${i}`);
    for await (const { value } of streamGraph(far, wanted, { executor, lookahead: 2 })) {
      seen.push(value);
      if (seen.length === 10) break;
    }
    expect(seen).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(folder).length).toBeLessThanOrEqual(12);
  });

  it("keeps what is persisted with the threads, and every executor can read it", async () => {
    const kept = await persist(
      Delayed.call(() => Math.random(), []),
      { executor },
    );
    const [a, b, c] = [
      await kept.compute({ executor }),
      await kept.compute({ executor }),
      await kept.compute({ executor: "inline" }),
    ];
    expect(new Set([a, b, c]).size).toBe(1);
    expect(await Delayed.call((x: number) => x + 1, [kept]).compute({ executor })).toBe(a + 1);
  });

  it("refuses workers and resources that do not exist, and takes those that do", async () => {
    const call = Delayed.call(() => 1, []);
    const refused = [{ resources: { gpu: 1 } }, { workers: ["elsewhere"] }];
    for (const options of refused) {
      const error = await failureOf(call.compute({ executor, ...options }));
      expect(error.code).toBe("graph/unsupported-option");
    }
    expect(await call.compute({ executor, workers: ["local"] })).toBe(1);
  });
});

it("where pausing frees no memory, tasks run one at a time and the run ends", async () => {
  // Less than this process has already.
  const own = createThreadsExecutor({ threads: 2, memoryLimit: "40MB" });
  const log = join(scratchFolder(), "log");
  const steps = await runLayer(
    (i) => {
      writeFileSync(log, ">", { flag: "a" });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      writeFileSync(log, "<", { flag: "a" });
      return i;
    },
    100,
    own,
  );
  expect(steps).toHaveLength(100);
  // The process is measured every 100 ms: the first tasks may begin before that.
  expect(readFileSync(log, "utf8").slice(-20)).toBe("><".repeat(10));
  await own.close();
});

it("what is brought may be written to: values that are kept stay as they are", async () => {
  const bytes = Delayed.call(() => new Uint8Array(100_000).fill(7), []);
  const kept = await bytes.persist({ executor });
  const mine = await kept.compute({ executor });
  expect(mine.buffer).toBeInstanceOf(ArrayBuffer);
  mine.fill(9);
  expect((await kept.compute({ executor }))[0]).toBe(7);
});

it("a run that is asked for at the moment of closing rejects", async () => {
  const own = createThreadsExecutor({ threads: 1 });
  const one = Delayed.call(() => 1, []);
  expect(await one.compute({ executor: own })).toBe(1);
  const failed = failureOf(one.compute({ executor: own }));
  await own.close();
  expect((await failed).code).toBe("distributed/scheduler-lost");
  // It starts again where it is used again.
  expect(await one.compute({ executor: own })).toBe(1);
  await own.close();
});

it("an executor that is closed while it runs rejects, and leaves no thread behind", async () => {
  const own = createThreadsExecutor({ threads: 1 });
  const endless = failureOf(
    Delayed.call(() => {
      for (;;);
    }, []).compute({ executor: own }),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  await own[Symbol.asyncDispose]();
  expect((await endless).message).toContain("closed");
});
