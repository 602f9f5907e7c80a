import type { Actor, Future } from "@millrace/distributed";
import { ActorLostError, getClient, getWorker } from "@millrace/distributed";
import { TaskError } from "@millrace/graph";
import { describe, expect, test } from "vitest";
import { SharedCluster } from "./lib/shared-cluster.ts";

const shared = new SharedCluster({ workers: 2, threads: 1 });

class Counter {
  n: number;
  readonly order: number[] = [];
  #secret = 1;

  constructor(n = 0) {
    this.n = n;
  }

  get double(): number {
    return 2 * this.n * this.#secret;
  }

  add(by: number): number {
    this.order.push(by);
    return (this.n += by);
  }

  async later(by: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return this.add(by);
  }

  where(): { readonly worker: string; readonly process: number } {
    return { worker: getWorker().name, process: process.pid };
  }

  fail(): never {
    throw new RangeError("too far");
  }
}

describe("an actor", () => {
  test("keeps what its methods do to it, and gives its fields", async () => {
    await using counter = await shared.client.actor(Counter, [40]);
    expect(await counter.add(1)).toBe(41);
    expect(await counter.later(1)).toBe(42);
    expect([await counter.n, await counter.double]).toEqual([42, 84]);
  });

  test("does what one caller asks in that order", async () => {
    await using counter = await shared.client.actor(Counter);
    const numbers = Array.from({ length: 1_000 }, (_, n) => n);
    await Promise.all(numbers.map((n) => counter.add(n)));
    expect(await counter.order).toEqual(numbers);
  });

  test("begins the next call while an asynchronous one waits", async () => {
    await using counter = await shared.client.actor(Counter);
    expect(await Promise.all([counter.later(1), counter.add(2)])).toEqual([3, 2]);
  });

  test("goes on after a method that throws, which rejects with its stack", async () => {
    await using counter = await shared.client.actor(Counter, []);
    const error = await counter.fail().then(String, (thrown: unknown) => thrown as TaskError);
    expect(error).toBeInstanceOf(TaskError);
    const { cause, worker } = error as TaskError;
    expect(cause).toBeInstanceOf(RangeError);
    expect((cause as Error).stack).toContain("fail");
    expect(worker).toBe((await counter.where()).worker);
  });

  test("lets other tasks run in its thread", async () => {
    await using counter = await shared.client.actor(Counter);
    const options = { workers: [(await counter.where()).worker] };
    expect(await shared.client.submit((n: number) => n + 1, [1], options).result()).toBe(2);
  });

  test("is called by tasks that get its handle, or have captured it", async () => {
    await using counter = await shared.client.actor(Counter);
    const adds = async (to: Actor<Counter>, n: number): Promise<number> => to.add(n);
    await shared.client.submit(adds, [counter, 3]).result();
    const captured = shared.client.map(async (n: number) => counter.add(n), [4, 5, 6]);
    await shared.client.gather(captured);
    expect(await counter.n).toBe(18);
  });

  test("is called by another client, for which it goes on", async () => {
    const maker = await shared.cluster.connect();
    const made = await maker.actor(Counter, [1]);
    await maker.queue("handles").put(made);
    const counter = await shared.client.queue<Actor<Counter>>("handles").get();
    expect(await counter.add(1)).toBe(2);
    await maker.close();
    expect(await counter.add(1)).toBe(3);
    await counter.release();
    await expect(counter.add(1)).rejects.toBeInstanceOf(ActorLostError);
  });

  test("that a task has made is what the task gives back", async () => {
    const making = shared.client.submit(async () => (await getClient()).actor(Counter, [7]), []);
    const counter = (await making.result()) as Actor<Counter>;
    expect(await counter.add(1)).toBe(8);
  });

  test("takes futures, as arguments of its constructor and of its methods", async () => {
    const seven = shared.client.submit(() => 7, []);
    await using counter = await shared.client.actor(Counter, [seven]);
    expect(await counter.n).toBe(7);
    class Reader {
      async read(future: Future<number>): Promise<number> {
        return future.result();
      }
    }
    await using reader = await shared.client.actor(Reader);
    expect(await reader.read(seven)).toBe(7);
  });

  test("gives and takes large values as futures, and refuses them as they are", async () => {
    class Weights {
      #all: Float64Array = new Float64Array(200_000);

      async set(all: Future<Float64Array>): Promise<void> {
        this.#all = await all.result();
      }

      async get(): Promise<Future<Float64Array>> {
        const [all] = await (await getClient()).scatter([this.#all]);
        if (all === undefined) throw new Error("nothing was scattered");
        return all;
      }

      raw(): Float64Array {
        return this.#all;
      }
    }
    await using weights = await shared.client.actor(Weights);
    const [ones] = await shared.client.scatter([new Float64Array(200_000).fill(1)]);
    await weights.set(ones as Future<Float64Array>);
    const got = await (await weights.get()).result();
    expect([got.length, got[199_999]]).toEqual([200_000, 1]);
    const error = (await weights.raw().catch((thrown: unknown) => thrown)) as Error;
    expect(error.cause ?? error).toMatchObject({ code: "distributed/value-too-large" });
  });

  test("is kept by a worker that is named", async () => {
    const options = { name: "tally", workers: ["worker-1"] };
    await using counter = await shared.client.actor(Counter, [], options);
    expect((await counter.where()).worker).toBe("worker-1");
  });
});
