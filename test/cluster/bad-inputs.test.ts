import { Client, LocalCluster, wait } from "@millrace/distributed";
import { Delayed, TaskGraph, compute, ref, task } from "@millrace/graph";
import { describe, expect, test } from "vitest";
import { rejection } from "./lib/until.ts";
import { client, cluster } from "./lib/open-cluster.ts";

// The numbers are those of docs/internals/bad-inputs.md.

const plus = (n: number): number => n + 1;
const never = (): Promise<number> => new Promise(() => undefined);

test("7, 8, 9: a key that is a name elsewhere is a key like any other", async () => {
  const keys = [
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "../../etc/passwd",
    "/etc/passwd",
    "con\u0000",
    "<img src=x onerror=alert(1)>",
  ];
  const futures = keys.map((key, n) => client.submit(plus, [n], { key }));
  expect(futures.map(({ key }) => key)).toEqual(keys);
  expect(await client.gather(futures)).toEqual(keys.map((_, n) => n + 1));
  const graph = TaskGraph.from(keys.map((key, n) => [key, task(plus, [n])] as const));
  expect(await graph.compute(keys, { executor: client })).toEqual(keys.map((_, n) => n + 1));
});

test("10: a chain of 100,000 tasks", { timeout: 60_000 }, async () => {
  const entries = Array.from(
    { length: 100_000 },
    (_, n) => [`k${n}`, n === 0 ? 0 : task(plus, [ref(`k${n - 1}`)])] as const,
  );
  expect(await TaskGraph.from(entries).compute("k99999", { executor: client })).toBe(99_999);
});

test("11: a task that reads 100,000 others", { timeout: 60_000 }, async () => {
  const values = Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n] as const);
  const count = task((all: readonly unknown[]) => all.length, [values.map(([key]) => ref(key))]);
  const graph = TaskGraph.from([...values, ["count", count] as const]);
  expect(await graph.compute("count", { executor: client })).toBe(100_000);
});

test("12: of nothing comes nothing", async () => {
  expect(await TaskGraph.from({}).compute([], { executor: client })).toEqual([]);
  expect(await compute([], { executor: client })).toEqual([]);
  expect(client.map(plus, [])).toEqual([]);
  expect(await client.gather([])).toEqual([]);
  expect(await client.scatter([])).toEqual([]);
  expect(await wait([])).toEqual({ done: [], pending: [] });
  await client.replicate([]);
});

test("13, 14: a function that cannot travel fails with what it holds, at the line of the call", async () => {
  let count = 0;
  const counts = (n: number): number => n + count++;
  const bound = plus.bind(undefined);
  for (const [fn, name] of [
    [counts, "count"],
    [bound, "bound plus"],
  ] as const) {
    for (const future of [client.submit(fn, [1]), ...client.map(fn, [1])]) {
      expect(future.status).toBe("error");
      const error = await rejection(future.result());
      expect(error).toMatchObject({
        name: "CaptureError",
        message: expect.stringContaining(name) as string,
      });
      expect(error.stack).toContain("bad-inputs.test.ts");
    }
  }
});

describe("21: what never ends is waited for as long as was said", () => {
  test("of a future", async () => {
    const future = client.submit(never, []);
    await expect(wait([future], { timeoutMs: 50 })).rejects.toMatchObject({ name: "TimeoutError" });
    await future.cancel();
  });

  test("of a collection", async () => {
    const signal = AbortSignal.timeout(50);
    const run = Delayed.call(never, []).compute({ executor: client, signal });
    await expect(run).rejects.toMatchObject({ name: "CancelledError" });
  });
});

test("22: an object with a function then is data, which holds a function", async () => {
  const thenable = (name: string): unknown => ({ [name]: () => undefined });
  await expect(client.submit(thenable, ["then"]).result()).rejects.toMatchObject({
    name: "SerializationError",
    path: "$.then",
  });
  const like = (name: string): unknown => ({ [name]: 5 });
  expect(await client.submit(like, ["then"]).result()).toEqual(like("then"));
});

test("27: who is closed is closed", async () => {
  const other = await Client.connect(cluster);
  await Promise.all([other.close(), other.close()]);
  await other.close();
  const empty = await LocalCluster.start({ workers: 0 });
  await Promise.all([empty.close(), empty.close()]);
  await empty.close();
});

test("28: a future that has ended is not cancelled, nor released twice", async () => {
  const done = client.submit(plus, [1]);
  await done.settled();
  await done.cancel();
  expect([done.status, await done.result()]).toEqual(["finished", 2]);
  done.release();
  done.release();
  await done.cancel();
  expect(done.status).toBe("released");
  const gone = client.submit(never, []);
  await Promise.all([gone.cancel(), gone.cancel()]);
  await gone.cancel();
  expect(gone.status).toBe("cancelled");
});

test("30: what a task does to what it reads, no other one sees", async () => {
  const made = client.submit(() => ({ list: [1, 2], bytes: new Uint8Array(2) }), []);
  const spoil = (of: { list: number[]; bytes: Uint8Array }): number[] => {
    of.list.push(9);
    of.bytes[0] = 9;
    return [of.list.length, of.bytes[0] as number];
  };
  // On one worker, one after the other: they read the same value there.
  const where = { workers: ["worker-0"] };
  for (let n = 0; n < 3; n++) {
    expect(await client.submit(spoil, [made], where).result()).toEqual([3, 9]);
  }
  expect(await made.result()).toEqual({ list: [1, 2], bytes: new Uint8Array(2) });
});

test("34: a task leaves the folder of its worker, and does not end it", async () => {
  const pids = cluster.workers.map(({ pid }) => pid);
  for (const fails of [() => process.chdir("/"), () => process.abort()]) {
    await expect(client.submit(fails, []).result()).rejects.toMatchObject({
      name: "TaskError",
      message: expect.stringContaining("not supported in workers") as string,
    });
  }
  expect(await client.submit(plus, [1]).result()).toBe(2);
  expect(cluster.workers.map(({ pid }) => pid)).toEqual(pids);
});
