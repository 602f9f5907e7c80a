import { execFileSync } from "node:child_process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Progress } from "@millrace/graph";
import { TaskGraph, compute, createInlineExecutor, ref, task } from "@millrace/graph";
import { describe, expect, it, onTestFinished } from "vitest";

import { gate } from "../lib/gate.ts";

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
const busy = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

/** A chain that is fused to one task; each link notes its number and does `work`. */
function chain(length: number, work: (i: number) => unknown): { graph: TaskGraph; ran: number[] } {
  const ran: number[] = [];
  const link = (i: number): unknown => {
    ran.push(i);
    return work(i);
  };
  const entries = Array.from({ length }, (_, i): [string, unknown] => {
    return [`t${i}`, task(link, i === 0 ? [i] : [i, ref(`t${i - 1}`)])];
  });
  return { graph: TaskGraph.from(entries), ran };
}

/** How many turns the event loop has had since, up to the question. */
function countTurns(): () => number {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    isOver = true;
    return turns;
  };
}

function unhandledRejections(): unknown[] {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): unknown => unhandled.push(reason);
  process.on("unhandledRejection", listen);
  onTestFinished(() => void process.off("unhandledRejection", listen));
  return unhandled;
}

describe.each([true, false])("a run that has ended, with optimize: %s", (optimize) => {
  it("by its signal calls no more functions, also of what is in flight", async () => {
    const fetched = gate();
    const controller = new AbortController();
    const { graph, ran } = chain(3, (i) => (i === 0 ? fetched.promise : i));
    const run = graph.compute("t2", { signal: controller.signal, optimize });
    await nextTurn();
    controller.abort();
    expect(await run.catch(codeOf)).toBe("graph/cancelled");
    fetched.resolve();
    await nextTurn();
    expect(ran).toEqual([0]);
  });

  it("by a failure calls no more functions, also of what is in flight", async () => {
    const fetched = gate();
    const { graph, ran } = chain(2, (i) => (i === 0 ? fetched.promise : i));
    const bad = TaskGraph.from({ bad: task(() => Promise.reject(new Error("x")), []) });
    expect(await graph.merge(bad).compute(["bad", "t1"], { optimize }).catch(codeOf)).toBe(
      "graph/task-failed",
    );
    fetched.resolve();
    await nextTurn();
    expect(ran).toEqual([0]);
  });

  it("by a task that aborts its own run goes no further", async () => {
    const controller = new AbortController();
    const { graph, ran } = chain(3, (i) => i === 1 && controller.abort());
    const run = graph.compute("t2", { signal: controller.signal, optimize });
    expect(await run.catch(codeOf)).toBe("graph/cancelled");
    expect(ran).toEqual([0, 1]);
  });

  it("is cancelled where its last task aborted it", async () => {
    const controller = new AbortController();
    const { graph } = chain(2, (i) => i === 1 && controller.abort());
    const run = graph.compute("t1", { signal: controller.signal, optimize });
    expect(await run.catch(codeOf)).toBe("graph/cancelled");
  });
});

describe.each([true, false])("the event loop, with optimize: %s", (optimize) => {
  it("gets its turn in the middle of a long chain", async () => {
    const turns = countTurns();
    const { graph } = chain(20, () => busy(6));
    const seen: Progress[] = [];
    await graph.compute("t19", { optimize, onProgress: (progress) => seen.push(progress) });
    // A slice of 10 ms takes two tasks of 6 ms, more where the machine is busy with something else.
    expect(turns()).toBeGreaterThanOrEqual(3);
    expect(seen.length).toBeGreaterThanOrEqual(3);
  });

  it("so a signal stops a long chain", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    const { graph, ran } = chain(100, () => busy(5));
    const run = graph.compute("t99", { signal: controller.signal, optimize });
    expect(await run.catch(codeOf)).toBe("graph/cancelled");
    expect(ran.length).toBeLessThan(10);
    const ranThen = ran.length;
    await nextTurn();
    expect(ran.length).toBe(ranThen);
  });

  it("is not held by many long chains together", async () => {
    const entries = Array.from({ length: 200 }, (_, i): [string, unknown] => {
      const [name, at] = [i % 10, Math.floor(i / 10)];
      return [`${name}/${at}`, task(() => busy(1), at === 0 ? [] : [ref(`${name}/${at - 1}`)])];
    });
    const turns = countTurns();
    const keys = Array.from({ length: 10 }, (_, name) => `${name}/19`);
    const running: number[] = [];
    const onProgress = (progress: Progress): unknown => running.push(progress.running);
    await TaskGraph.from(entries).compute(keys, { optimize, onProgress });
    // 200 tasks of 1 ms in slices of 10 ms.
    expect(turns()).toBeGreaterThanOrEqual(5);
    // A chain that has paused goes on before another one is started.
    expect(Math.max(...running)).toBeLessThanOrEqual(1);
  });
});

it("values are let go by a fused task after the call that reads them, and by an aborted run", () => {
  const fixture = fileURLToPath(new URL("./fixtures/values-let-go.mjs", import.meta.url));
  const printed = execFileSync(process.execPath, ["--expose-gc", fixture], { encoding: "utf8" });
  expect(JSON.parse(printed)).toEqual([true, true, true]);
});

it("a fused task that is tried again finds its inputs again", async () => {
  for (const failsAsync of [false, true]) {
    let tries = 0;
    const flaky = (x: number): unknown => {
      if (++tries > 3) return x;
      if (failsAsync) return Promise.reject(new Error("again"));
      throw new Error("again");
    };
    const inc = (x: number): number => x + 1;
    const graph = TaskGraph.from({
      a: task(() => 1, []),
      b: task(inc, [ref("a")]),
      c: task(flaky, [ref("b")]),
      d: task((x: number, y: number) => [x, y], [ref("c"), ref("a")]),
    });
    expect(await graph.compute(["a", "d"], { retries: 3 })).toEqual([1, [2, 1]]);
  }
});

describe("callbacks that are asynchronous", () => {
  it.each(["onProgress", "onTask"])(
    "%s: a rejection rejects the run and nothing else",
    async (name) => {
      const unhandled = unhandledRejections();
      const thrown = new Error("callback");
      for (const work of [() => 1, async () => 1]) {
        const graph = TaskGraph.from({ a: task(work, []) });
        const options = { [name]: async () => Promise.reject(thrown) };
        expect(await graph.compute("a", options).catch((error: unknown) => error)).toBe(thrown);
      }
      await nextTurn();
      expect(unhandled).toEqual([]);
    },
  );

  it("are waited for at the end", async () => {
    const told = gate();
    let isDone = false;
    const run = TaskGraph.from({ a: 1 })
      .compute("a", { onProgress: (() => told.promise) as () => void })
      .then(() => (isDone = true));
    await nextTurn();
    expect(isDone).toBe(false);
    told.resolve();
    await run;
  });

  it("do not hold up a run that is aborted", async () => {
    const controller = new AbortController();
    const run = TaskGraph.from({ a: 1 }).compute("a", {
      signal: controller.signal,
      onTask: (() => new Promise(() => undefined)) as () => void,
    });
    await nextTurn();
    controller.abort();
    expect(await run.catch(codeOf)).toBe("graph/cancelled");
  });
});

describe("the last report of progress", () => {
  const lastOf = async (work: () => unknown, options: object = {}): Promise<unknown> => {
    const seen: Progress[] = [];
    const graph = TaskGraph.from({ a: 1, b: task(work, [ref("a")]) });
    const onProgress = (progress: Progress): unknown => seen.push(progress);
    await graph.compute("b", { ...options, onProgress }).catch(() => undefined);
    expect(seen.slice(0, -1).every(({ outcome }) => outcome === undefined)).toBe(true);
    return seen.at(-1)?.outcome;
  };

  it("says how the run has ended", async () => {
    expect(await lastOf(() => 1)).toBe("done");
    expect(await lastOf(() => Promise.reject(new Error("x")))).toBe("failed");
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    expect(await lastOf(abort, { signal: controller.signal })).toBe("cancelled");
  });

  it("cannot hide the error of the run", async () => {
    const run = TaskGraph.from({ a: task(() => Promise.reject(new Error("x")), []) }).compute("a", {
      onProgress: ({ outcome }) => {
        if (outcome !== undefined) throw new Error("callback");
      },
    });
    expect(await run.catch(codeOf)).toBe("graph/task-failed");
  });
});

describe("a signal", () => {
  it("serves any number of runs with one listener, and none afterwards", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: unknown[]) => {
      listeners++;
      add(...(args as Parameters<typeof add>));
    };
    signal.removeEventListener = (...args: unknown[]) => {
      listeners--;
      remove(...(args as Parameters<typeof remove>));
    };
    const opened = gate();
    const graph = TaskGraph.from({ a: task(() => opened.promise, []) });
    const runs = Array.from({ length: 40 }, () => graph.compute("a", { signal }));
    await nextTurn();
    expect(listeners).toBe(1);
    opened.resolve();
    await Promise.all(runs);
    expect(listeners).toBe(0);
  });

  it("stops all runs that it was given to", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const graph = TaskGraph.from({ a: task(() => new Promise(() => undefined), []) });
    const runs = [1, 2].map(() => graph.compute("a", { signal }).catch(codeOf));
    await nextTurn();
    controller.abort();
    expect(await Promise.all(runs)).toEqual(["graph/cancelled", "graph/cancelled"]);
  });

  it("that was aborted before cancels also what has nothing to do", async () => {
    const signal = AbortSignal.abort("enough");
    const cancelled = { code: "graph/cancelled", cause: "enough" };
    await expect(compute([], { signal })).rejects.toMatchObject(cancelled);
    await expect(TaskGraph.from({}).compute([], { signal })).rejects.toMatchObject(cancelled);
  });
});

it("asynchronous chains overlap up to asyncTasksMax, paused ones included", async () => {
  let running = 0;
  let most = 0;
  const entries = Array.from({ length: 30 }, (_, i): [string, unknown][] => [
    [`s${i}`, task(() => i, [])],
    [
      `t${i}`,
      task(
        async (x: number) => {
          most = Math.max(most, ++running);
          await nextTurn();
          running--;
          return x;
        },
        [ref(`s${i}`)],
      ),
    ],
  ]).flat();
  const keys = Array.from({ length: 30 }, (_, i) => `t${i}`);
  const executor = createInlineExecutor({ asyncTasksMax: 7 });
  expect(await TaskGraph.from(entries).compute(keys, { executor })).toEqual(keys.map((_, i) => i));
  expect(most).toBe(7);
});
