import type { Coordinating } from "./coordinating.ts";
import { checkName } from "./coordinating.ts";
import type { WaitingOptions } from "./waiting.ts";
import { limitOf } from "./waiting.ts";

/**
 * A flag that all clients of a scheduler share by its name: it stays set until it is cleared, and
 * whoever waits for it goes on when it is set. At first it is not.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * await using client = await Client.connect(cluster);
 * const ready = client.event("ready");
 * await ready.isSet(); // => false
 * await ready.set();
 * await ready.wait();
 * await ready.isSet(); // => true
 * ```
 */
export class ClusterEvent {
  /** By which clients find it. */
  readonly name: string;
  readonly #with: Coordinating;

  /** Made by a client; see `Client.event`. */
  constructor(coordinating: Coordinating, name: string) {
    checkName("Client.event", name);
    this.name = name;
    this.#with = coordinating;
  }

  /** Sets it: all who wait go on. */
  async set(): Promise<void> {
    await this.#with.ask<"done">("ClusterEvent.set", { kind: "event-set", name: this.name });
  }

  /** Clears it: whoever waits from now on waits until it is set again. */
  async clear(): Promise<void> {
    await this.#with.ask<"done">("ClusterEvent.clear", { kind: "event-clear", name: this.name });
  }

  /**
   * Resolves when it is set; at once where it is.
   *
   * @throws SchedulerLostError; the reason of `signal`, or a `TimeoutError`
   */
  async wait(options: WaitingOptions = {}): Promise<void> {
    const api = "ClusterEvent.wait";
    const limit = limitOf(api, options);
    await this.#with.ask<"number">(api, { kind: "event-get", name: this.name, waits: true }, limit);
  }

  /** Whether it is set now. */
  async isSet(): Promise<boolean> {
    const demand = { kind: "event-get", name: this.name, waits: false } as const;
    return (await this.#with.ask<"number">("ClusterEvent.isSet", demand)).number === 1;
  }
}
