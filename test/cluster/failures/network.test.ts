import { describe, expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { waiting } from "../lib/signals.ts";
import type { TestWorker } from "../lib/test-worker.ts";
import { rejection, until } from "../lib/until.ts";

const shared = new SharedCluster({
  workers: 2,
  proxied: "both",
  timing: { heartbeatMs: 300, silenceMs: 2_000, transferMs: 1_500 },
  scheduler: { workerTimeoutMs: 2_000 },
});
const plus = (n: number): number => n + 1;

/** A task that has begun and waits, and its worker. */
async function begun(name: string) {
  const { client, cluster, signals, folder } = shared;
  const future = client.submit(waiting<number>, [folder, name, 42]);
  return { future, worker: cluster.named(await signals.begun(name)) };
}

/** Waits until the scheduler has let a worker in anew, and has it compute something. */
async function rejoined({ name }: TestWorker, before: number): Promise<void> {
  const { client } = shared;
  await until(`${name} joins again`, () => joinCountOf(name) > before);
  expect(await client.submit(plus, [1], { workers: [name] }).result()).toBe(2);
}

function joinCountOf(name: string): number {
  return shared.cluster.events.of("worker joined").filter(({ facts }) => facts["name"] === name)
    .length;
}

describe("a worker that is out of reach of the scheduler", () => {
  // Rows 7 and 8; where only one direction is cut neither side may go on alone.
  test.each([
    ["both ways", ["up", "down"]],
    ["on its way to it", ["up"]],
    ["from it", ["down"]],
  ])("%s loses its tasks to others, and comes back with nothing", async (_, ways) => {
    const { signals } = shared;
    const { future, worker } = await begun("task");
    const before = joinCountOf(worker.name);
    worker.control?.cut(...(ways as ("up" | "down")[]));
    await signals.begun("task", 2);
    signals.go("task");
    expect(await future.result()).toBe(42);
    worker.control?.heal();
    await rejoined(worker, before);
  });

  // Rows 7, 10 and 11: what it says when it goes on is of an old connection.
  test("because its process stands still is not believed any more when it goes on", async () => {
    const { signals } = shared;
    const { future, worker } = await begun("task");
    const before = joinCountOf(worker.name);
    worker.stop();
    await signals.begun("task", 2);
    signals.go("task");
    expect(await future.result()).toBe(42);
    worker.resume();
    await rejoined(worker, before);
    expect(await future.result()).toBe(42);
  });

  test("because the connection breaks connects anew at once", async () => {
    const { signals } = shared;
    const { future, worker } = await begun("task");
    const before = joinCountOf(worker.name);
    worker.control?.drop();
    signals.go("task");
    expect(await future.result()).toBe(42);
    await rejoined(worker, before);
  });

  // Row 22.
  test("because what it says is damaged is cut off, and connects anew", async () => {
    const { signals, cluster } = shared;
    const { future, worker } = await begun("task");
    const before = joinCountOf(worker.name);
    worker.control?.corrupt("up");
    await until("damage is found", () => cluster.events.of("worker left").length > 0);
    signals.go("task");
    expect(await future.result()).toBe(42);
    await rejoined(worker, before);
  });
});

describe("a worker whose values are out of reach of others", () => {
  /** A value of one worker, which a task of the other one reads. */
  async function crossing(bytes: number) {
    const { client, cluster } = shared;
    const [from, to] = cluster.workers as [TestWorker, TestWorker];
    const rule = { workers: [from.name], allowOtherWorkers: true };
    const made = client.submit((size: number) => new Uint8Array(size).fill(3), [bytes], rule);
    await made.settled();
    const read = (): Promise<number> =>
      client
        .submit((all: Uint8Array) => all.length + (all[1] ?? 0), [made], { workers: [to.name] })
        .result();
    return { from, read };
  }

  // Row 9.
  test("has them made again where they are read", async () => {
    const { from, read } = await crossing(1_000);
    if (from.data !== undefined) from.data.isRefusing = true;
    from.data?.drop();
    expect(await read()).toBe(1_003);
    from.data?.heal();
  });

  // Row 9.
  test("and answers nothing is given up, and they are made again where they are read", async () => {
    const { from, read } = await crossing(1_001);
    from.data?.cut();
    expect(await read()).toBe(1_004);
    from.data?.heal();
  });

  // Row 3.
  test("because it dies while it sends one has it made again elsewhere", async () => {
    const { from, read } = await crossing(2e7);
    const { data } = from;
    if (data === undefined) throw new Error("no proxy");
    data.bytesPerSecond = 1e7;
    const before = data.count;
    const found = read();
    await until("the transfer has begun", () => data.count > before || data.openCount > 0);
    await from.kill();
    expect(await found).toBe(2e7 + 3);
    data.heal();
    await from.isBack();
  });

  test("by a client has them made again by one that it can reach", async () => {
    const { client, cluster } = shared;
    const [from] = cluster.workers as [TestWorker];
    const made = client.map((n: number) => new Uint8Array(5_000).fill(n), [1, 2, 3, 4, 5, 6]);
    for (const each of made) await each.settled();
    if (from.data !== undefined) from.data.isRefusing = true;
    from.data?.drop();
    const values = await client.gather(made);
    expect(values.map((value) => value[4_999])).toEqual([1, 2, 3, 4, 5, 6]);
    from.data?.heal();
  });

  test("by a client for good is an error that says so", async () => {
    const { client, cluster } = shared;
    const [from] = cluster.workers as [TestWorker];
    const rule = { workers: [from.name] };
    const made = client.submit((size: number) => new Uint8Array(size), [5_000], rule);
    await made.settled();
    if (from.data !== undefined) from.data.isRefusing = true;
    from.data?.drop();
    expect(await rejection(made.result(), 25_000)).toMatchObject({ code: "distributed/peer-lost" });
    from.data?.heal();
  });
});
