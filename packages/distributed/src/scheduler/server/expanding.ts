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
/** A thread that has no work ends after so long; until then it takes some 15 MB. */
const idleMs = 300_000;
/** Large graphs that wait for the thread. */
const waitingMax = 256;

type Expand = Extract<SchedulerInstruction, { kind: "expand" }>;

/**
 * Writes out the graphs of a scheduler: small ones at once, large ones in a thread, one at a time,
 * so that others are heard meanwhile. The thread stays for the next one for a while: to start it
 * and to warm up its code takes longer than a graph of 100,000 tasks.
 */
export class Expanding {
  readonly #limits: GraphLimits;
  readonly #happened: (event: SchedulerEvent) => void;
  #waiting: Expand[] = [];
  #current: Expand | undefined;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

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
    await this.#endThread();
  }

  async #endThread(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const instruction = this.#waiting.shift();
    clearTimeout(this.#idle);
    if (instruction?.source === undefined) {
      this.#idle = setTimeout(() => void this.#endThread(), idleMs).unref();
      return;
    }
    this.#current = instruction;
    const { source, settings } = instruction;
    const message: ToExpand = { source, settings, limits: this.#limits };
    this.#thread ??= this.#startThread();
    this.#thread.postMessage(message);
  }

  #startThread(): Worker {
    const thread = new Worker(new URL("./expand-thread-main.js", import.meta.url), {
      execArgv: [],
    });
    let reason: unknown;
    thread.on("message", (told: HasExpanded) => this.#told(told));
    thread.on("error", (error) => (reason = error));
    thread.on("exit", (code) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      reason ??= new Error(`the thread that writes graphs out has ended (${code})`);
      if (this.#current !== undefined) this.#failed(this.#current, reason);
      this.#current = undefined;
      this.#next();
    });
    thread.unref();
    return thread;
  }

  #told(told: HasExpanded): void {
    const instruction = this.#current;
    if (instruction === undefined) return;
    this.#current = undefined;
    const { epoch, run } = instruction;
    if (told.kind === "failed") this.#failed(instruction, decodeFailure(told.failure));
    else this.#happened({ kind: "expanded", epoch, run, graph: unpackExpanded(told.graph) });
    this.#next();
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
