import type { Block } from "../../codec/block.ts";
import type { Coordinating } from "./coordinating.ts";
import { invalidArgument } from "../../errors.ts";
import { checkName } from "./coordinating.ts";
import { readBlock } from "./receiving.ts";

/**
 * Values that all who listen get, of clients of one scheduler. Nothing is kept for those who come
 * later.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 0 });
 * await using client = await Client.connect(cluster);
 * const news = client.topic<string>("news");
 * await using subscription = await news.subscribe();
 * await news.publish("rain"); // => 1
 * const heard: string[] = [];
 * for await (const each of subscription) {
 *   heard.push(each);
 *   break;
 * }
 * heard; // => ["rain"]
 * ```
 */
export class ClusterTopic<T> {
  /** By which clients find it. */
  readonly name: string;
  readonly #with: Coordinating;

  /** Made by a client; see `Client.topic`. */
  constructor(coordinating: Coordinating, name: string) {
    checkName("Client.topic", name);
    this.name = name;
    this.#with = coordinating;
  }

  /**
   * Gives a value to all who listen: plain data of up to 1 MiB, without futures. Resolves with how
   * many these are, without waiting for them.
   *
   * @throws SerializationError, SchedulerLostError; DistributedError `distributed/value-too-large`,
   *   `distributed/coordination-full`
   */
  async publish(value: T): Promise<number> {
    const { name } = this;
    const api = "ClusterTopic.publish";
    const answer = await this.#with.give<"number">(api, value, (passed) => {
      if (passed.holds.length > 0) throw takesNoFutures(api);
      return { kind: "topic-publish", name, value: passed };
    });
    return answer.number;
  }

  /** Listens: what is published after this has resolved comes. */
  async subscribe(): Promise<Subscription<T>> {
    const demand = { kind: "topic-subscribe", name: this.name } as const;
    const { number } = await this.#with.ask<"number">("ClusterTopic.subscribe", demand);
    return new Subscription<T>(this.#with, number);
  }
}

/** Nobody would know when the last of those who listen has let go of it. */
function takesNoFutures(api: string): Error {
  return invalidArgument(
    api,
    "a topic takes no futures",
    "a value with a future in it",
    "plain data",
    "Give futures through a queue or a variable.",
  );
}

/**
 * What comes of a topic, for one reader. Up to 1,000 values, or 16 MiB, wait for it; of a reader
 * that is slower the oldest are dropped, and counted.
 *
 * @example
 * ```ts
 * import type { Subscription } from "@millrace/distributed";
 *
 * async function first<T>(subscription: Subscription<T>): Promise<T | undefined> {
 *   for await (const value of subscription) return value;
 *   return undefined;
 * }
 * typeof first; // => "function"
 * ```
 */
export class Subscription<T> implements AsyncIterable<T>, AsyncDisposable {
  readonly #with: Coordinating;
  readonly #number: number;
  #blocks: readonly Block[] = [];
  #at = 0;
  #droppedCount = 0;
  #coming: Promise<void> | undefined;
  readonly #closing = new AbortController();

  /** Made by a topic; see `ClusterTopic.subscribe`. */
  constructor(coordinating: Coordinating, number: number) {
    this.#with = coordinating;
    this.#number = number;
  }

  /** How many values were dropped, since this reader did not come for them in time. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /**
   * The values, as they come, until it is closed. Whoever breaks off may go on later; two loops at
   * a time share the values.
   *
   * @throws SchedulerLostError
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    while (!this.#isClosed) {
      const block = this.#blocks[this.#at];
      if (block === undefined) await (this.#coming ??= this.#next());
      else {
        this.#at++;
        yield (await readBlock(block, this.#with.client)) as T;
      }
    }
  }

  async #next(): Promise<void> {
    const demand = { kind: "topic-next", subscription: this.#number } as const;
    // Closed meanwhile, it is told that what it waited for is withdrawn.
    const limit = this.#closing.signal;
    try {
      const { blocks, dropped } = await this.#with.ask<"batch">("Subscription", demand, limit);
      this.#blocks = blocks;
      this.#at = 0;
      this.#droppedCount += dropped;
    } catch (error) {
      if (!this.#isClosed) throw error;
    } finally {
      this.#coming = undefined;
    }
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Listens no longer; loops over it end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#closing.abort();
    if (this.#with.isLost) return;
    const demand = { kind: "topic-leave", subscription: this.#number } as const;
    await this.#with.ask<"done">("Subscription.close", demand);
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
