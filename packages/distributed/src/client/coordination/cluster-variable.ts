import type { Coordinating } from "./coordinating.ts";
import { checkName } from "./coordinating.ts";
import type { WaitingOptions } from "./waiting.ts";
import { limitOf } from "./waiting.ts";

/**
 * A value that all clients of a scheduler share by its name: everybody gets the last one that was
 * set. It stays until it is deleted, whoever is there.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * await using client = await Client.connect(cluster);
 * const rate = client.variable<number>("rate");
 * await rate.set(0.1);
 * await rate.get(); // => 0.1
 * await rate.delete(); // => true
 * ```
 */
export class ClusterVariable<T> {
  /** By which clients find it. */
  readonly name: string;
  readonly #with: Coordinating;

  /** Made by a client; see `Client.variable`. */
  constructor(coordinating: Coordinating, name: string) {
    checkName("Client.variable", name);
    this.name = name;
    this.#with = coordinating;
  }

  /**
   * Sets the value: plain data of up to 1 MiB. Futures in it arrive as futures that hold their
   * values for everybody who gets them; the ones here can be released then.
   *
   * @throws SerializationError, SchedulerLostError; DistributedError `distributed/value-too-large`,
   *   `distributed/coordination-full`
   */
  async set(value: T): Promise<void> {
    const { name } = this;
    await this.#with.give<"number">("ClusterVariable.set", value, (passed) => ({
      kind: "variable-set",
      space: "variable",
      name,
      isNew: false,
      value: passed,
    }));
  }

  /**
   * The value; waits for the first where there is none.
   *
   * @throws SchedulerLostError; the reason of `signal`, or a `TimeoutError`
   */
  async get(options: WaitingOptions = {}): Promise<T> {
    const api = "ClusterVariable.get";
    const limit = limitOf(api, options);
    const run = this.#with.client.reserveRun();
    const { name } = this;
    const demand = { kind: "variable-get", space: "variable", name, waits: true, run } as const;
    const { value } = await this.#with.ask<"value">(api, demand, limit);
    return (await value.read()) as T;
  }

  /** Deletes the value; gives whether there was one. */
  async delete(): Promise<boolean> {
    const { name } = this;
    const demand = { kind: "variable-delete", space: "variable", name } as const;
    return (await this.#with.ask<"number">("ClusterVariable.delete", demand)).number === 1;
  }
}
