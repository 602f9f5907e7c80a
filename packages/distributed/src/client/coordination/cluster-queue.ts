import { checkOptions } from "@millrace/graph";
import { optionRefusal } from "../../option-refusal.ts";
import type { Coordinating } from "./coordinating.ts";
import { checkName } from "./coordinating.ts";
import type { WaitingOptions } from "./waiting.ts";
import { limitOf } from "./waiting.ts";

/** How a queue is used. */
export interface QueueOptions {
  /** Who puts here waits while there are so many values; default no limit. */
  readonly maxSize?: number | undefined;
}

/**
 * A queue that all clients of a scheduler share by its name: values come out in the order in which
 * they went in, and go to those who asked first. A value is taken by one client; when that goes
 * before it has read it, the value is gone too. Values stay until they are taken, whoever is there.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * await using client = await Client.connect(cluster);
 * const queue = client.queue<string>("letters", { maxSize: 100 });
 * await queue.put("a");
 * await queue.put("b");
 * await queue.size(); // => 2
 * await queue.get(); // => "a"
 * await queue.tryGet(); // => "b"
 * await queue.tryGet(); // => undefined
 * ```
 */
export class ClusterQueue<T> {
  /** By which clients find it. */
  readonly name: string;
  readonly #with: Coordinating;
  readonly #lengthMax: number;

  /** Made by a client; see `Client.queue`. */
  constructor(coordinating: Coordinating, name: string, options: QueueOptions) {
    checkName("Client.queue", name);
    checkOptions("Client.queue", options, ["maxSize"], optionRefusal);
    const { maxSize = Number.MAX_SAFE_INTEGER } = options;
    if (!Number.isSafeInteger(maxSize) || maxSize < 1) {
      throw optionRefusal("Client.queue", "bad maxSize", maxSize, "a whole number of 1 or more");
    }
    this.name = name;
    this.#with = coordinating;
    this.#lengthMax = maxSize;
  }

  /**
   * Adds a value: plain data of up to 1 MiB. Futures in it arrive as futures that hold their values
   * for whoever takes them; the ones here can be released then. Resolves when it is in.
   *
   * @throws SerializationError, SchedulerLostError; DistributedError `distributed/value-too-large`,
   *   `distributed/coordination-full`; the reason of `signal`, or a `TimeoutError`
   */
  async put(value: T, options: WaitingOptions = {}): Promise<void> {
    const api = "ClusterQueue.put";
    const limit = limitOf(api, options);
    const { name } = this;
    const lengthMax = this.#lengthMax;
    await this.#with.give<"done">(
      api,
      value,
      (passed) => ({ kind: "queue-put", name, lengthMax, value: passed }),
      limit,
    );
  }

  /**
   * Takes the first value out; waits for one where there is none.
   *
   * @throws SchedulerLostError; the reason of `signal`, or a `TimeoutError`
   */
  async get(options: WaitingOptions = {}): Promise<T> {
    const api = "ClusterQueue.get";
    const limit = limitOf(api, options);
    const run = this.#with.client.reserveRun();
    const { name } = this;
    const demand = { kind: "queue-get", name, waits: true, run } as const;
    const { value } = await this.#with.ask<"value">(api, demand, limit);
    return (await value.read()) as T;
  }

  /** Takes the first value out; undefined where there is none. */
  async tryGet(): Promise<T | undefined> {
    const run = this.#with.client.reserveRun();
    const { name } = this;
    const demand = { kind: "queue-get", name, waits: false, run } as const;
    const answer = await this.#with.ask<"value" | "nothing">("ClusterQueue.tryGet", demand);
    return answer.kind === "nothing" ? undefined : ((await answer.value.read()) as T);
  }

  /** How many values are in it now. */
  async size(): Promise<number> {
    const demand = { kind: "queue-size", name: this.name } as const;
    return (await this.#with.ask<"number">("ClusterQueue.size", demand)).number;
  }

  /** Drops all values that are in it now; gives how many these were. */
  async clear(): Promise<number> {
    const demand = { kind: "queue-clear", name: this.name } as const;
    return (await this.#with.ask<"number">("ClusterQueue.clear", demand)).number;
  }
}
