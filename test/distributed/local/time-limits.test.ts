import { execFileSync, execSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { Delayed, TaskError, annotate, task, TaskGraph } from "@millrace/graph";
import { getWorker } from "@millrace/distributed";
import { expect, it } from "vitest";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { executor, failureOf, run } from "./on-threads.ts";

const tooLate = { code: "graph/task-failed", cause: { code: "graph/timed-out" } };
const endless = (): never => {
  for (;;);
};

it("a task in an endless loop fails when its time is over, and others go on", async () => {
  const graph = TaskGraph.from({ a: task(endless, []) });
  const late = failureOf(graph.compute("a", { executor, timeoutMs: 30, retries: 1 }));
  const others = Array.from({ length: 50 }, (_, n) => run((x: number) => x, n));
  const error = await late;
  expect(error).toBeInstanceOf(TaskError);
  expect(error).toMatchObject({ ...tooLate, key: "a", attempts: 2, worker: "local" });
  expect(error.message).toMatchInlineSnapshot(
    `"task "a" failed on each of 2 attempts: GraphError: timeoutMs: the task was stopped, got one that runs for more than 30 ms, wanted its end before. Give it less to do, or a higher 'timeoutMs'."`,
  );
  expect(await Promise.all(others)).toEqual(Array.from({ length: 50 }, (_, n) => n));
});

it("a task that waits is told by its signal, and fails whether it listens or not", async () => {
  const listens = (): Promise<string> =>
    new Promise((resolve) => getWorker().signal.addEventListener("abort", () => resolve("x")));
  const ignores = (): Promise<never> => new Promise(() => undefined);
  for (const fn of [listens, ignores]) {
    const stuck = annotate({ timeoutMs: 30 }, () => Delayed.call(fn, []));
    expect(await failureOf(stuck.compute({ executor }))).toMatchObject(tooLate);
  }
});

it("a task in a call that nothing can stop fails, and its thread is replaced", async () => {
  const fifo = join(scratchFolder(), "fifo");
  execFileSync("mkfifo", [fifo]);
  const stuck = annotate({ timeoutMs: 30 }, () =>
    Delayed.call((path: string) => execSync(`cat ${path}`), [fifo]),
  );
  try {
    expect(await failureOf(stuck.compute({ executor }))).toMatchObject(tooLate);
    const all = Array.from({ length: 20 }, (_, n) => run((x: number) => x, n));
    expect(await Promise.all(all)).toHaveLength(20);
  } finally {
    closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
  }
});

it("a task that is in time has its value, and a task of its own limit that limit", async () => {
  const nap = async (ms: number): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return ms;
  };
  const slow = annotate({ timeoutMs: 60_000 }, () => Delayed.call(nap, [60]));
  const next = Delayed.call((ms: number) => ms + 1, [slow]);
  expect(await next.compute({ executor, timeoutMs: 20 })).toBe(61);
});
