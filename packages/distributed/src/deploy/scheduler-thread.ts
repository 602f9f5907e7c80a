import { Worker } from "node:worker_threads";
import type { SchedulerLoad } from "../scheduler/load.ts";
import type { SchedulerSettings } from "../scheduler/settings.ts";
import { SchedulerLostError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { FromSchedulerThread, ToSchedulerThread } from "./scheduler-thread-messages.ts";

/** What a scheduler of this process is made of. */
export interface SchedulerThreadOptions {
  /** The interface to listen on; a loopback one. */
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly settings: Partial<SchedulerSettings>;
  readonly log: Log;
}

/**
 * A scheduler on a thread of its own, so that it hears its peers whatever the main thread does. Its
 * peers reach it as they would any other.
 */
export class SchedulerThread implements AsyncDisposable {
  /** Its address, once it listens; rejects where it cannot. */
  readonly url: Promise<string>;
  /** Fulfilled when it has ended, with the reason. */
  readonly ended: Promise<string>;
  readonly #thread: Worker;
  /** Who waits for the load, by the number of the question. */
  readonly #measuring = new Map<number, (load: SchedulerLoad) => void>();
  #requests = 0;

  /** A scheduler that is being started. */
  static start({ log, ...options }: SchedulerThreadOptions): SchedulerThread {
    const main = new URL("./scheduler-thread-main.js", import.meta.url);
    return new SchedulerThread(new Worker(main, { workerData: options, execArgv: [] }), log);
  }

  private constructor(thread: Worker, log: Log) {
    this.#thread = thread;
    this.url = new Promise((resolve, reject) => {
      thread.once("error", reject);
      thread.once("exit", (code) => reject(new SchedulerLostError(`its thread ended (${code})`)));
      thread.on("message", (message: FromSchedulerThread) => {
        switch (message.kind) {
          case "listening":
            resolve(message.url);
            return;
          case "failed":
            reject(message.error);
            return;
          case "load":
            this.#measuring.get(message.request)?.(message.load);
            this.#measuring.delete(message.request);
            return;
          case "log":
            log[message.level](message.event, message.facts);
            return;
        }
      });
    });
    this.ended = new Promise((resolve) => {
      thread.once("error", (error) => resolve(`its thread failed: ${error.message}`));
      thread.once("exit", () => resolve("its thread ended"));
    });
  }

  /** What there is to do and who does it; undefined when the scheduler has ended. */
  async load(): Promise<SchedulerLoad | undefined> {
    const request = this.#requests++;
    const answer = new Promise<SchedulerLoad>((resolve) => this.#measuring.set(request, resolve));
    this.#say({ kind: "measure", request });
    return Promise.race([answer, this.ended.then(() => undefined)]);
  }

  /** Ends it; its peers are told. */
  async close(): Promise<void> {
    this.#say({ kind: "close" });
    await this.ended;
  }

  #say(message: ToSchedulerThread): void {
    this.#thread.postMessage(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
