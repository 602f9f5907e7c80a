import type { PermitSpace } from "../../messages/coordination.ts";
import type { Coordinating } from "./coordinating.ts";
import type { WaitingOptions } from "./waiting.ts";
import { limitOf } from "./waiting.ts";

/**
 * What is held of a lock or semaphore, until it is released: by `release`, by `using`, or when its
 * client goes. Nobody takes it away from a holder that forgets it.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * await using client = await Client.connect(cluster);
 * {
 *   using held = await client.lock("printer").acquire();
 *   held.isHeld; // => true
 *   await client.lock("printer").tryAcquire(); // => undefined
 * }
 * (await client.lock("printer").tryAcquire())?.isHeld; // => true
 * ```
 */
export class Lease implements Disposable, AsyncDisposable {
  readonly #with: Coordinating;
  readonly #number: number;
  #isReleased = false;

  /** Made by a lock or semaphore. */
  constructor(coordinating: Coordinating, number: number) {
    this.#with = coordinating;
    this.#number = number;
  }

  /** Whether it is held: not released, and its scheduler is there. */
  get isHeld(): boolean {
    return !this.#isReleased && !this.#with.isLost;
  }

  /** Lets the next one have it. Again, it does nothing. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#with.say("Lease.release", { kind: "let-go", lease: this.#number });
  }

  /** As `release`. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** As `release`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }
}

/** What locks and semaphores do. */
export interface Permit {
  readonly coordinating: Coordinating;
  readonly space: PermitSpace;
  readonly name: string;
  readonly leasesMax: number;
}

/** Waits for a lease. */
export async function acquire(
  api: string,
  { coordinating, ...permit }: Permit,
  options: WaitingOptions,
): Promise<Lease> {
  const limit = limitOf(api, options);
  const demand = { kind: "acquire", ...permit, waits: true } as const;
  const { number } = await coordinating.ask<"number">(api, demand, limit);
  return new Lease(coordinating, number);
}

/** Takes a lease where one is free. */
export async function tryAcquire(
  api: string,
  { coordinating, ...permit }: Permit,
): Promise<Lease | undefined> {
  const demand = { kind: "acquire", ...permit, waits: false } as const;
  const answer = await coordinating.ask<"number" | "nothing">(api, demand);
  return answer.kind === "nothing" ? undefined : new Lease(coordinating, answer.number);
}
