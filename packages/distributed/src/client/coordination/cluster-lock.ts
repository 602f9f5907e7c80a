import type { Coordinating } from "./coordinating.ts";
import { checkName } from "./coordinating.ts";
import type { Lease, Permit } from "./lease.ts";
import { acquire, tryAcquire } from "./lease.ts";
import type { WaitingOptions } from "./waiting.ts";

/**
 * A lock that all clients of a scheduler share by its name: one of all who ask holds it at a time,
 * and those who asked first get it first. It is free again when its holder releases it, or when the
 * client of its holder goes.
 *
 * It says who may go on, no more: a holder that is cut off from the scheduler may still run when
 * the next one has it.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * await using client = await Client.connect(cluster);
 * const lock = client.lock("ledger");
 * {
 *   using held = await lock.acquire({ timeoutMs: 5_000 });
 *   await lock.tryAcquire(); // => undefined
 * }
 * ```
 */
export class ClusterLock {
  /** By which clients find it. */
  readonly name: string;
  readonly #permit: Permit;

  /** Made by a client; see `Client.lock`. */
  constructor(coordinating: Coordinating, name: string) {
    checkName("Client.lock", name);
    this.name = name;
    this.#permit = { coordinating, space: "lock", name, leasesMax: 1 };
  }

  /**
   * Waits until it is free, and holds it. A task that has it and asks again waits for itself.
   *
   * @throws SchedulerLostError; the reason of `signal`, or a `TimeoutError`
   */
  async acquire(options: WaitingOptions = {}): Promise<Lease> {
    return acquire("ClusterLock.acquire", this.#permit, options);
  }

  /** Holds it where it is free; undefined where it is not. */
  async tryAcquire(): Promise<Lease | undefined> {
    return tryAcquire("ClusterLock.tryAcquire", this.#permit);
  }
}
