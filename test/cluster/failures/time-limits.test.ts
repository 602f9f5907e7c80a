import { execFileSync, execSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { Delayed, TaskError, annotate } from "@millrace/graph";
import { secede } from "@millrace/distributed";
import { expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { rejection } from "../lib/until.ts";

// Row 15.
const shared = new SharedCluster({ workers: 2 });
const plus = (n: number): number => n + 1;
const tooLate = { code: "graph/task-failed", cause: { code: "graph/timed-out" } };

test("a task that runs longer than it may fails after its retries, and no worker is blamed", async () => {
  const { client, cluster } = shared;
  const before = cluster.workers.map(({ pid }) => pid);
  const endless = (): void => {
    for (;;);
  };
  const stuck = client.submit(endless, [], { timeoutMs: 50, retries: 1, key: "stuck" });
  const sums = client.map(
    plus,
    Array.from({ length: 40 }, (_, n) => n),
  );
  const error = await rejection(stuck.result());
  expect(error).toBeInstanceOf(TaskError);
  expect(error).toMatchObject({ ...tooLate, key: stuck.key, attempts: 2 });
  expect(error.message).toContain("more than 50 ms");
  expect(await client.gather(sums)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  expect(cluster.workers.map(({ pid }) => pid)).toEqual(before);
});

test("so does one that waits, one of a lazy graph, and one that has left its place", async () => {
  const { client } = shared;
  const never = (): Promise<never> => new Promise(() => undefined);
  const leaves = (): Promise<never> => {
    secede();
    return never();
  };
  const lazy = annotate({ timeoutMs: 50 }, () => Delayed.call(never, []));
  const runs = [
    client.submit(never, [], { timeoutMs: 50 }).result(),
    client.submit(leaves, [], { timeoutMs: 50 }).result(),
    lazy.compute({ executor: client }),
    Delayed.call(never, []).compute({ executor: client, timeoutMs: 50 }),
    ...client.map(never, [1, 2], { timeoutMs: 50 }).map((future) => future.result()),
  ];
  for (const error of await Promise.all(runs.map((each) => rejection(each))))
    expect(error).toMatchObject(tooLate);
});

test("one in a call of the system that nothing can stop costs its worker a thread, no more", async () => {
  const { client, cluster, folder } = shared;
  const before = cluster.workers.map(({ pid }) => pid);
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  const stuck = client.submit((path: string) => execSync(`cat ${path}`), [fifo], { timeoutMs: 50 });
  try {
    expect(await rejection(stuck.result())).toMatchObject(tooLate);
    expect(await client.gather(client.map(plus, [1, 2, 3]))).toEqual([2, 3, 4]);
    expect(cluster.workers.map(({ pid }) => pid)).toEqual(before);
  } finally {
    closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
  }
});

test.each([0, -1, 0.5, NaN, Infinity, "5", 2 ** 31])("a limit of %s is refused", (timeoutMs) => {
  const { client } = shared;
  const options = { timeoutMs: timeoutMs as number };
  const wanted = "bad annotation 'timeoutMs'";
  expect(() => client.submit(plus, [1], options)).toThrow(wanted);
  expect(() => client.map(plus, [1], options)).toThrow(wanted);
  expect(() => annotate(options, () => Delayed.call(plus, [1]))).toThrow(wanted);
});
