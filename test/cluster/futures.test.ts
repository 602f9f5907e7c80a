import { inspect } from "node:util";
import { Bag } from "@millrace/bag";
import type { WaitProgress } from "@millrace/distributed";
import { Client, asCompleted, wait } from "@millrace/distributed";
import { Delayed, TaskError, compute } from "@millrace/graph";
import { describe, expect, test } from "vitest";
import { client, cluster } from "./lib/open-cluster.ts";

const add = (a: number, b: number): number => a + b;
const square = (n: number): number => n * n;
const later = (ms: number): Promise<number> =>
  new Promise((resolve) => setTimeout(() => resolve(ms), ms));

describe("a collection computed on a cluster", () => {
  test("gives what it gives here", async () => {
    const bag = Bag.range(1_000, { npartitions: 7 })
      .map((n) => n * 2)
      .filter((n) => n % 3 === 0);
    expect(await bag.compute({ executor: client })).toEqual(
      await bag.compute({ executor: "inline" }),
    );
  });

  test("moves pieces between workers where it is shuffled", async () => {
    const groups = Bag.range(10_000, { npartitions: 12 }).groupBy((n) => n % 7, { npartitions: 5 });
    const found = await groups.compute({ executor: client });
    const counts = found.map(([key, items]) => [key, items.length] as const);
    expect(counts.toSorted(([a], [b]) => a - b)).toEqual(
      [1429, 1429, 1429, 1429, 1428, 1428, 1428].map((count, key) => [key, count]),
    );
  });

  test("is read as a stream, in its order", async () => {
    const seen: number[] = [];
    const squares = Bag.range(20, { npartitions: 5 }).map(square);
    const kept = await squares.persist({ executor: client });
    for await (const n of kept) seen.push(n);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n * n));
  });
});

describe("a future", () => {
  test("is pending, and finished when its value is there", async () => {
    using future = client.submit(later, [100]);
    expect(future.status).toBe("pending");
    expect(await future.result()).toBe(100);
    expect(future.status).toBe("finished");
  });

  test("stands for its value among arguments, as deep as it may be", async () => {
    const three = client.submit(add, [1, 2]);
    const all = client.submit(
      (o: { list: number[]; map: Map<string, number> }) => [...o.list, ...o.map.values()],
      [{ list: [three, 4], map: new Map([["x", three]]) }],
    );
    expect(await all.result()).toEqual([3, 4, 3]);
  });

  test("is read by a task without another between them", () => {
    const three = client.submit(add, [1, 2]);
    const { graph, key } = Delayed.call(square, [three]);
    expect([...graph.materialize([key]).keys()]).toEqual([...three.outputKeys, key]);
  });

  test("can be computed with other collections, here and elsewhere", async () => {
    const six = client.submit(add, [1, 5]);
    const more = Delayed.call(add, [six, 1]);
    expect(await compute([six, more], { executor: client })).toEqual([6, 7]);
    expect(await more.compute({ executor: "inline" })).toBe(7);
  });

  test("of a task that throws says so, and so do those that read it", async () => {
    const bad = client.submit((): number => {
      throw new RangeError("no");
    }, []);
    const error = await bad.result().catch((thrown: unknown) => thrown as TaskError);
    expect(error).toBeInstanceOf(TaskError);
    expect((error as TaskError).cause).toBeInstanceOf(RangeError);
    expect(bad.status).toBe("error");
    await expect(client.submit(add, [bad, 1]).result()).rejects.toThrow("RangeError: no");
  });

  test("that is cancelled rejects, and its task does not run on", async () => {
    const slow = client.submit(later, [60_000]);
    await slow.cancel();
    expect(slow.status).toBe("cancelled");
    await expect(slow.result()).rejects.toMatchObject({ code: "graph/cancelled" });
  });

  test("that is finished stays when it is cancelled", async () => {
    const one = client.submit(add, [0, 1]);
    await one.settled();
    await one.cancel();
    expect(await one.result()).toBe(1);
  });

  test("that was released has no value any more, and those that read it keep theirs", async () => {
    const one = client.submit(add, [0, 1]);
    const two = client.submit(add, [one, 1]);
    one.release();
    one.release();
    expect(one.status).toBe("released");
    await expect(one.result()).rejects.toMatchObject({ code: "distributed/released" });
    expect(await two.result()).toBe(2);
  });

  test("of equal pure calls is of one task, and each is released by itself", async () => {
    const chance = (_: number): number => Math.random();
    const [a, b] = [1, 2].map(() => client.submit(chance, [7], { pure: true }));
    const value = await a?.result();
    a?.release();
    expect(await b?.result()).toBe(value);
    expect(await client.submit(chance, [8], { pure: true }).result()).not.toBe(value);
  });

  test("can be tried again", async () => {
    const flag = new URL("./fixtures/", import.meta.url).pathname;
    const future = client.submit(
      async (folder: string, name: string): Promise<string> => {
        const fs = await import("node:fs/promises");
        const { tmpdir } = await import("node:os");
        const path = `${tmpdir()}/millrace-retry-${name}`;
        try {
          await fs.unlink(path);
          return folder === "" ? "" : "again";
        } catch {
          await fs.writeFile(path, "");
          throw new Error("first");
        }
      },
      [flag, `${process.pid}-${Date.now()}`],
    );
    await expect(future.result()).rejects.toThrow("first");
    client.retry(future);
    expect(await future.result()).toBe("again");
  });
});

describe("many futures", () => {
  test("come in the order of their items", async () => {
    expect(await client.gather(client.map(square, [3, 1, 2]))).toEqual([9, 1, 4]);
  });

  test("may be given items that are lazy themselves", async () => {
    const items = [client.submit(add, [1, 1]), 5, Delayed.value(7)];
    expect(await client.gather(client.map(square, items))).toEqual([4, 25, 49]);
  });

  test("none of them is none", async () => {
    expect(await client.gather(client.map(square, []))).toEqual([]);
    expect(await wait([])).toEqual({ done: [], pending: [] });
  });

  test("of which some fail are gathered without these where that is asked for", async () => {
    const some = client.map(
      (n: number) => {
        if (n === 2) throw new Error("two");
        return n;
      },
      [1, 2, 3],
    );
    await expect(client.gather(some)).rejects.toThrow("two");
    expect(await client.gather(some, { errors: "skip" })).toEqual([1, 3]);
  });

  test("are waited for until all, one, or one failed", async () => {
    const [fast, slow] = [client.submit(later, [1]), client.submit(later, [1_000])];
    const first = await wait([slow, fast], { returnWhen: "first" });
    expect([first.done, first.pending]).toEqual([[fast], [slow]]);
    await expect(wait([slow], { timeoutMs: 10 })).rejects.toMatchObject({ name: "TimeoutError" });
    const all = await wait([slow, fast]);
    expect(all.done).toEqual([slow, fast]);
  });

  test("tell how far they have come", async () => {
    const told: WaitProgress[] = [];
    const futures = client.map(
      async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, 40 * n));
        if (n === 7) throw new RangeError("seven");
        return n;
      },
      Array.from({ length: 10 }, (_, n) => n),
    );
    await wait(futures, { onProgress: (progress) => void told.push(progress) });
    expect(told[0]).toMatchObject({ done: 0, failed: 0, total: 10 });
    expect(told.at(-1)).toMatchObject({ done: 9, failed: 1, total: 10 });
    expect(told.length).toBeGreaterThan(2);
    const ended = told.map(({ done, failed }) => done + failed);
    expect(ended).toEqual(ended.toSorted((a, b) => a - b));
    const stop = (): never => {
      throw new RangeError("no more");
    };
    await expect(wait(futures, { onProgress: stop })).rejects.toThrow("no more");
    const bad = wait(futures, { onProgress: "often" as never });
    await expect(bad).rejects.toMatchObject({ code: "distributed/invalid-argument" });
  });

  test("come as they end", async () => {
    const slow = client.submit(later, [300]);
    const fast = client.submit(later, [1]);
    const order: number[] = [];
    for await (const future of asCompleted([slow, fast])) order.push(await future.result());
    expect(order).toEqual([1, 300]);
  });
});

test("a wrong option is named with those that there are", () => {
  expect(() =>
    client.submit(add, [1, 2], { prio: 3 } as object),
  ).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: Client.submit: no such option, got "prio", wanted one of key, pure, retries, timeoutMs, priority, resources, workers, allowOtherWorkers. Correct the option.]`,
  );
});

test("arguments that are none are named at once", async () => {
  const wrong = undefined as never;
  expect(() => client.submit(wrong, wrong)).toThrow("Client.submit: the first argument must be a");
  expect(() => client.submit(add, wrong)).toThrow("Client.submit: the arguments must be an array");
  expect(() => client.map(wrong, [])).toThrow("Client.map: the first argument must be a function");
  expect(() => client.map(square, wrong)).toThrow("Client.map: items must be iterable");
  await expect(client.gather([1 as never])).rejects.toThrow(
    "Client.gather: this is no future, got 1",
  );
  await expect(client.gather([wrong])).rejects.toThrow("Client.gather: this is no future");
  await expect(wait(wrong)).rejects.toThrow("wait: futures must be iterable");
  await expect(Client.connect("tcp://a:1")).rejects.toThrow("is not spoken here");
});

test("a cluster does not show its token", () => {
  expect(inspect(cluster, { depth: 9, showHidden: true })).not.toContain(cluster.scheduler.token);
  expect(JSON.stringify(cluster)).not.toContain(cluster.scheduler.token);
});

test("a client that is closed says so", async () => {
  const other = await Client.connect(cluster);
  await other.close();
  await other.close();
  expect(() => other.submit(add, [1, 2])).toThrow("the client was closed");
});
