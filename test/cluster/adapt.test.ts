import { setTimeout as sleep } from "node:timers/promises";
import type { LocalWorker } from "@millrace/distributed";
import { Client, LocalCluster } from "@millrace/distributed";
import { afterAll, beforeAll, expect, test } from "vitest";

let cluster: LocalCluster;
let client: Client;

beforeAll(async () => {
  cluster = await LocalCluster.start({ workers: 0, memoryLimit: "1GiB" });
  client = await Client.connect(cluster);
});

afterAll(async () => {
  await client.close();
  await cluster.close();
});

/** Takes its thread for a while. */
const slowSquare = (n: number): number => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  return n * n;
};

/** Resolves when the cluster has so many workers. */
async function hasSize(wanted: (size: number) => boolean): Promise<void> {
  for (;;) {
    if (wanted(cluster.size)) return;
    await sleep(20);
  }
}

test("workers come with work, go after it, and leave the values that somebody wants", async () => {
  const adaptive = cluster.adapt({ maximum: 2, interval: 100, targetDuration: "200ms" });
  const futures = client.map(slowSquare, [1, 2, 3, 4, 5, 6, 7, 8]);
  await hasSize((size) => size === 2);
  await hasSize((size) => size === 1);
  expect(await client.gather(futures)).toEqual([1, 4, 9, 16, 25, 36, 49, 64]);
  for (const future of futures) future.release();
  await hasSize((size) => size === 0);

  // From nothing again.
  using again = client.submit(slowSquare, [9]);
  expect(await again.result()).toBe(81);
  adaptive.stop();
});

test("a cluster that is scaled by hand is not scaled by its work any more", async () => {
  cluster.adapt({ maximum: 1, interval: 20 });
  await cluster.scale(2);
  await sleep(200);
  expect(cluster.size).toBe(2);
  await cluster.scale(0);
  expect(cluster.size).toBe(0);
});

test("its workers are seen with their processes, also after one was started again", async () => {
  await cluster.scale(2);
  const before = cluster.workers;
  expect(before.map(({ threads }) => threads)).toEqual([1, 1]);
  const pids = await client.run(() => process.pid);
  expect(new Map(before.map(({ name, pid }) => [name, pid]))).toEqual(pids);

  const [{ name, pid }] = before as [LocalWorker];
  process.kill(pid as number, "SIGKILL");
  const pidNow = (): number | undefined => cluster.workers.find((one) => one.name === name)?.pid;
  while (pidNow() === undefined || pidNow() === pid) await sleep(20);
  expect(cluster.workers.map((one) => one.name)).toEqual(before.map((one) => one.name));
  await cluster.scale(0);
  expect(cluster.workers).toEqual([]);
});

test("options that are no good are refused by name", () => {
  expect(() => cluster.adapt({ minimum: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: LocalCluster.adapt: bad minimum, got -1, wanted a whole number of 0 or more. Correct the option.]`,
  );
  expect(() => cluster.adapt({ minimum: 3, maximum: 2 })).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: LocalCluster.adapt: bad maximum, got 2, wanted at least the minimum of 3. Correct the option.]`,
  );
  expect(() => cluster.adapt({ interval: "soon" })).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: LocalCluster.adapt: bad interval, got "soon", wanted milliseconds from 1 to 2 ** 31 - 1, or text such as '500ms', '5s' or '1m'. Correct the option.]`,
  );
  expect(() => cluster.adapt({ targetDuration: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: LocalCluster.adapt: bad targetDuration, got 0, wanted milliseconds from 1 to 2 ** 31 - 1, or text such as '500ms', '5s' or '1m'. Correct the option.]`,
  );
  expect(() => cluster.adapt({ max: 2 } as object)).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: LocalCluster.adapt: no such option, got "max", wanted one of minimum, maximum, interval, targetDuration. Correct the option.]`,
  );
});
