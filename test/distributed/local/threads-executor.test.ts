import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Executor, Key, Progress, TaskEvent } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  compute,
  persist,
  streamGraph,
} from "@millrace/graph";
import { Bag } from "@millrace/bag";
import { createThreadsExecutor } from "@millrace/distributed";
import { afterAll, describe, expect, it } from "vitest";

const executor = createThreadsExecutor({
  threads: 2,
  memoryLimit: "320MB",
});
afterAll(() => executor[Symbol.asyncDispose]());

/** One call, computed on threads. */
function run<R>(fn: (...args: never[]) => R, ...args: readonly unknown[]): Promise<Awaited<R>> {
  return Delayed.call(fn, args).compute({ executor });
}

/** What a promise rejects with. */
async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  return promise.then(
    (value) => {
      throw new Error(`it gave ${String(value)}`);
    },
    (error: unknown) => error as Record<string, unknown> & Error,
  );
}

/** A layer of as many calls of `fn`, each with its number. */
function layer(fn: (i: number) => unknown, count: number): { graph: LayeredGraph; keys: Key[] } {
  const steps = [{ fn, args: [{ kind: "input", input: 0 } as const] }];
  const blocks = new BlockwiseLayer("calls", { count, inputs: [{ kind: "index" }], steps });
  const keys = Array.from({ length: count }, (_, i) => `calls/${i}`);
  return { graph: new LayeredGraph().withLayer(blocks), keys };
}

function runLayer(fn: (i: number) => unknown, count: number, by: Executor): Promise<unknown[]> {
  const { graph, keys } = layer(fn, count);
  return graph.compute(keys, { executor: by });
}

describe("a task on a thread", () => {
  it("gives its value, exactly", async () => {
    const value = { a: [-0, NaN, undefined, 2n ** 70n], b: new Map([["k", new Set([1])]]) };
    expect(await run((x: typeof value) => x, value)).toEqual(value);
    expect(Object.is(await run((x: number) => -x, 0), -0)).toBe(true);
  });

  it("reads what its function had captured", async () => {
    const rates = { vat: 1.5 };
    expect(await run((x: number) => x * rates.vat, 4)).toBe(6);
  });

  it("takes instances of classes and functions as arguments", async () => {
    class Point {
      readonly x: number;
      constructor(x: number) {
        this.x = x;
      }
      get double(): number {
        return 2 * this.x;
      }
    }
    expect(await run((point: Point) => point.double, new Point(4))).toBe(8);
    expect(
      await run(
        (f: (x: number) => number) => f(3),
        (x: number) => x * x,
      ),
    ).toBe(9);
  });

  it("runs beside others, on both threads", async () => {
    const threads = await runLayer(
      async () => (await import("node:worker_threads")).threadId,
      200,
      executor,
    );
    expect(new Set(threads).size).toBe(2);
  });

  it("that waits lets others begin: a thousand of them do not wait for each other", async () => {
    const started = performance.now();
    const values = await runLayer(
      async (i) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return i;
      },
      500,
      executor,
    );
    expect(values).toEqual(Array.from({ length: 500 }, (_, i) => i));
    // Two at a time would take 25 s.
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe("a task that fails", () => {
  it("rejects the run with what it threw as the cause", async () => {
    const error = await failureOf(
      run(() => {
        throw new RangeError("no such row", { cause: "the file is short" });
      }),
    );
    expect(error).toMatchObject({
      name: "TaskError",
      code: "graph/task-failed",
      attempts: 1,
      cause: { name: "RangeError", message: "no such row", cause: "the file is short" },
    });
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it("may throw anything, or reject", async () => {
    const thrown = [null, undefined, "text", 7, Symbol.for("s")];
    for (const value of thrown) {
      const error = await failureOf(
        run((x: unknown) => {
          throw x;
        }, value),
      );
      expect([error.code, error.cause]).toEqual(["graph/task-failed", value]);
    }
    const error = await failureOf(run(() => Promise.reject(new TypeError("late"))));
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("is tried again as often as the run says", async () => {
    const folder = mkdtempSync(join(tmpdir(), "retries-"));
    const flaky = async (path: string): Promise<number> => {
      const { readdirSync, writeFileSync: write } = await import("node:fs");
      const count = readdirSync(path).length;
      write(`${path}/${count}`, "");
      if (count < 2) throw new Error(`attempt ${count + 1}`);
      return count;
    };
    expect(await Delayed.call(flaky, [folder]).compute({ executor, retries: 2 })).toBe(2);
    writeFileSync(join(folder, "more"), "");
    const never = Delayed.call(() => {
      throw new Error("never");
    }, []);
    const error = await failureOf(never.compute({ executor, retries: 2 }));
    expect(error).toMatchObject({ attempts: 3, message: expect.stringContaining("3 attempts") });
  });

  it("names the path to what cannot leave its thread", async () => {
    const error = await failureOf(run(() => ({ rows: [1, { fn: () => 2 }] })));
    expect(error).toMatchObject({
      name: "SerializationError",
      code: "distributed/not-serializable",
      path: "$.rows[1].fn",
    });
  });

  it("ends no other: one of many that throws, and the thread goes on", async () => {
    const { graph, keys } = layer((i) => {
      if (i === 7) throw new Error("seven");
      return i;
    }, 20);
    const others = keys.filter((key) => key !== "calls/7");
    await expect(graph.compute(keys, { executor })).rejects.toThrow("seven");
    expect(await graph.compute(others, { executor })).toHaveLength(19);
  });

  it("is refused before it runs when its function cannot travel", async () => {
    let count = 0;
    const error = await failureOf(run(() => ++count));
    expect(error.code).toBe("closure/assigned-capture");
  });
});

describe("a thread that ends", () => {
  it("by process.exit is replaced, and only its task fails", async () => {
    const error = await failureOf(run(() => process.exit(7)));
    expect(error).toMatchObject({ code: "graph/task-failed" });
    expect(error.message).toContain("process.exit(7)");
    expect(await run(() => "alive")).toBe("alive");
  });

  it("by process.exit after a wait, or by an error that nobody caught", async () => {
    const exits = failureOf(
      run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        process.exit(3);
      }),
    );
    expect((await exits).message).toContain("process.exit(3)");
    const uncaught = failureOf(
      run(async () => {
        setTimeout(() => {
          throw new Error("in a timer");
        }, 1);
        await new Promise((resolve) => setTimeout(resolve, 10_000));
      }),
    );
    expect((await uncaught).message).toContain("in a timer");
  });

  it("out of memory fails its task, after one more try alone", async () => {
    const error = await failureOf(
      run(() => {
        const all: unknown[] = [];
        for (;;) all.push({ size: all.length });
      }),
    );
    expect(error.message).toContain("memory");
    expect(await run(() => "alive")).toBe("alive");
  }, 60_000);

  it("takes nobody with it: tasks that had not begun, or only waited, run elsewhere", async () => {
    const { graph, keys } = layer(async (i) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (i === 5) process.exit(1);
      return i;
    }, 40);
    const others = keys.filter((key) => key !== "calls/5");
    const both = await Promise.allSettled([
      graph.compute(others, { executor }),
      graph.compute(["calls/5"], { executor }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});

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

  it("calls no more asynchronous callbacks", async () => {
    const log = join(mkdtempSync(join(tmpdir(), "threads-")), "calls");
    const many = Bag.range(10_000, { npartitions: 1 }).map(async () => {
      writeFileSync(log, ".", { flag: "a" });
      await new Promise((resolve) => setTimeout(resolve, 1));
    });
    const stop = AbortSignal.timeout(200);
    const error = await failureOf(many.compute({ executor, signal: stop }));
    expect(error.code).toBe("graph/cancelled");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { size } = statSync(log);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([size < 10_000, statSync(log).size - size]).toEqual([true, 0]);
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
    const folder = mkdtempSync(join(tmpdir(), "shared-"));
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
    const folder = mkdtempSync(join(tmpdir(), "stream-"));
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
