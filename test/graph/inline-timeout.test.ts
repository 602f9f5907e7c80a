import { GraphError, TaskError, TaskGraph, annotate, ref, runGuard, task } from "@millrace/graph";
import { expect, it } from "vitest";

const later = async <T>(ms: number, value: T): Promise<T> => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
};
const never = (): Promise<never> => new Promise(() => undefined);
const failure = (run: Promise<unknown>): Promise<TaskError> =>
  run.then(
    (value) => Promise.reject(new Error(`it gave ${String(value)}`)),
    (error: unknown) => error as TaskError,
  );

it("a task that waits for longer than it may fails, and is tried again as often as it may", async () => {
  let tries = 0;
  const stuck = (): Promise<never> => {
    tries++;
    return never();
  };
  const graph = TaskGraph.from({ a: task(stuck, []) });
  const error = await failure(graph.compute("a", { timeoutMs: 5, retries: 2 }));
  expect(error).toBeInstanceOf(TaskError);
  expect(error.cause).toBeInstanceOf(GraphError);
  expect(error).toMatchObject({ key: "a", attempts: 3, cause: { code: "graph/timed-out" } });
  expect(tries).toBe(3);
  expect(error.message).toMatchInlineSnapshot(
    `"task "a" failed on each of 3 attempts: GraphError: timeoutMs: the task was stopped, got one that runs for more than 5 ms, wanted its end before. Give it less to do, or a higher 'timeoutMs'."`,
  );
});

it("one that is in time has its value, and what it is advised goes before the run", async () => {
  const graph = TaskGraph.from({
    a: annotate({ timeoutMs: 60_000 }, () => task(later, [20, 1])),
    b: task((n: number) => n + 1, [ref("a")]),
  });
  expect(await graph.compute("b", { timeoutMs: 1 })).toBe(2);
});

it("an attempt whose time is over calls nothing more, and what comes of it is ignored", async () => {
  const called: string[] = [];
  let go = (): void => undefined;
  const first = new Promise<number>((resolve) => (go = () => resolve(1)));
  let tries = 0;
  const slow = (): Promise<number> | number => (++tries === 1 ? first : 2);
  const graph = TaskGraph.from({
    a: task(slow, []),
    b: task((n: number) => called.push(`b${n}`), [ref("a")]),
  });
  expect(await graph.compute("b", { timeoutMs: 5, retries: 1 })).toBe(1);
  go();
  await new Promise((resolve) => setImmediate(resolve));
  expect(called).toEqual(["b2"]);
});

it("a task of one call is told too that nobody waits for it", async () => {
  let guard = (): void => undefined;
  const work = async (): Promise<never> => {
    guard = runGuard();
    return never();
  };
  const graph = TaskGraph.from({ a: task(work, []), b: task(() => later(30, 1), []) });
  const run = graph.compute(["a", "b"], { timeoutMs: 5, retries: 0 });
  expect(() => guard()).not.toThrow();
  await failure(run);
  expect(() => guard()).toThrow();
});

it("a task that keeps the thread to itself runs to its end: nothing here could stop it", async () => {
  const busy = (): number => {
    const end = performance.now() + 10;
    while (performance.now() < end);
    return 1;
  };
  expect(await TaskGraph.from({ a: task(busy, []) }).compute("a", { timeoutMs: 1 })).toBe(1);
});
