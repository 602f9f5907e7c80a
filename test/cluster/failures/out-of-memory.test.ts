import { KilledWorkerError } from "@millrace/distributed";
import { TaskError } from "@millrace/graph";
import { expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { begin } from "../lib/signals.ts";
import { rejection } from "../lib/until.ts";

// With so many threads each has a heap of 64 MiB, the least there is.
const shared = new SharedCluster({
  workers: 2,
  threads: 4,
  memoryBytesMax: 400 * 2 ** 20,
  scheduler: { allowedFailures: 2 },
  expected: /heap limit|heap out of memory|OutOfMemory/,
});
const plus = (n: number): number => n + 1;

// Row 14.
test("a task that fills its heap fails alone, after a second try, and its worker lives", async () => {
  const { client, cluster, signals, folder } = shared;
  const before = cluster.workers.map(({ pid }) => pid);
  const grow = (): number => {
    begin(folder, "grow");
    // One array that grows could end the process: V8 gives no thread that much at once.
    let all: unknown;
    for (;;) all = { all };
  };
  const neighbours = client.map(plus, [1, 2, 3, 4]);
  const error = await rejection(client.submit(grow, []).result(), 25_000);
  expect(error).toBeInstanceOf(TaskError);
  expect(String((error as TaskError).cause)).toMatch(
    /JS heap out of memory, got objects of more than \d+ MiB/,
  );
  expect(signals.countOf("grow")).toBe(2);
  expect(await client.gather(neighbours)).toEqual([2, 3, 4, 5]);
  expect(cluster.workers.map(({ pid }) => pid)).toEqual(before);
});

// Row 14.
test("a task that takes memory which no heap counts has its worker killed, and is named", async () => {
  const { client, cluster } = shared;
  const grow = async (): Promise<number> => {
    const all: Buffer[] = [];
    for (;;) {
      all.push(Buffer.alloc(2 ** 24, 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const error = await rejection(client.submit(grow, []).result(), 25_000);
  expect(error).toBeInstanceOf(KilledWorkerError);
  for (const { exit } of (error as KilledWorkerError).deaths) {
    expect(exit).toMatch(/^out of memory: \d+ MiB of a limit of \d+ MiB were taken/);
  }
  const killed = cluster.workers.flatMap(({ events }) => events.of("worker out of memory"));
  expect(killed.length).toBeGreaterThanOrEqual(2);
  for (const worker of cluster.workers) await worker.isBack();
  expect(await client.submit(plus, [1]).result()).toBe(2);
});

// Row 14.
test("a task that makes the engine end the whole process is named, and nobody else fails", async () => {
  const { client, cluster } = shared;
  const others = client.map(plus, [1, 2, 3, 4, 5, 6]);
  const grow = (): number => {
    const all: number[][] = [];
    for (;;) all.push(new Array<number>(5e6).fill(1.5));
  };
  const error = await rejection(client.submit(grow, []).result(), 25_000);
  expect([KilledWorkerError.name, TaskError.name]).toContain(error.name);
  expect(await client.gather(others)).toEqual([2, 3, 4, 5, 6, 7]);
  for (const worker of cluster.workers) await worker.isBack();
});
