import type { Future } from "@millrace/distributed";
import { Client, LocalCluster, getClient, secede } from "@millrace/distributed";
import { Delayed } from "@millrace/graph";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let cluster: LocalCluster;
let client: Client;

beforeAll(async () => {
  // One thread in all: whatever waits for another task must leave room for it.
  cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1, memoryLimit: "1GiB" });
  client = await Client.connect(cluster);
});

afterAll(async () => {
  await client.close();
  await cluster.close();
});

const square = (n: number): number => n * n;

async function sumOfSquares(numbers: readonly number[]): Promise<number> {
  const inner = await getClient();
  const squares = await inner.gather(inner.map(square, numbers));
  return squares.reduce((a, b) => a + b, 0);
}

/** Calls itself for less, and waits. */
async function factorial(n: number): Promise<number> {
  if (n <= 1) return 1;
  const inner = await getClient();
  secede();
  const less = inner.submit(factorial, [n - 1]) as Future<number>;
  return n * (await less.result());
}

async function depthOf(n: number): Promise<number> {
  if (n === 0) return 0;
  const inner = await getClient();
  secede();
  const less = inner.submit(depthOf, [n - 1]) as Future<number>;
  return 1 + (await less.result());
}

describe("a task", () => {
  test("submits tasks and waits for them, on one thread", async () => {
    expect(await client.submit(sumOfSquares, [[1, 2, 3]]).result()).toBe(14);
  });

  test("waits for tasks that wait for tasks, as deep as they go", async () => {
    expect(await client.submit(factorial, [10]).result()).toBe(3_628_800);
  });

  test("that has left its place makes room for those that it waits for, hundreds deep", async () => {
    expect(await client.submit(depthOf, [200]).result()).toBe(200);
  });

  test("that waits in its hundreds still lets those run that it waits for", async () => {
    const waits = async (n: number): Promise<number> => {
      const inner = await getClient();
      secede();
      await inner.event("go").wait();
      return n;
    };
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    const waiting = client.map(waits, numbers);
    const sets = client.submit(async () => (await getClient()).event("go").set(), []);
    await sets.result();
    expect(await client.gather(waiting)).toEqual(numbers);
  });

  test("shares queues and locks with programs", async () => {
    const increments = client.map(
      async (_: number) => {
        const inner = await getClient();
        using held = await inner.lock("counter").acquire();
        const counter = inner.variable<number>("counter");
        await counter.set((await counter.get()) + (held.isHeld ? 1 : 0));
      },
      Array.from({ length: 20 }, (_, n) => n),
    );
    await client.variable("counter").set(0);
    await client.gather(increments);
    expect(await client.variable("counter").get()).toBe(20);
  });

  test("gives a future away through a queue", async () => {
    await client
      .submit(async () => {
        const inner = await getClient();
        await inner.queue("made").put(inner.submit((n: number) => new Array(n).fill(n), [3]));
      }, [])
      .result();
    const made = await client.queue<Future<number[]>>("made").get();
    expect(await made.result()).toEqual([3, 3, 3]);
  });

  test("moves values that are larger than messages", async () => {
    const size = await client
      .submit(async () => {
        const inner = await getClient();
        const input = new Float64Array(400_000).fill(2);
        const made = await inner
          .submit((all: Float64Array) => all.map((n) => n * 2), [input])
          .result();
        return [made.length, made[399_999]];
      }, [])
      .result();
    expect(size).toEqual([400_000, 4]);
  });

  test("scatters values of its own", async () => {
    const sum = client.submit(async () => {
      const inner = await getClient();
      const [two, three] = await inner.scatter([2, 3]);
      return inner.submit((x: number, y: number) => x * y, [two as never, three as never]).result();
    }, []);
    expect(await sum.result()).toBe(6);
  });

  test("has one client for its thread, which it cannot close", async () => {
    const same = await client
      .submit(async () => {
        const first = await getClient();
        await first.close();
        const second = await getClient();
        await second.queue("still").put(1);
        return first === second && second.name;
      }, [])
      .result();
    expect(same).toBe("worker-0 thread 0");
  });

  test("hears of errors of the tasks that it has submitted", async () => {
    const bad = client.submit(async () => {
      const inner = await getClient();
      return inner
        .submit(() => {
          throw new RangeError("inner");
        }, [])
        .result();
    }, []);
    await expect(bad.result()).rejects.toThrow("RangeError: inner");
  });

  test("that ends its thread lets go of what it had locked", async () => {
    const dying = client.submit(async () => {
      await (await getClient()).lock("grave").acquire();
      process.exit(1);
    }, []);
    await expect(dying.result()).rejects.toThrow("ended its thread");
    (await client.lock("grave").acquire({ timeoutMs: 10_000 })).release();
  });
});

test("there is no client, and no place to leave, outside of a task", async () => {
  await expect(getClient()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: getClient: there is no task here, wanted a call inside a task that runs on a worker. Elsewhere, call Client.connect.]`,
  );
  expect(() => secede()).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: secede: there is no task here, wanted a call inside a task that runs on a worker. The inline executor has no workers.]`,
  );
});

test("the threads executor has no client for its tasks, and says so", async () => {
  const { createThreadsExecutor } = await import("@millrace/distributed");
  await using executor = createThreadsExecutor({ threads: 1 });
  const asks = Delayed.call(async () => (await getClient()).name, []);
  const error = await asks.compute({ executor }).catch((thrown: unknown) => thrown as Error);
  expect((error as Error).cause).toMatchObject({ code: "distributed/no-client" });
});
