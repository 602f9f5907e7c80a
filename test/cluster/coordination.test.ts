import type { Future } from "@millrace/distributed";
import { Client, LocalCluster } from "@millrace/distributed";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

let cluster: LocalCluster;
let a: Client;
let b: Client;

beforeAll(async () => {
  cluster = await LocalCluster.start({ workers: 1, memoryLimit: "1GiB" });
});

beforeEach(async () => {
  [a, b] = await Promise.all([Client.connect(cluster), Client.connect(cluster)]);
});

afterEach(async () => {
  await Promise.all([a.close(), b.close()]);
});

afterAll(() => cluster.close());

const add = (x: number, y: number): number => x + y;

describe("a queue", () => {
  test("gives other clients values in the order in which they were put", async () => {
    const [here, there] = [a.queue<unknown>("order"), b.queue<unknown>("order")];
    const values = [1, "two", { three: new Map([[3, new Date(0)]]) }, undefined, null];
    for (const value of values) await here.put(value);
    expect(await there.size()).toBe(5);
    const got: unknown[] = [];
    for (const _ of values) got.push(await there.get());
    expect(got).toEqual(values);
    expect(await there.tryGet()).toBeUndefined();
  });

  test("that is full has who puts wait until there is room", async () => {
    const queue = a.queue<number>("full", { maxSize: 1 });
    await queue.put(1);
    let isIn = false;
    const second = queue.put(2).then(() => (isIn = true));
    expect(await queue.size()).toBe(1);
    expect(isIn).toBe(false);
    expect(await b.queue("full").get()).toBe(1);
    await second;
    expect(await b.queue("full").clear()).toBe(1);
  });

  test("goes to those first who asked first", async () => {
    const order: string[] = [];
    const first = a.queue("fair").get();
    // The answer to this says that the scheduler has heard the first.
    await a.queue("fair").size();
    const second = b.queue("fair").get();
    await b.queue("fair").size();
    void first.then((value) => order.push(`a ${String(value)}`));
    void second.then((value) => order.push(`b ${String(value)}`));
    await a.queue("fair").put(1);
    await a.queue("fair").put(2);
    await Promise.all([first, second]);
    expect(order).toEqual(["a 1", "b 2"]);
  });

  test("loses nothing to those who wait no longer", async () => {
    const queue = a.queue<number>("patience");
    await expect(queue.get({ timeoutMs: 20 })).rejects.toMatchObject({ name: "TimeoutError" });
    const stop = new AbortController();
    const waiting = queue.get({ signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await b.queue("patience").put(1);
    expect(await queue.get()).toBe(1);
  });

  test("does not serve a client that is gone", async () => {
    const other = await Client.connect(cluster);
    const waiting = other.queue("gone").get();
    await other.queue("gone").size();
    await other.close();
    await expect(waiting).rejects.toMatchObject({ code: "distributed/client-closed" });
    await a.queue("gone").put(1);
    expect(await b.queue("gone").tryGet()).toBe(1);
  });

  test("takes futures, which hold their values for whoever takes them", async () => {
    const queue = a.queue<{ sum: Future<number> }>("futures");
    const sum = a.submit(add, [1, 2]);
    await queue.put({ sum });
    sum.release();
    const taken = await b.queue<{ sum: Future<number> }>("futures").get();
    expect(taken.sum.key).toBe(sum.key);
    expect(await taken.sum.result()).toBe(3);
    expect(await b.submit(add, [taken.sum, 4]).result()).toBe(7);
  });

  test("keeps the futures of a client that is gone", async () => {
    const other = await Client.connect(cluster);
    const value = other.submit(add, [20, 22]);
    await other.queue("legacy").put([value, value]);
    await other.close();
    const [first, second] = await a.queue<Future<number>[]>("legacy").get();
    expect(first).toBe(second);
    expect(await first?.result()).toBe(42);
  });

  test("gives the failure of a future to whoever takes it", async () => {
    const bad = a.submit((): number => {
      throw new RangeError("no");
    }, []);
    await a.queue("bad").put(bad);
    const taken = await b.queue<Future<number>>("bad").get();
    await expect(taken.result()).rejects.toThrow("RangeError: no");
  });

  test("takes no future of another client, and none that was released", async () => {
    const future = a.submit(add, [1, 1]);
    await expect(b.queue("foreign").put(future)).rejects.toMatchObject({
      code: "distributed/invalid-argument",
    });
    future.release();
    await expect(a.queue("foreign").put(future)).rejects.toMatchObject({
      code: "distributed/released",
    });
  });

  test("refuses what is too large, and says what to do", async () => {
    const large = new Uint8Array(2 ** 20 + 1);
    const error = await a
      .queue("large")
      .put(large)
      .catch((thrown: unknown) => thrown as Error);
    expect(String(error)).toMatchInlineSnapshot(
      `"DistributedError: ClusterQueue.put: a value is too large for the scheduler, got a value of 1048599 bytes, wanted up to 1048576. Call \`submit\` with a function that makes it, and give the future."`,
    );
    await a.queue("large").put(new Uint8Array(2 ** 20 - 1_000).fill(7));
    const back = await b.queue<Uint8Array>("large").get();
    expect([back.length, back[99]]).toEqual([2 ** 20 - 1_000, 7]);
  });

  test("refuses what has no form as data, with the way to it", async () => {
    await expect(a.queue("code").put({ fn: () => 1 })).rejects.toMatchObject({
      code: "distributed/not-serializable",
      path: "$.fn",
    });
  });
});

describe("a lock", () => {
  test("has one holder at a time, in the order in which they asked", async () => {
    const held = await a.lock("door").acquire();
    expect(held.isHeld).toBe(true);
    expect(await b.lock("door").tryAcquire()).toBeUndefined();
    const next = b.lock("door").acquire();
    held.release();
    held.release();
    expect(held.isHeld).toBe(false);
    (await next).release();
  });

  test("is free after the block that uses it", async () => {
    {
      using held = await a.lock("block").acquire();
      expect(held.isHeld).toBe(true);
    }
    {
      await using held = await a.lock("block").acquire({ timeoutMs: 5_000 });
      expect(held.isHeld).toBe(true);
    }
    (await b.lock("block").acquire({ timeoutMs: 5_000 })).release();
  });

  test("is free when its client goes", async () => {
    const other = await Client.connect(cluster);
    const lost = await other.lock("heirs").acquire();
    const next = a.lock("heirs").acquire();
    await other.close();
    expect((await next).isHeld).toBe(true);
    expect(lost.isHeld).toBe(false);
  });

  test("that is not had in time was never had", async () => {
    const held = await a.lock("late").acquire();
    await expect(b.lock("late").acquire({ timeoutMs: 10 })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    held.release();
    expect((await a.lock("late").tryAcquire())?.isHeld).toBe(true);
  });
});

describe("a semaphore", () => {
  test("has as many holders as it says", async () => {
    const first = await a.semaphore("seats", 2).acquire();
    await b.semaphore("seats", 2).acquire();
    const third = a.semaphore("seats", 2).acquire();
    expect(await b.semaphore("seats", 2).tryAcquire()).toBeUndefined();
    first.release();
    expect((await third).isHeld).toBe(true);
  });

  test("is one for all who use it, or is refused", async () => {
    await a.semaphore("rows", 2).acquire();
    await expect(b.semaphore("rows", 3).acquire()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DistributedError: ClusterSemaphore.acquire: the scheduler refuses, got the answer "it has 2 leases in all", wanted what the others say. Use the same numbers everywhere, or another name.]`,
    );
    expect(() => a.semaphore("rows", 0)).toThrowErrorMatchingInlineSnapshot(
      `[DistributedError: Client.semaphore: bad count, got 0, wanted a whole number of 1 or more. Correct the option.]`,
    );
  });
});

test("an event lets all go on who wait for it, until it is cleared", async () => {
  const [here, there] = [a.event("start"), b.event("start")];
  const waiting = [here.wait(), there.wait(), there.wait()];
  expect(await here.isSet()).toBe(false);
  await here.set();
  await Promise.all(waiting);
  await there.wait();
  await there.clear();
  await expect(here.wait({ timeoutMs: 10 })).rejects.toMatchObject({ name: "TimeoutError" });
});

describe("a variable", () => {
  test("is waited for until it has a value, then it has the last one", async () => {
    const first = b.variable("rate").get();
    await a.variable("rate").set({ n: 1 });
    expect(await first).toEqual({ n: 1 });
    await a.variable("rate").set({ n: 2 });
    expect(await b.variable("rate").get()).toEqual({ n: 2 });
    expect([await b.variable("rate").delete(), await b.variable("rate").delete()]).toEqual([
      true,
      false,
    ]);
    await expect(a.variable("rate").get({ timeoutMs: 10 })).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  test("gives everybody futures of their own", async () => {
    const made = a.submit(add, [2, 3]);
    await a.variable("model").set([made]);
    made.release();
    const [here] = await a.variable<Future<number>[]>("model").get();
    const [there] = await b.variable<Future<number>[]>("model").get();
    here?.release();
    expect(await there?.result()).toBe(5);
    await a.variable("model").delete();
    expect(await b.submit(add, [there as Future<number>, 1]).result()).toBe(6);
  });
});

describe("a topic", () => {
  test("gives all who listen what is published from then on", async () => {
    const news = a.topic<number>("news");
    expect(await news.publish(0)).toBe(0);
    const subscriptions = [await a.topic<number>("news").subscribe()];
    subscriptions.push(await b.topic<number>("news").subscribe());
    for (let n = 1; n <= 3; n++) expect(await news.publish(n)).toBe(2);
    for (const subscription of subscriptions) {
      const heard: number[] = [];
      for await (const n of subscription) if (heard.push(n) === 3) break;
      expect(heard).toEqual([1, 2, 3]);
      await subscription.close();
    }
    expect(await news.publish(4)).toBe(0);
  });

  test("drops the oldest for a reader that is slow, and counts them", async () => {
    const fast = a.topic<number>("fast");
    await using slow = await b.topic<number>("fast").subscribe();
    await Promise.all(Array.from({ length: 1_500 }, (_, n) => fast.publish(n)));
    const heard: number[] = [];
    for await (const n of slow) if (heard.push(n) === 1_000) break;
    expect([heard[0], heard[999], slow.droppedCount]).toEqual([500, 1_499, 500]);
  });

  test("ends the loops over a subscription that is closed", async () => {
    const subscription = await a.topic("quiet").subscribe();
    const loop = (async () => {
      for await (const _ of subscription) throw new Error("nothing was published");
    })();
    await a.event("quiet").isSet();
    await subscription.close();
    await loop;
  });

  test("takes no futures", async () => {
    const future = a.submit(add, [1, 1]);
    await expect(a.topic("work").publish(future)).rejects.toMatchObject({
      code: "distributed/invalid-argument",
    });
  });
});

test("a name is a text that is neither empty nor long", () => {
  expect(() => a.lock("")).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: Client.lock: bad name, got "", wanted a text of 1 to 256 characters. Give the name by which other clients find it.]`,
  );
  expect(() => a.queue("x".repeat(257))).toThrow("bad name");
  expect(() => a.queue("q", { maxSize: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: Client.queue: bad maxSize, got 0, wanted a whole number of 1 or more. Correct the option.]`,
  );
});

test("a client that is closed coordinates nothing", async () => {
  const queue = b.queue("closed");
  await b.close();
  await expect(queue.put(1)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: ClusterQueue.put: the client was closed, got a call, wanted one before. Connect another client.]`,
  );
  expect(() => b.lock("closed")).toThrow("the client was closed");
});
