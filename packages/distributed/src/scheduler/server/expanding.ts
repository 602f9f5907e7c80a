import { Worker } from "node:worker_threads";
import type { GraphLimits, LayeredGraph } from "@millrace/graph";
import { decodeFailure } from "../../codec/failure/decode-failure.ts";
import { DistributedError } from "../../errors.ts";
import { expansionOf } from "../expand.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler-events.ts";
import type { HasExpanded, ToExpand } from "./expanded-message.ts";
import { unpackExpanded } from "./expanded-message.ts";

/** A graph of so many tasks takes some 20 ms: a thread, which takes longer to start, has more. */
const tasksHereMax = 20_000;
/** Large graphs that wait for the thread. */
const waitingMax = 256;

type Expand = Extract<SchedulerInstruction, { kind: "expand" }>;

/**
 * Writes out the graphs of a scheduler: small ones at once, large ones in a thread, one at a time,
 * so that others are heard meanwhile.
 */
export class Expanding {
  readonly #limits: GraphLimits;
  readonly #happened: (event: SchedulerEvent) => void;
  #waiting: Expand[] = [];
  #thread: Worker | undefined;

  constructor(limits: GraphLimits, happened: (event: SchedulerEvent) => void) {
    this.#limits = limits;
    this.#happened = happened;
  }

  /** Has a graph written out; `happened` is called with what has come of it. */
  expand(instruction: Expand): void {
    const { graph, source } = instruction;
    if (source === undefined || sizeOf(graph) <= tasksHereMax) {
      this.#happened(expansionOf(instruction, this.#limits));
    } else if (this.#waiting.length < waitingMax) {
      this.#waiting.push(instruction);
      this.#next();
    } else this.#failed(instruction, tooMany());
  }

  /** A client is gone, and nobody waits for its graphs. */
  forget(epoch: number): void {
    this.#waiting = this.#waiting.filter((each) => each.epoch !== epoch);
  }

  async close(): Promise<void> {
    this.#waiting = [];
    await this.#thread?.terminate();
  }

  #next(): void {
    if (this.#thread !== undefined) return;
    const instruction = this.#waiting.shift();
    if (instruction?.source === undefined) return;
    const { source, settings, epoch, run } = instruction;
    const workerData: ToExpand = { source, settings, limits: this.#limits };
    const main = new URL("./expand-thread-main.js", import.meta.url);
    const thread = new Worker(main, { workerData, execArgv: [] });
    this.#thread = thread;
    let isAnswered = false;
    const answer = (event: SchedulerEvent): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#happened(event);
    };
    const failed = (error: unknown): void => answer({ kind: "not-expanded", epoch, run, error });
    thread.once("message", (told: HasExpanded) => {
      if (told.kind === "failed") failed(decodeFailure(told.failure));
      else answer({ kind: "expanded", epoch, run, graph: unpackExpanded(told.graph) });
    });
    thread.once("error", failed);
    thread.once("exit", (code) => {
      this.#thread = undefined;
      failed(new Error(`the thread that writes graphs out has ended (${code})`));
      this.#next();
    });
  }

  #failed({ epoch, run }: Expand, error: unknown): void {
    this.#happened({ kind: "not-expanded", epoch, run, error });
  }
}

function sizeOf({ layers }: LayeredGraph): number {
  let size = 0;
  for (const layer of layers.values()) size += layer.size;
  return size;
}

function tooMany(): DistributedError {
  return new DistributedError(
    "distributed/refused",
    `compute: too many large graphs wait to be written out, got one more than ${waitingMax}, wanted ` +
      "fewer. Wait for some of the runs to end.",
  );
}
