import { optionRefusal } from "../../option-refusal.ts";
import type { Coordinating } from "./coordinating.ts";
import { checkName } from "./coordinating.ts";
import type { Lease, Permit } from "./lease.ts";
import { acquire, tryAcquire } from "./lease.ts";
import type { WaitingOptions } from "./waiting.ts";

/**
 * Leases that all clients of a scheduler share by a name: so many may be held at a time, and those
 * who asked first get one first. A lease is free again when its holder releases it, or when the
 * client of its holder goes.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * await using client = await Client.connect(cluster);
 * const downloads = client.semaphore("downloads", 2);
 * using first = await downloads.acquire();
 * using second = await downloads.acquire();
 * await downloads.tryAcquire(); // => undefined
 * ```
 */
export class ClusterSemaphore {
  /** By which clients find it. */
  readonly name: string;
  /** How many may be held at a time. */
  readonly leases: number;
  readonly #permit: Permit;

  /** Made by a client; see `Client.semaphore`. */
  constructor(coordinating: Coordinating, name: string, leases: number) {
    checkName("Client.semaphore", name);
    if (!Number.isSafeInteger(leases) || leases < 1) {
      throw optionRefusal("Client.semaphore", "bad count", leases, "a whole number of 1 or more");
    }
    this.name = name;
    this.leases = leases;
    this.#permit = { coordinating, space: "semaphore", name, leasesMax: leases };
  }

  /**
   * Waits until one is free, and holds it.
   *
   * @throws SchedulerLostError; DistributedError `distributed/name-conflict` where leases of this
   *   name are held and others say that there are more or fewer; the reason of `signal`, or a
   *   `TimeoutError`
   */
  async acquire(options: WaitingOptions = {}): Promise<Lease> {
    return acquire("ClusterSemaphore.acquire", this.#permit, options);
  }

  /** Holds one where one is free; undefined where none is. */
  async tryAcquire(): Promise<Lease | undefined> {
    return tryAcquire("ClusterSemaphore.tryAcquire", this.#permit);
  }
}
