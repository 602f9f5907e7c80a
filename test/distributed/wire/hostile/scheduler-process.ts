import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import type { SchedulerServerOptions } from "../../../../packages/distributed/dist/scheduler/server/scheduler-server-options.js";
import type { LoggedEvent } from "../../../cluster/lib/events.ts";

/** What a scheduler has done since it was asked last. */
export interface Measured {
  /** The longest time for which its loop stood still. */
  readonly stallMs: number;
  /** The same, but for the time that the processor was with others. */
  readonly busyMs: number;
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly rssBytes: number;
}

type Said =
  | ({ readonly kind: "log" } & LoggedEvent)
  | { readonly kind: "ended"; readonly reason: string }
  | {
      readonly kind: "answer";
      readonly number: number;
      readonly value?: never;
      readonly error?: string;
    };

/** A scheduler in a process of its own, which can be measured and killed. */
export class SchedulerProcess implements AsyncDisposable {
  readonly events: LoggedEvent[] = [];
  /** What it wrote to standard error. */
  stderr = "";
  port = 0;
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  #count = 0;

  static async start(
    options: Partial<Omit<SchedulerServerOptions, "log">> & { readonly token: string },
  ): Promise<SchedulerProcess> {
    const scheduler = new SchedulerProcess();
    const all = { tls: undefined, settings: { checked: true }, ...options };
    const { port } = await scheduler.#ask<{ port: number }>("start", { options: all });
    scheduler.port = port;
    return scheduler;
  }

  private constructor() {
    this.#child = fork(new URL("./scheduler-process.mjs", import.meta.url), [], {
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#child.on("message", (said: Said) => this.#hear(said));
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", (code) => {
        for (const asked of this.#asked.values()) {
          asked.reject(new Error(`the scheduler has ended (${code}): ${this.stderr}`));
        }
        resolve(code);
      });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has done since the last call. */
  measure(): Promise<Measured> {
    return this.#ask<Measured>("measure", {});
  }

  async close(): Promise<void> {
    if (this.isAlive) await this.#ask("close", {});
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #hear(said: Said): void {
    switch (said.kind) {
      case "log":
        this.events.push(said);
        return;
      case "ended":
        return;
      case "answer": {
        const asked = this.#asked.get(said.number);
        this.#asked.delete(said.number);
        if (said.error === undefined) asked?.resolve(said.value as never);
        else asked?.reject(new Error(said.error));
      }
    }
  }

  #ask<T>(kind: string, rest: object): Promise<T> {
    return new Promise((resolve, reject) => {
      const number = this.#count++;
      this.#asked.set(number, { resolve, reject });
      this.#child.send({ kind, number, ...rest }, (error) => error && reject(error));
    });
  }
}
