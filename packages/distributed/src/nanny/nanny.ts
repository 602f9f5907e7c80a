import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import type { LastWords } from "../messages/worker-deaths.ts";
import type { Log } from "../log.ts";
import { NannyMachine } from "./machine.ts";
import type { NannyEnd, NannyEvent, NannyInstruction } from "./nanny-events.ts";
import type { FromWorkerProcess, SentWorkerOptions, ToWorkerProcess } from "./nanny-messages.ts";
import type { NannySettings } from "./nanny-settings.ts";
import { processClock } from "../steady-clock.ts";
import { RssWatch } from "./rss-watch.ts";
import { Tail } from "./tail.ts";

const LOG_BYTES_MAX = 64 * 1024;
/** Pipes that a process of a task has inherited stay open; so long is waited for last words. */
const LAST_WORDS_MS = 500;

/** What a nanny is made of. */
export interface NannyOptions {
  /** What its worker is made of, each time that one is started. */
  readonly worker: Omit<SentWorkerOptions, "scheduler"> & {
    /** Where it is not known yet, a process loads its code meanwhile; without one, it ends. */
    readonly scheduler: string | Promise<string>;
  };
  /** The module that calls `serveNanny`; default that of this package. */
  readonly main?: URL;
  readonly settings?: Partial<Omit<NannySettings, "memoryBytesMax">>;
  readonly log: Log;
  /** Whether the worker writes its log as JSON; default false. */
  readonly json?: boolean;
  /** Gets what the worker writes to its standard output and error; default nobody. */
  readonly output?: (chunk: Buffer) => void;
  /** Options of node for the worker, such as "--max-old-space-size=4096"; default none. */
  readonly execArgv?: readonly string[];
}

/**
 * The process of a worker and what watches over it: it is started again when it dies, killed when
 * it takes too much memory, and told to end when that is wanted. What the machine decides is done
 * here.
 */
export class Nanny implements AsyncDisposable {
  /** Why there is no worker any more; never rejects. */
  readonly ended: Promise<NannyEnd>;
  /** Once the scheduler knows the first worker; never where there was none. */
  readonly ready: Promise<void>;
  readonly #options: NannyOptions;
  readonly #machine: NannyMachine;
  readonly #output = { stdout: new Tail(LOG_BYTES_MAX), stderr: new Tail(LOG_BYTES_MAX) };
  #child: ChildProcess | undefined;
  #watch: RssWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #events: NannyEvent[] = [];
  #isBusy = false;
  #end: (end: NannyEnd) => void = () => undefined;
  #isReady: () => void = () => undefined;

  /** A nanny whose first worker is being started. */
  static start(options: NannyOptions): Nanny {
    const nanny = new Nanny(options);
    nanny.#happened({ kind: "started" });
    return nanny;
  }

  private constructor(options: NannyOptions) {
    const { worker, settings = {} } = options;
    this.#options = options;
    const { name, memoryBytesMax } = worker;
    this.#machine = new NannyMachine(name, { ...settings, memoryBytesMax }, performance.now());
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
  }

  /** The process of the worker; undefined where there is none just now. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last 64 KiB that workers wrote, each of both streams. */
  logs(): { readonly stdout: string; readonly stderr: string } {
    const { stdout, stderr } = this.#output;
    return { stdout: stdout.text(), stderr: stderr.text() };
  }

  /** Lets the worker hand over what it has and end. */
  async retire(): Promise<NannyEnd> {
    this.#happened({ kind: "retire-wanted" });
    return this.ended;
  }

  /** Ends the worker; what it has is lost. */
  async close(): Promise<NannyEnd> {
    this.#happened({ kind: "close-wanted" });
    return this.ended;
  }

  /** Ends the worker at once. */
  async kill(): Promise<NannyEnd> {
    this.#happened({ kind: "kill-wanted" });
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #happened(event: NannyEvent): void {
    this.#events.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#events.length > 0) {
        const instructions = this.#machine.handle(this.#events.splice(0), performance.now());
        for (const each of instructions) this.#do(each);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #do(instruction: NannyInstruction): void {
    switch (instruction.kind) {
      case "spawn":
        this.#spawn(instruction.previous?.text, instruction.words);
        return;
      case "signal":
        this.#signal(instruction.signal);
        return;
      case "close":
        this.#say({ kind: "close" });
        return;
      case "log":
        this.#options.log[instruction.level](instruction.event, instruction.facts);
        return;
      case "wake":
        this.#wake(instruction.atMs);
        return;
      case "end":
        clearTimeout(this.#timer);
        this.#end(instruction.end);
        return;
    }
  }

  #wake(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#happened({ kind: "ticked" }), processClock.until(atMs));
  }

  #spawn(previous: string | undefined, words: LastWords | undefined): void {
    const { worker, json = false, execArgv = [] } = this.#options;
    const main = this.#options.main ?? new URL("./worker-main.js", import.meta.url);
    let child: ChildProcess;
    try {
      child = fork(main, [], {
        execArgv: [...execArgv],
        env: environmentOfWorker(),
        serialization: "advanced",
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      });
    } catch (error) {
      this.#happened({ kind: "not-spawned", reason: (error as Error).message });
      return;
    }
    this.#child = child;
    const stderr = new Tail(LOG_BYTES_MAX);
    this.#listen(child, stderr);
    child.on("error", (error) => {
      // What is sent to a process that is ending cannot arrive; only one without id was not made.
      if (child.pid === undefined) this.#happened({ kind: "not-spawned", reason: error.message });
    });
    if (child.pid === undefined) return;
    void Promise.resolve(worker.scheduler).then(
      (scheduler) => {
        const options = { ...worker, scheduler };
        if (this.#child === child) this.#say({ kind: "start", options, json, previous, words });
      },
      () => this.close(),
    );
    this.#watch = new RssWatch(child.pid, (bytes) => this.#happened({ kind: "sampled", bytes }));
    this.#happened({ kind: "spawned", pid: child.pid, chance: Math.random() });
  }

  #listen(child: ChildProcess, stderr: Tail): void {
    child.stdout?.on("data", (chunk: Buffer) => {
      this.#output.stdout.push(chunk);
      this.#options.output?.(chunk);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr.push(chunk);
      this.#output.stderr.push(chunk);
      this.#options.output?.(chunk);
    });
    child.on("message", (message: FromWorkerProcess) => {
      switch (message.kind) {
        case "ready":
          this.#happened({ kind: "ready" });
          this.#isReady();
          return;
        case "began":
          this.#happened({ kind: "began" });
          return;
        case "ending":
          this.#happened({ kind: "told", reason: message.reason });
          return;
      }
    });
    child.once("exit", (code, signal) => {
      this.#watch?.stop();
      // What it wrote or said last may be on its way.
      const told = (): void => {
        if (this.#child !== child) return;
        this.#child = undefined;
        clearTimeout(timer);
        const exit = { code: code ?? undefined, signal: signal ?? undefined };
        this.#happened({ kind: "exited", exit: { ...exit, stderr: stderr.excerpt() } });
        child.stdout?.destroy();
        child.stderr?.destroy();
      };
      const timer = setTimeout(told, LAST_WORDS_MS);
      const isTold = (): boolean => child.stderr?.closed !== false && !child.connected;
      if (isTold()) told();
      const ended = (): void => void (isTold() && told());
      child.stderr?.once("close", ended);
      child.once("disconnect", ended);
    });
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    // Elsewhere every signal kills.
    if (signal === "SIGTERM" && process.platform === "win32") this.#say({ kind: "retire" });
    else this.#child?.kill(signal);
  }

  #say(message: ToWorkerProcess): void {
    // A process that is ending gets no messages, and its end is told.
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }
}

/**
 * What glibc reads when a process starts. Blocks that were freed shall go back to the system, which
 * else takes a worker to be as large as it ever was; and memory in large pages is made in less time
 * than values take to arrive in it.
 */
const memoryDefaults = {
  MALLOC_MMAP_THRESHOLD_: "131072",
  GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
};

/** Tasks and what they start need no secrets of the cluster. */
function environmentOfWorker(): NodeJS.ProcessEnv {
  const { MILLRACE_TOKEN: _, ...rest } = process.env;
  return { ...memoryDefaults, ...rest };
}
