import type { Actor } from "@millrace/distributed";
import { ActorLostError, Client, LocalCluster, getWorker } from "@millrace/distributed";
import { TaskError } from "@millrace/graph";
import { expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { begin } from "../lib/signals.ts";
import { until } from "../lib/until.ts";

const shared = new SharedCluster({ workers: 2, scheduler: { workerTimeoutMs: 2_000 } });

class Keeper {
  readonly worker = getWorker().name;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    begin(folder, "made");
  }

  number(): number {
    return 1;
  }

  async never(): Promise<void> {
    begin(this.#folder, "never");
    await new Promise(() => undefined);
  }

  exit(): void {
    process.exit(1);
  }

  endless(): never {
    begin(this.#folder, "endless");
    for (;;);
  }

  [Symbol.dispose](): void {
    begin(this.#folder, "disposed");
  }
}

const make = (client: Client): Promise<Actor<Keeper>> =>
  client.actor(Keeper, [shared.signals.folder]);
const lost = { code: "distributed/actor-lost", name: "ActorLostError" };

test("a worker that dies takes its actors along: calls reject, and nothing is made anew", async () => {
  const { client, cluster, signals } = shared;
  const keeper = await make(client);
  const worker = cluster.named(await keeper.worker);
  const never = keeper.never();
  await signals.begun("never");
  await worker.kill();
  await expect(never).rejects.toMatchObject(lost);
  await expect(keeper.number()).rejects.toMatchObject(lost);
  await worker.isBack();
  expect(await client.submit((n: number) => n + 1, [1]).result()).toBe(2);
  expect(signals.countOf("made")).toBe(1);
  await keeper.release();
});

test("a worker that stands still is given up, and so are its actors", async () => {
  const { client, cluster } = shared;
  const keeper = await make(client);
  const worker = cluster.named(await keeper.worker);
  worker.stop();
  await expect(keeper.number()).rejects.toMatchObject(lost);
});

test("an instance that ends its thread is lost, and says so", async () => {
  const keeper = await make(shared.client);
  await expect(keeper.exit()).rejects.toBeInstanceOf(ActorLostError);
  await expect(keeper.number()).rejects.toThrow("is gone");
});

test("a worker that is told to go does so, and its actors end", async () => {
  const { client, cluster } = shared;
  const worker = await cluster.add();
  const { name } = worker;
  const keeper = await client.actor(Keeper, [shared.folder], { workers: [name] });
  const never = keeper.never();
  process.kill(worker.pid, "SIGTERM");
  await expect(never).rejects.toThrow(`its worker ${name} goes`);
  expect((await worker.nanny.ended).kind).toBe("retired");
});

test("a client that goes ends its actors, which are disposed of", async () => {
  const { cluster, signals } = shared;
  const client = await cluster.connect();
  const keeper = await make(client);
  expect(await keeper.number()).toBe(1);
  await client.close();
  await signals.begun("disposed");
});

test("a method that never ends is ended with its client, and its thread is free again", async () => {
  const { cluster, signals } = shared;
  const client = await cluster.connect();
  const keeper = await make(client);
  const options = { workers: [await keeper.worker] };
  const endless = keeper.endless().catch((error: unknown) => (error as Error).message);
  await signals.begun("endless");
  await client.close();
  expect(await endless).toContain("the client was closed");
  expect(await shared.client.submit((n: number) => n + 1, [1], options).result()).toBe(2);
});

test("a constructor that throws rejects, and nothing is left", async () => {
  class Bad {
    constructor() {
      throw new RangeError("not today");
    }
  }
  const error = await shared.client.actor(Bad).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TaskError);
  expect((error as Error).cause).toMatchObject({ name: "RangeError", message: "not today" });
});

test("a class that cannot travel is refused with the way to what holds it", async () => {
  const secret = new WeakMap<object, number>();
  class Holds {
    get(): number {
      return secret.get(this) ?? 0;
    }
  }
  await expect(shared.client.actor(Holds)).rejects.toMatchObject({ name: "CaptureError" });
});

test("what a method returns that cannot travel is refused with its path", async () => {
  class Returns {
    bad(): unknown {
      return { at: [() => 1] };
    }
    good(): number {
      return 1;
    }
  }
  await using returns = await shared.client.actor(Returns);
  const error = (await returns.bad().catch((thrown: unknown) => thrown)) as Error;
  expect(error.cause ?? error).toMatchObject({ code: "distributed/not-serializable" });
  expect(await returns.good()).toBe(1);
});

test("a cluster that is scaled down keeps a worker with an actor", async () => {
  await using cluster = await LocalCluster.start({ workers: 3, processes: false });
  await using client = await Client.connect(cluster);
  class Where {
    worker(): string {
      return getWorker().name;
    }
  }
  const actor = await client.actor(Where, [], { workers: ["worker-1"] });
  await cluster.scale(2);
  expect(await actor.worker()).toBe("worker-1");
  cluster.adapt({ minimum: 0, interval: "20ms" });
  await until("the other one goes", () => cluster.size === 1);
  expect(await actor.worker()).toBe("worker-1");
  await cluster.scale(0);
  await expect(actor.worker()).rejects.toMatchObject(lost);
});
