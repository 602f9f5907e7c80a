import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import "../../client/actors/handle.ts";
import { taskContextHook } from "./task-context.ts";
import type { Running } from "./running-task.ts";
import type { ClientPort, Leak, LeakMessage, ThreadStart, ToThread } from "./thread-messages.ts";
import { ThreadRunner } from "./thread-runner.ts";

/** Between two looks while tasks follow one another, milliseconds: each takes a microsecond. */
const lookMs = 100;
/** Ports belong to the thread and its client; immediates and requests end by themselves. */
const passing = /^(?:MessagePort|Immediate)$|Req/;

/**
 * Looks in a task thread for timers, sockets and the like that tasks have left open. There is a
 * leak where no task is at work and more is open than before the first one, at every look for a
 * while. What was `unref`ed does not count: whoever did so means it to stay.
 */
class LeakWatch {
  readonly #port: MessagePort;
  readonly #leakMs: number;
  readonly #before = openNow().length;
  /** The task that ended last; of its code the names alone, when they are asked for. */
  #last: Pick<Running, "program"> & { readonly task: number } = { task: -1, program: undefined };
  #leak: Leak | undefined;
  #sinceMs = 0;
  #lookedMs = 0;
  #isQuiet = true;
  #isTold = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(port: MessagePort, leakMs: number) {
    this.#port = port;
    this.#leakMs = leakMs;
  }

  ended({ of, program }: Running): void {
    this.#last = { task: of.task, program };
  }

  /** Some tasks have run; `isQuiet` where none waits for anything. */
  ran(isQuiet: boolean): void {
    this.#isQuiet = isQuiet;
    if (this.#isTold) return;
    if (performance.now() - this.#lookedMs >= lookMs) this.#look();
    this.#lookAgain();
  }

  #lookAgain(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
      if (this.#leak !== undefined && !this.#isTold) this.#lookAgain();
    }, lookMs);
    this.#timer.unref();
  }

  #look(): void {
    // What is open may be what a task waits for.
    if (!this.#isQuiet) return;
    this.#lookedMs = performance.now();
    const open = openNow();
    if (open.length <= this.#before) {
      this.#leak = undefined;
      return;
    }
    if (this.#leak === undefined) {
      const { task, program } = this.#last;
      const names = program?.steps.map(({ fn }) => fn.name).filter((name) => name !== "") ?? [];
      this.#leak = { task, functions: names, open };
      this.#sinceMs = this.#lookedMs;
    }
    if (this.#lookedMs - this.#sinceMs < this.#leakMs) return;
    this.#isTold = true;
    const message: LeakMessage = { millraceLeak: this.#leak };
    this.#port.postMessage(message);
  }
}

function openNow(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => !passing.test(kind));
}

// The first file of a task thread.
const port = parentPort as MessagePort;
taskContextHook().openClient = (client) => {
  const message: ClientPort = { millraceClient: client };
  port.postMessage(message, [client]);
};
const start = workerData as ThreadStart;
taskContextHook().directory = start.directory;
const runner = new ThreadRunner(port, start, new LeakWatch(port, start.leakMs));
port.on("message", (message: ToThread) => runner.take(message));
// The first word says that the thread is there.
port.postMessage({ rows: new Float64Array(0), payload: new Uint8Array(0), blocks: [] });
