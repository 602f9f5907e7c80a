import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import "../../client/actors/handle.ts";
import { Builtins } from "./builtins.ts";
import { taskContextHook } from "./task-context.ts";
import type { Running } from "./running-task.ts";
import type { ClientPort, Leak, LeakMessage, ThreadStart, ToThread } from "./thread-messages.ts";
import { ThreadRunner } from "./thread-runner.ts";

/** Between two looks while tasks follow one another, milliseconds: each takes a microsecond. */
const lookMs = 100;
/** Ports belong to the thread and its client; immediates and requests end by themselves. */
const passing = /^(?:MessagePort|Immediate)$|Req/;

/**
 * Looks in a task thread for what tasks leave behind. Functions of the language that one has
 * replaced are put back at once; timers, sockets and the like are a leak where no task is at work
 * and more is open than before the first one, at every look for a while. What was `unref`ed does
 * not count: whoever did so means it to stay. After either the thread is of no use for long.
 */
class LeakWatch {
  readonly #port: MessagePort;
  readonly #leakMs: number;
  readonly #before = openNow().length;
  readonly #builtins = new Builtins();
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

  loading(): void {
    this.#restore();
  }

  loaded(): void {
    this.#builtins.accept();
  }

  ended({ of, program }: Running): void {
    this.#last = { task: of.task, program };
    // Before anything is said of it: what says so may call what was replaced.
    if (!this.#builtins.areIntact) this.#restore();
  }

  #restore(): void {
    const replaced = this.#builtins.restore();
    if (replaced.length > 0) this.#tell({ ...this.#lastOne(), open: [], replaced });
  }

  /** Some tasks have run; `isQuiet` where none waits for anything. */
  ran(isQuiet: boolean): void {
    this.#isQuiet = isQuiet;
    if (performance.now() - this.#lookedMs >= lookMs) this.#look();
    if (!this.#isTold) this.#lookAgain();
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
    this.#lookedMs = performance.now();
    this.#restore();
    // What is open may be what a task waits for.
    if (this.#isTold || !this.#isQuiet) return;
    const open = openNow();
    if (open.length <= this.#before) {
      this.#leak = undefined;
      return;
    }
    if (this.#leak === undefined) {
      this.#leak = { ...this.#lastOne(), open, replaced: [] };
      this.#sinceMs = this.#lookedMs;
    }
    if (this.#lookedMs - this.#sinceMs >= this.#leakMs) this.#tell(this.#leak);
  }

  #lastOne(): Pick<Leak, "task" | "functions"> {
    const { task, program } = this.#last;
    const names = program?.steps.map(({ fn }) => fn.name).filter((name) => name !== "") ?? [];
    return { task, functions: names };
  }

  #tell(leak: Leak): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const message: LeakMessage = { millraceLeak: leak };
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
