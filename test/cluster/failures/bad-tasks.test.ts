import { TaskError } from "@millrace/graph";
import { KilledWorkerError, SerializationError } from "@millrace/distributed";
import { expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { begin } from "../lib/signals.ts";
import { rejection } from "../lib/until.ts";

const shared = new SharedCluster({ workers: 2, memoryBytesMax: 2 ** 29 });
const plus = (n: number): number => n + 1;

// Row 19.
test("a task that kills its worker fails by itself, and its neighbours are unharmed", async () => {
  const { client, cluster, signals, folder } = shared;
  const good = client.map(
    plus,
    Array.from({ length: 40 }, (_, n) => n),
  );
  const kill = (): void => {
    begin(folder, "poison");
    process.kill(process.pid, "SIGKILL");
  };
  const poison = client.submit(kill, [], { key: "poison" });
  const later = client.map(
    plus,
    Array.from({ length: 40 }, (_, n) => n),
  );
  const error = await rejection(poison.result());
  expect(error).toBeInstanceOf(KilledWorkerError);
  expect(error).toMatchObject({ key: poison.key, attempts: 3 });
  for (const { exit } of (error as KilledWorkerError).deaths) expect(exit).toContain("SIGKILL");
  expect(signals.countOf("poison")).toBe(3);
  const all = await client.gather([...good, ...later]);
  expect(all).toEqual(Array.from({ length: 80 }, (_, n) => (n % 40) + 1));
  for (const worker of cluster.workers) await worker.isBack();
});

// Row 26.
test("a task that exits fails, and its worker lives on", async () => {
  const { client, cluster } = shared;
  const before = cluster.workers.map(({ pid }) => pid);
  const error = await rejection(client.submit(() => process.exit(7), []).result());
  expect(error).toBeInstanceOf(TaskError);
  expect(String((error as TaskError).cause)).toContain("7");
  expect(cluster.workers.map(({ pid }) => pid)).toEqual(before);
  expect(await client.submit(plus, [1]).result()).toBe(2);
});

// Row 25.
test("what is thrown after its task has ended harms no other one", async () => {
  const { client, cluster } = shared;
  const before = cluster.workers.map(({ pid }) => pid);
  const late = (n: number): number => {
    setTimeout(() => {
      throw new Error("late");
    }, 20);
    return n;
  };
  const futures = client.map(late, [1, 2, 3, 4]);
  expect(await client.gather(futures)).toEqual([1, 2, 3, 4]);
  const busy = client.submit(
    async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return n;
    },
    [5],
    { retries: 5 },
  );
  expect(await busy.result()).toBe(5);
  expect(cluster.workers.map(({ pid }) => pid)).toEqual(before);
});

// Row 15.
test("an endless loop is ended when it is cancelled, and its worker goes on", async () => {
  const { client, cluster, signals, folder } = shared;
  const before = cluster.workers.map(({ pid }) => pid);
  const endless = (): void => {
    begin(folder, "endless");
    for (;;);
  };
  const futures = [client.submit(endless, []), client.submit(endless, [])];
  await signals.begun("endless", 2);
  for (const future of futures) await future.cancel();
  const sums = await client.gather(client.map(plus, [1, 2, 3]));
  expect(sums).toEqual([2, 3, 4]);
  expect(cluster.workers.map(({ pid }) => pid)).toEqual(before);
});

// Row 16.
test("whatever a task throws, its caller gets an error that names the task", async () => {
  const { client } = shared;
  const raise = (thrown: unknown): never => {
    throw thrown;
  };
  const trap = (): never => raise(new Error("trap"));
  const cyclic = (): Error => {
    const error = new Error("cycle");
    error.cause = error;
    return error;
  };
  const hostile: readonly (() => unknown)[] = [
    () => raise(null),
    () => raise(undefined),
    () => raise(Symbol("s")),
    () => raise(Object.freeze(new Error("frozen"))),
    () => raise(new Proxy({}, { get: trap })),
    () => raise(cyclic()),
    () => raise(Object.defineProperty(new Error("x"), "message", { get: trap })),
    () => raise(new Error("x".repeat(10_000_000))),
  ];
  for (const throws of hostile) {
    const error = await rejection(client.submit(throws, []).result());
    expect(error).toBeInstanceOf(TaskError);
    expect(error.message.length).toBeLessThan(100_000);
  }
});

// Row 17.
test("a value that cannot travel is told by its path, and its task is not tried again", async () => {
  const { client, signals, folder } = shared;
  const make = (): unknown => {
    begin(folder, "make");
    return { rows: [1, { fn: () => 1 }] };
  };
  const error = await rejection(client.submit(make, [], { retries: 3 }).result());
  expect(error).toBeInstanceOf(SerializationError);
  expect(error).toMatchObject({ path: "$.rows[1].fn" });
  expect(signals.countOf("make")).toBe(1);
});

// Row 18.
test("a value of a hundred megabytes arrives whole", async () => {
  const { client } = shared;
  const bytes = 100 * 2 ** 20;
  const large = client.submit((size: number) => new Uint8Array(size).fill(7), [bytes]);
  const sum = client.submit((all: Uint8Array) => [all.length, all[all.length - 1]], [large]);
  expect(await sum.result()).toEqual([bytes, 7]);
  const value = await large.result();
  expect([value.length, value[bytes - 1]]).toEqual([bytes, 7]);
});
