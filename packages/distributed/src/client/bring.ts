import type { Block } from "../codec/block.ts";
import type { ToClientMessage } from "../messages/client-messages.ts";
import type { ShortValue } from "../messages/short-value.ts";
import type { Peer } from "../messages/worker-messages.ts";
import type { DataClient } from "../wire/data/data-client.ts";
import type { Location } from "./client-events.ts";

/** What one answer of a worker may hold, unless a single value is larger. */
const answerBytesMax = 16e6;
const answerValuesMax = 10_000;

/** Short values that are kept. */
const shortCountMax = 4_096;

type Finished = Extract<ToClientMessage, { kind: "finished" }>;

interface Wish {
  readonly from: Location;
  readonly resolve: (block: Block) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Brings values of workers here: those that are asked for in one turn come together, and each
 * worker is asked one thing at a time.
 */
export class Bringing {
  readonly #client: Pick<DataClient, "fetch">;
  readonly #peers = new Map<number, Peer>();
  readonly #wishes = new Map<number, Wish[]>();
  readonly #asked = new Set<number>();
  /** By their tasks; the one that was told first is forgotten when there are many. */
  readonly #short = new Map<number, ShortValue>();

  constructor(client: Pick<DataClient, "fetch">) {
    this.#client = client;
  }

  /** Where workers are found, and values that need not be asked for. */
  heard({ peers, values }: Pick<Finished, "peers" | "values">): void {
    for (const peer of peers) this.#peers.set(peer.worker, peer);
    for (const value of values) this.#short.set(value.task, value);
    for (const oldest of this.#short.keys()) {
      if (this.#short.size <= shortCountMax) break;
      this.#short.delete(oldest);
    }
  }

  /** The block of a value; rejects where its worker cannot be reached or has it not. */
  bring(from: Location): Block | Promise<Block> {
    const short = this.#short.get(from.task);
    if (short?.version === from.version) return { header: short.bytes, buffers: [] };
    return new Promise((resolve, reject) => {
      const wish = { from, resolve, reject };
      const queue = this.#wishes.get(from.worker);
      if (queue === undefined) this.#wishes.set(from.worker, [wish]);
      else queue.push(wish);
      if (this.#asked.has(from.worker)) return;
      this.#asked.add(from.worker);
      queueMicrotask(() => void this.#ask(from.worker));
    });
  }

  async #ask(worker: number): Promise<void> {
    for (;;) {
      const wishes = this.#next(worker);
      if (wishes.length === 0) break;
      const peer = this.#peers.get(worker);
      try {
        if (peer === undefined) throw new Error(`the worker ${worker} is not known`);
        const wants = wishes.map(({ from }) => ({
          id: from.task,
          version: from.version,
          piece: -1,
        }));
        const blocks = await this.#client.fetch(peer, wants);
        wishes.forEach(({ from, resolve, reject }, n) => {
          const block = blocks[n];
          if (block === undefined) reject(new Error(`the worker has no value ${from.task}`));
          else resolve(block);
        });
      } catch (error) {
        for (const { reject } of wishes) reject(error as Error);
      }
    }
    this.#asked.delete(worker);
  }

  /** As many wishes as one answer holds. */
  #next(worker: number): readonly Wish[] {
    const queue = this.#wishes.get(worker) ?? [];
    let bytes = 0;
    let count = 0;
    while (count < queue.length && count < answerValuesMax) {
      bytes += (queue[count] as Wish).from.bytes;
      if (count > 0 && bytes > answerBytesMax) break;
      count++;
    }
    const taken = queue.splice(0, count);
    if (queue.length === 0) this.#wishes.delete(worker);
    return taken;
  }
}
