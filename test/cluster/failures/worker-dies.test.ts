import { Bag } from "@millrace/bag";
import { expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { begin, waiting } from "../lib/signals.ts";

const shared = new SharedCluster({ workers: 2 });

// Row 1.
test("a task whose worker dies runs again, and its caller sees nothing of it", async () => {
  const { client, cluster, signals, folder } = shared;
  const future = client.submit(waiting<number>, [folder, "task", 42]);
  const worker = cluster.named(await signals.begun("task"));
  await worker.kill();
  signals.go("task");
  expect(await future.result()).toBe(42);
  expect(signals.countOf("task")).toBe(2);
  await worker.isBack();
});

// Row 2.
test("of results that died with their worker only those are made again that are needed", async () => {
  const { client, cluster, signals, folder } = shared;
  const made = (name: string, value: number): number => {
    begin(folder, name);
    return value;
  };
  const first = client.submit(made, ["first", 1]);
  await first.settled();
  const second = client.submit((n: number) => made("second", n + 1), [first]);
  await second.settled();
  first.release();
  const worker = cluster.named(signals.workersOf("second")[0] as string);
  const third = client.submit(async (n: number) => waiting(folder, "third", n + 1), [second]);
  await signals.begun("third");
  await worker.kill();
  signals.go("third");
  expect(await third.result()).toBe(3);
  expect(await second.result()).toBe(2);
  expect([signals.countOf("first"), signals.countOf("second")]).toEqual([2, 2]);
  await worker.isBack();
});

// Row 4.
test("a shuffle one of whose workers dies gives what it gives without", async () => {
  const { client, cluster, signals, folder } = shared;
  const groups = Bag.range(2_000, { npartitions: 8 })
    .groupBy((n) => n % 11, { npartitions: 6 })
    .mapPartitions(async (part) => {
      await waiting(folder, "joined", 0);
      return part;
    });
  const found = groups.compute({ executor: client });
  const worker = cluster.named(await signals.begun("joined"));
  await worker.kill();
  signals.go("joined");
  const plain = Bag.range(2_000, { npartitions: 8 }).groupBy((n) => n % 11, { npartitions: 6 });
  expect(await found).toEqual(await plain.compute({ executor: "inline" }));
  await worker.isBack();
});
