import { setTimeout as sleep } from "node:timers/promises";
import { Client, LocalCluster } from "@millrace/distributed";
import { afterEach, beforeEach, expect, test } from "vitest";

import { Proxy } from "./lib/proxy.ts";

let cluster: LocalCluster;
let proxy: Proxy;
let client: Client;

beforeEach(async () => {
  cluster = await LocalCluster.start({ workers: 2, memoryLimit: "1GiB" });
  proxy = await Proxy.start(Number(new URL(cluster.scheduler.url).port));
  client = await Client.connect(`ws://127.0.0.1:${proxy.port}`, { token: cluster.scheduler.token });
});

afterEach(async () => {
  await client.close();
  await proxy.close();
  await cluster.close();
});

const later = async (n: number): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return n;
};
const fails = async (): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  throw new RangeError("no");
};

test("what a client was not told while its connection was broken it hears afterwards", async () => {
  const kept = client.submit(later, [0]);
  await kept.settled();
  const futures = client.map(later, [1, 2, 3, 4]);
  const bad = client.submit(fails, []);
  bad.result().catch(() => undefined);
  await sleep(100);
  proxy.isRefusing = true;
  proxy.drop();
  // What is asked for meanwhile waits as well.
  const asked = client.submit((a: number, b: number) => a + b, [kept, 5]);
  const holders = client.whoHas([kept]);
  await sleep(800);
  expect(asked.status).toBe("pending");
  proxy.isRefusing = false;
  expect(await client.gather(futures)).toEqual([1, 2, 3, 4]);
  expect(await asked.result()).toBe(5);
  expect((await holders)[0]).toHaveLength(1);
  await expect(bad.result()).rejects.toThrow("RangeError: no");
  expect(await kept.result()).toBe(0);
});

test("a connection that breaks again and again loses nothing", async () => {
  const futures = client.map(
    later,
    Array.from({ length: 200 }, (_, n) => n),
  );
  const all = client.gather(futures);
  let isDone = false;
  const done = all.then(() => (isDone = true));
  for (let n = 0; n < 10 && !isDone; n++) {
    // About when it is back.
    await sleep(70);
    proxy.drop();
  }
  await done;
  expect(await all).toEqual(Array.from({ length: 200 }, (_, n) => n));
});

test("a cluster that is closed has nobody wait for it", async () => {
  const future = client.submit(later, [1]);
  const never = client.submit(() => new Promise<number>(() => undefined), []);
  expect(await future.result()).toBe(1);
  const outcome = never.result().catch((error: unknown) => error);
  await cluster.close();
  expect(await outcome).toMatchObject({ code: "distributed/scheduler-lost" });
});
