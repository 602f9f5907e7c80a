import type { Key } from "@millrace/graph";
import { blockKeys, checkOptions } from "@millrace/graph";
import type { Block } from "../../codec/block.ts";
import { blockBytes } from "../../codec/block.ts";
import { encodeValue } from "../../codec/encode-value.ts";
import { DistributedError } from "../../errors.ts";
import type { Peer } from "../../messages/worker-messages.ts";
import { optionRefusal } from "../../option-refusal.ts";
import type { DataClient } from "../../wire/data/data-client.ts";
import type { RunClient } from "../run-client.ts";
import { listOf } from "./check-futures.ts";
import { FutureRun } from "./future-run.ts";
import { Future, FutureGroup } from "./future.ts";

/** How values are brought to workers. */
export interface ScatterOptions {
  /** Whether every worker gets every value, rather than one worker each; default false. */
  readonly broadcast?: boolean | undefined;
}

/** The scheduler is asked so often for places, when workers die with what they were brought. */
const roundsMax = 5;
/** How long a value that was brought may take until the scheduler has heard of it. */
const roundMs = 5_000;

/** Brings values of this process to workers; see `Client.scatter`. */
export class Scattering {
  readonly #client: RunClient;
  readonly #data: Pick<DataClient, "push">;

  constructor(client: RunClient, data: Pick<DataClient, "push">) {
    this.#client = client;
    this.#data = data;
  }

  async scatter<T>(values: Iterable<T>, options: ScatterOptions): Promise<readonly Future<T>[]> {
    checkOptions("Client.scatter", options, ["broadcast"], optionRefusal);
    const { broadcast = false } = options;
    if (typeof broadcast !== "boolean") {
      throw optionRefusal("Client.scatter", "bad broadcast", broadcast, "true or false");
    }
    const blocks = listOf("Client.scatter", "values", values).map((value) => encodeValue(value));
    if (blocks.length === 0) return [];
    const name = `scattered-${crypto.randomUUID()}`;
    const keys = blockKeys(name, 0, blocks.length);
    const run = new FutureRun(this.#client, keys, (listener) => this.#client.open(listener));
    const group = new FutureGroup(run, 0, keys.length);
    const futures = keys.map((_, output) => new Future<T>(group, output));
    try {
      await this.#place(run, keys, blocks);
      if (broadcast) await this.#copy(run);
    } catch (error) {
      for (const future of futures) future.release();
      throw error;
    }
    return futures;
  }

  /** Brings each value to the worker that the scheduler names, until it has heard of all. */
  async #place(run: FutureRun, keys: readonly Key[], blocks: readonly Block[]): Promise<void> {
    const bytes = blocks.map(blockBytes);
    for (let round = 0; round < roundsMax; round++) {
      const answer = await this.#client.places(run.held, keys, bytes);
      if (answer.kind === "refused") throw notPlaced(answer.reason);
      if (answer.kind !== "places") throw notPlaced(answer.kind);
      await this.#bring(answer.rows, answer.peers, blocks);
      if (await isOver(run.ended(), roundMs)) return run.ended();
    }
    throw notPlaced("workers that die with what they are brought");
  }

  /** A worker that takes nothing is named no more the next time. */
  async #bring(
    rows: readonly number[],
    peers: readonly Peer[],
    blocks: readonly Block[],
  ): Promise<void> {
    const wanted = peers.map(({ worker, ...peer }) => {
      const own: { id: number; version: number; block: Block }[] = [];
      for (let n = 0; n < rows.length; n += 4) {
        if (rows[n + 3] !== worker) continue;
        const [output, id, version] = rows.slice(n, n + 3) as [number, number, number];
        own.push({ id, version, block: blocks[output] as Block });
      }
      return this.#data.push(peer, own);
    });
    await Promise.allSettled(wanted);
  }

  async #copy({ held }: FutureRun): Promise<void> {
    const { number: run } = held;
    const question = { kind: "replicate", run, outputs: undefined, copies: undefined } as const;
    const answer = await this.#client.ask(question);
    if (answer.kind !== "replicated" || answer.short.length > 0) {
      throw notPlaced("a worker that has no room for all of them");
    }
  }
}

function notPlaced(got: string): DistributedError {
  return new DistributedError(
    "distributed/not-scattered",
    `Client.scatter: values could not be brought to workers, got ${got}, wanted workers that take ` +
      "them. Look whether there are workers, and at the memory that they have.",
  );
}

/** Whether something is over in time. */
async function isOver(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const isEnded = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isEnded;
}
