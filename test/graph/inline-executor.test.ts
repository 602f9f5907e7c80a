import { execFileSync } from "node:child_process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Progress, TaskEvent } from "@millrace/graph";
import { TaskGraph, createInlineExecutor, ref, task } from "@millrace/graph";
import { describe, expect, it, onTestFinished } from "vitest";

import { gate } from "../lib/gate.ts";

const list = (...args: unknown[]): unknown[] => args;
const failure = async (run: Promise<unknown>): Promise<Record<string, unknown>> =>
  run.then(
    () => ({ code: "none" }),
    (error: unknown) => error as Record<string, unknown>,
  );

/** Tasks that end when the test says so, and the most that were started and not ended. */
function gatedTasks(count: number): {
  graph: TaskGraph;
  open: (i: number) => void;
  most: () => number;
} {
  const gates = Array.from({ length: count }, () => gate());
  let running = 0;
  let most = 0;
  const work = async (i: number): Promise<number> => {
    most = Math.max(most, ++running);
    await gates[i]?.promise;
    running--;
    return i;
  };
  const entries = gates.map((_, i): [string, unknown] => [`t${i}`, task(work, [i])]);
  entries.push([
    "all",
    task(
      list,
      entries.map(([key]) => ref(key)),
    ),
  ]);
  return { graph: TaskGraph.from(entries), open: (i) => gates[i]?.resolve(), most: () => most };
}

describe("asynchronous tasks", () => {
  it("overlap up to asyncTasksMax, then one starts for each that ends", async () => {
    const { graph, open, most } = gatedTasks(10);
    const executor = createInlineExecutor({ asyncTasksMax: 3 });
    const run = graph.compute("all", { executor });
    await nextTurn();
    expect(most()).toBe(3);
    for (let i = 0; i < 10; i++) open(i);
    expect(await run).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(most()).toBe(3);
  });

  it("do not keep others from running", async () => {
    const opened = gate<number>();
    const graph = TaskGraph.from({
      slow: task(() => opened.promise, []),
      quick: task(() => opened.resolve(5), []),
      both: task(list, [ref("slow"), ref("quick")]),
    });
    expect(await graph.compute("both")).toEqual([5, undefined]);
  });

  it("may be thenables of any kind", async () => {
    // The linter sees no good in such objects, and is right.
    const method = ["th", "en"].join("");
    const thenable = (value: unknown): object => {
      const call = (resolve: (v: unknown) => void): void => resolve(value);
      return Object.defineProperty(() => 1, method, { value: call });
    };
    const broken = Object.defineProperty({}, method, {
      get: () => {
        throw new RangeError("no then");
      },
    });
    const graph = TaskGraph.from({ a: task(thenable, [7]), b: task(() => broken, []) });
    expect(await graph.compute("a")).toBe(7);
    expect(await failure(graph.compute("b"))).toMatchObject({
      code: "graph/task-failed",
      key: "b",
    });
  });

  it.each([0, 1.5, -1, NaN])("refuse a limit of %d", (asyncTasksMax) => {
    expect(() => createInlineExecutor({ asyncTasksMax })).toThrow(
      `bad asyncTasksMax, got ${asyncTasksMax}, wanted a whole number of 1 or more`,
    );
  });
});

describe("values", () => {
  it("are forgotten as soon as their last reader has run", () => {
    const fixture = fileURLToPath(new URL("./fixtures/values-are-freed.mjs", import.meta.url));
    const printed = execFileSync(process.execPath, ["--expose-gc", fixture], { encoding: "utf8" });
    // Of the chain only its last value is alive.
    expect(JSON.parse(printed)).toEqual([1, 1, 1, 1]);
  });
});

describe("order of running", () => {
  const record = (
    priorities: Record<string, number | undefined>,
    options: object = {},
  ): Promise<string[]> => {
    const seen: string[] = [];
    const graph = TaskGraph.from(
      Object.entries(priorities).map(([key, priority]): [string, unknown] => [
        key,
        task(() => seen.push(key), [], priority === undefined ? {} : { annotations: { priority } }),
      ]),
    );
    return graph.compute(graph.keys(), options).then(() => seen);
  };

  it("is by priority, then by key with digits as numbers", async () => {
    expect(await record({ "t-10": undefined, "t-9": undefined, low: -1, high: 5 })).toEqual([
      "high",
      "t-9",
      "t-10",
      "low",
    ]);
  });

  it("takes the priority of the run for tasks that name none", async () => {
    const priorities = { a: undefined, b: 1, c: 3 };
    expect(await record(priorities, { priority: 2 })).toEqual(["c", "a", "b"]);
  });
});

describe("a task that fails", () => {
  const boom = (thrown: unknown) => (): never => {
    throw thrown;
  };

  it("rejects with its key, its attempts and what was thrown", async () => {
    const cause = new RangeError("no such row");
    for (const fn of [boom(cause), () => Promise.reject(cause)]) {
      const error = await failure(TaskGraph.from({ a: task(fn, []) }).compute("a"));
      expect(error).toMatchObject({ name: "TaskError", code: "graph/task-failed", key: "a" });
      expect(error["attempts"]).toBe(1);
      expect(error["cause"]).toBe(cause);
      expect(error["message"]).toMatchInlineSnapshot(`"task "a" failed: RangeError: no such row"`);
    }
  });

  it.each([undefined, null, 0, "text", Symbol("s"), { code: 1 }])(
    "may throw %s, which is the cause",
    async (thrown) => {
      for (const fn of [boom(thrown), () => Promise.reject(thrown as unknown as Error)]) {
        const error = await failure(TaskGraph.from({ a: task(fn, []) }).compute("a"));
        expect(error).toMatchObject({ code: "graph/task-failed" });
        expect(error["cause"]).toBe(thrown);
      }
    },
  );

  it("is tried again as often as its annotation says, else as the run says", async () => {
    for (const failsAsync of [false, true]) {
      const tries = { own: 0, other: 0 };
      const flaky = (name: keyof typeof tries, failures: number): unknown => {
        if (++tries[name] > failures) return failsAsync ? Promise.resolve(name) : name;
        const error = new Error(`try ${tries[name]}`);
        if (failsAsync) return Promise.reject(error);
        throw error;
      };
      const graph = TaskGraph.from({
        own: task(flaky, ["own", 3], { annotations: { retries: 3 } }),
        other: task(flaky, ["other", 1]),
      });
      expect(await graph.compute(["own", "other"], { retries: 1 })).toEqual(["own", "other"]);
      expect(tries).toEqual({ own: 4, other: 2 });
      tries.other = 0;
      const error = await failure(graph.compute("other"));
      expect(error).toMatchObject({ attempts: 1, key: "other" });
    }
  });

  it("may be tried 20,000 times, and says so", async () => {
    let tries = 0;
    const graph = TaskGraph.from({
      a: task(() => {
        tries++;
        throw new Error("never");
      }, []),
    });
    const error = await failure(graph.compute("a", { retries: 19_999 }));
    expect([tries, error["attempts"]]).toEqual([20_000, 20_000]);
    expect(error["message"]).toMatchInlineSnapshot(
      `"task "a" failed on each of 20000 attempts: Error: never"`,
    );
  });

  it("stops the run: nothing more is started, and nothing is left unhandled", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    onTestFinished(() => void process.off("unhandledRejection", listen));
    const opened = gate<never>();
    let started = 0;
    const graph = TaskGraph.from({
      pending: task(() => opened.promise, [], { annotations: { retries: 5, priority: 1 } }),
      bad: task(boom(new Error("first")), []),
      reader: task(() => ++started, [ref("pending")]),
      end: task(list, [ref("reader"), ref("bad")]),
    });
    const error = await failure(graph.compute("end", { optimize: false }));
    expect(error).toMatchObject({ key: "bad" });
    opened.reject(new Error("second"));
    await nextTurn();
    await nextTurn();
    expect([started, unhandled]).toEqual([0, []]);
  });
});

describe("cancelling", () => {
  const cancelled = { name: "CancelledError", code: "graph/cancelled", cause: "enough" };

  it("before the run starts nothing", async () => {
    let started = 0;
    const graph = TaskGraph.from({ a: task(() => ++started, []) });
    const run = graph.compute("a", { signal: AbortSignal.abort("enough") });
    expect(await failure(run)).toMatchObject(cancelled);
    expect(started).toBe(0);
  });

  it("in the middle of synchronous work leaves the rest undone", async () => {
    const controller = new AbortController();
    let done = 0;
    const work = (): number => {
      // Longer than one turn of the event loop, so that the timer gets its chance.
      const until = performance.now() + 5;
      while (performance.now() < until);
      return ++done;
    };
    setImmediate(() => controller.abort("enough"));
    const graph = TaskGraph.from(
      Array.from({ length: 1000 }, (_, i): [string, unknown] => [`t${i}`, task(work, [])]),
    );
    const run = graph.compute(graph.keys(), { signal: controller.signal });
    expect(await failure(run)).toMatchObject(cancelled);
    expect(done).toBeLessThan(1000);
    const doneThen = done;
    await nextTurn();
    expect(done).toBe(doneThen);
  });

  it("in the middle of asynchronous work rejects at once and tries nothing again", async () => {
    const controller = new AbortController();
    const opened = gate<never>();
    let tries = 0;
    const events: TaskEvent[] = [];
    const work = (): Promise<never> => {
      tries++;
      return opened.promise;
    };
    const run = TaskGraph.from({ a: task(work, []) }).compute("a", {
      signal: controller.signal,
      retries: 5,
      onTask: (event) => events.push(event),
    });
    await nextTurn();
    controller.abort("enough");
    expect(await failure(run)).toMatchObject(cancelled);
    opened.reject(new Error("late"));
    await nextTurn();
    expect([tries, events]).toEqual([1, []]);
  });

  it("after the run changes nothing", async () => {
    const controller = new AbortController();
    const graph = TaskGraph.from({ a: task(() => 1, []) });
    expect(await graph.compute("a", { signal: controller.signal })).toBe(1);
    controller.abort();
  });
});

describe("progress", () => {
  const chainOf = (count: number, work: () => number): TaskGraph =>
    TaskGraph.from(
      Array.from({ length: count }, (_, i): [string, unknown] => [`t${i}`, task(work, [])]),
    );

  it("begins with nothing done, never goes back and ends once with all", async () => {
    const seen: Progress[] = [];
    const busy = (): number => {
      const until = performance.now() + 1;
      while (performance.now() < until);
      return 1;
    };
    const graph = chainOf(200, busy);
    await graph.compute(graph.keys(), { onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toMatchObject({ done: 0, total: 200, running: 0, retried: 0 });
    const counts = seen.map(({ done }) => done);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.filter((done) => done === 200)).toEqual([200]);
    const between = seen.slice(1, -1).map(({ elapsedMs }) => elapsedMs);
    for (let i = 1; i < between.length; i++) {
      expect((between[i] as number) - (between[i - 1] as number)).toBeGreaterThanOrEqual(50);
    }
  });

  it("of no task at all is told once", async () => {
    const seen: Progress[] = [];
    await TaskGraph.from({}).compute([], { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ done, total }) => [done, total])).toEqual([[0, 0]]);
  });

  it("counts what was tried again", async () => {
    const seen: Progress[] = [];
    let tries = 0;
    const flaky = (): number => {
      if (++tries < 3) throw new Error("again");
      return 1;
    };
    await chainOf(1, flaky).compute("t0", { retries: 2, onProgress: (p) => seen.push(p) });
    expect(seen.at(-1)).toMatchObject({ done: 1, total: 1, retried: 2 });
  });

  it("tells every attempt at a task", async () => {
    const events: TaskEvent[] = [];
    let tries = 0;
    const flaky = (): number => {
      if (++tries < 2) throw new Error("again");
      return 1;
    };
    const graph = TaskGraph.from({ a: task(flaky, []), b: task(list, [ref("a")]) });
    const onTask = (event: TaskEvent): unknown => events.push(event);
    await graph.compute("b", { retries: 1, onTask, optimize: false });
    expect(events.map(({ key, attempt, outcome }) => [key, attempt, outcome])).toEqual([
      ["a", 1, "failed"],
      ["a", 2, "done"],
      ["b", 1, "done"],
    ]);
    expect(events.every(({ startMs, endMs }) => startMs >= 0 && endMs >= startMs)).toBe(true);
  });

  it.each(["onProgress", "onTask"] as const)("whose %s throws rejects the run", async (name) => {
    const thrown = new Error("callback");
    for (const work of [() => 1, async () => 1]) {
      const graph = TaskGraph.from({ a: task(work, []), b: task(list, [ref("a")]) });
      const options = {
        [name]: () => {
          throw thrown;
        },
      };
      expect(await failure(graph.compute("b", options))).toBe(thrown);
    }
  });
});

describe("options that mean nothing here", () => {
  it("are refused with what exists", async () => {
    const graph = TaskGraph.from({ a: 1 });
    const message = async (options: object): Promise<unknown> =>
      (await failure(graph.compute("a", options as never)))["message"];
    expect(await message({ retry: 1 })).toMatchInlineSnapshot(
      `"compute: no such option, got "retry", wanted one of executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers."`,
    );
    expect(await message({ retries: -1 })).toMatchInlineSnapshot(
      `"compute: bad annotation 'retries', got -1, wanted a whole number, 0 or more."`,
    );
    expect(await message({ priority: NaN })).toMatchInlineSnapshot(
      `"compute: bad annotation 'priority', got NaN, wanted a finite number."`,
    );
    expect(await message({ optimize: 1 })).toMatchInlineSnapshot(
      `"compute: optimize must be a boolean, got 1, wanted a boolean."`,
    );
    expect(await message({ onTask: true })).toMatchInlineSnapshot(
      `"compute: onTask must be a function, got true, wanted a function."`,
    );
    expect(await message({ signal: {} })).toMatchInlineSnapshot(
      `"compute: signal must be an AbortSignal, got an object, wanted an AbortSignal."`,
    );
    expect(await message({ executor: "clutser" })).toMatchInlineSnapshot(
      `"compute: no executor has this name, got "clutser", wanted one of "inline". Register it first, or pass the executor itself."`,
    );
    expect(await message({ executor: {} })).toMatchInlineSnapshot(
      `"compute: this is not an executor, got an object, wanted an object with name, run() and stream()."`,
    );
    expect(await message({ workers: ["one"] })).toMatchInlineSnapshot(
      `"compute: the inline executor has no workers, got the option 'workers', wanted none. Leave it out, or run on a cluster."`,
    );
    expect(await message({ resources: { gpu: 1 } })).toContain("no workers");
    await expect(graph.compute("a", null as never)).rejects.toThrow(
      "the options must be an object",
    );
    expect(await graph.compute("a", { retries: undefined } as never)).toBe(1);
  });
});
