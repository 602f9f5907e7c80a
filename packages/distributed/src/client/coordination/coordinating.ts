import { quoteValue } from "@millrace/graph";
import {
  ActorLostError,
  DistributedError,
  SchedulerLostError,
  invalidArgument,
} from "../../errors.ts";
import type { DistributedErrorCode } from "../../errors.ts";
import type {
  CoordinateMessage,
  CoordinatedMessage,
  Demand,
  Outcome,
  Refusal,
} from "../../messages/coordination.ts";
import { nameLengthMax } from "../../messages/coordination.ts";
import type { Future } from "../futures/future.ts";
import { closedError } from "../client-options.ts";
import { futureOf } from "../futures/check-futures.ts";
import { wait } from "../futures/wait.ts";
import type { RunClient } from "../run-client.ts";
import type { Receiving } from "./receiving.ts";
import { receive } from "./receiving.ts";
import { pass } from "./passing.ts";
import type { Passing } from "./passing.ts";

/** An answer, its value in the hands of this client. */
export type Answered =
  | Exclude<Outcome, { kind: "value" | "call" | "refused" }>
  | { readonly kind: "value"; readonly value: Receiving }
  | { readonly kind: "call"; readonly call: number; readonly value: Receiving };

type Of<K extends Answered["kind"]> = Extract<Answered, { kind: K }>;

interface Asking {
  readonly api: string;
  readonly run: number | undefined;
  resolve(answer: Answered): void;
  reject(error: Error): void;
}

/** What a client and its scheduler say about what clients share. */
export class Coordinating {
  readonly client: RunClient;
  readonly #send: (message: CoordinateMessage) => void;
  readonly #asking = new Map<number, Asking>();
  /** What the scheduler has not said yet that it keeps. */
  readonly #entrusting = new Set<Promise<unknown>>();
  #requestCount = 0;
  #lostReason: string | undefined;
  #isClosed = false;

  constructor(client: RunClient, send: (message: CoordinateMessage) => void) {
    this.client = client;
    this.#send = send;
  }

  /** Why the scheduler hears nothing any more. */
  get isLost(): boolean {
    return this.#lostReason !== undefined;
  }

  /**
   * Asks for something. When `limit` is aborted the demand is withdrawn; what has come of it before
   * that was heard comes here all the same, so that nothing is lost on its way.
   *
   * @param api - what its user has called
   */
  ask<K extends Answered["kind"]>(
    api: string,
    demand: Demand,
    limit?: AbortSignal,
  ): Promise<Of<K>> {
    return new Promise<Answered>((resolve, reject) => {
      if (this.#isClosed) throw closedError(api);
      if (this.#lostReason !== undefined) throw lostError(api, this.#lostReason);
      limit?.throwIfAborted();
      const request = this.#requestCount++;
      const withdraw = (): void => this.#tell(request, { kind: "withdraw", request });
      const over = (): void => limit?.removeEventListener("abort", withdraw);
      limit?.addEventListener("abort", withdraw, { once: true });
      this.#asking.set(request, {
        api,
        run: "run" in demand ? demand.run : undefined,
        resolve: (answer) => {
          over();
          if (answer.kind === "withdrawn") reject(limit?.reason as Error);
          else resolve(answer);
        },
        reject: (error) => {
          over();
          reject(error);
        },
      });
      this.#tell(request, demand);
    }) as Promise<Of<K>>;
  }

  /** Asks for something with a value in it, whose futures stay until there is an answer. */
  async give<K extends Answered["kind"]>(
    api: string,
    value: unknown,
    demandOf: (value: Passing["value"]) => Demand,
    limit?: AbortSignal,
  ): Promise<Of<K>> {
    const passing = pass(api, value, this.client);
    try {
      return await this.ask<K>(api, demandOf(passing.value), limit);
    } finally {
      for (const future of passing.futures) future.release();
    }
  }

  /**
   * Has the task of a future run to its end, whatever becomes of the future and of this client.
   *
   * @throws as `pass`; CancelledError
   */
  entrust(api: string, future: Future<unknown>): void {
    const { status, error } = futureOf(api, future);
    if (status === "cancelled") throw error as Error;
    const { value, futures } = pass(api, [future], this.client);
    const over = (): void => {
      for (const each of futures) each.release();
    };
    // Where the scheduler does not have it yet, or not any more, this client can keep it.
    const stay = (): unknown => wait(futures).then(over, over);
    const entrusted = this.ask<"done">(api, { kind: "entrust", value });
    this.#entrusting.add(entrusted);
    const settled = (): boolean => this.#entrusting.delete(entrusted);
    entrusted.then(settled, settled);
    entrusted.then(over, stay);
  }

  /** Says something without waiting for the answer. */
  say(api: string, demand: Demand): void {
    // Whoever is not there any more has let go of everything.
    this.ask(api, demand).catch(() => undefined);
  }

  /**
   * Lets go of all that is shared with others; resolves when the scheduler knows, or soon, and not
   * before it has taken what it was entrusted with.
   */
  async leave(): Promise<void> {
    if (this.isLost || this.#requestCount === 0) return;
    if (this.#entrusting.size > 0) {
      await Promise.race([Promise.allSettled(this.#entrusting), rest(entrustingMs)]);
    }
    if (this.isLost) return;
    const left = this.ask<"done">("Client.close", { kind: "leave" });
    // A scheduler that does not answer finds out when the connection is closed.
    await Promise.race([left.catch(() => undefined), rest(leavingMs)]);
  }

  #tell(request: number, demand: Demand): void {
    this.#send({ kind: "coordinate", request, demand });
  }

  /** The scheduler answers. */
  told({ request, outcome }: CoordinatedMessage): void {
    const asking = this.#asking.get(request);
    if (asking === undefined) return;
    this.#asking.delete(request);
    switch (outcome.kind) {
      case "refused":
        asking.reject(refusedError(asking.api, outcome.why, outcome.reason));
        return;
      case "value":
        asking.resolve({ kind: "value", value: receive(this.client, outcome, asking.run) });
        return;
      case "call": {
        const value = receive(this.client, outcome, asking.run);
        asking.resolve({ kind: "call", call: outcome.call, value });
        return;
      }
      case "done":
      case "number":
      case "names":
      case "nothing":
      case "batch":
      case "withdrawn":
        asking.resolve(outcome);
        return;
    }
  }

  /** Nothing will be answered any more. */
  lost(reason: string, isClosed: boolean): void {
    this.#isClosed ||= isClosed;
    if (this.#lostReason !== undefined) return;
    this.#lostReason = reason;
    for (const asking of this.#asking.values()) {
      const { api } = asking;
      const left = "a call that has not ended";
      asking.reject(isClosed ? closedError(api, left) : lostError(api, reason));
    }
    this.#asking.clear();
  }
}

/** So long a client that closes waits for its scheduler. */
const leavingMs = 1_000;
/**
 * And so long where a graph of which a task is to run on is still being written out: as long as a
 * scheduler waits for a client that does not close.
 */
const entrustingMs = 60_000;

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function lostError(api: string, reason: string): SchedulerLostError {
  return new SchedulerLostError(reason, { api, got: "a call" });
}

const codes: Readonly<Record<Exclude<Refusal, "ended">, DistributedErrorCode>> = {
  full: "distributed/coordination-full",
  "at-odds": "distributed/name-conflict",
  gone: "distributed/released",
};

const wanted: Readonly<Record<keyof typeof codes, string>> = {
  full: "less of it. Take values out, delete names that nobody needs, or wait with fewer calls.",
  "at-odds": "what the others say. Use the same numbers everywhere, or another name.",
  gone: "one that is there. Keep it until the call has ended.",
};

function refusedError(api: string, why: Refusal, reason: string): Error {
  if (why === "ended") return new ActorLostError(api, reason);
  return new DistributedError(
    codes[why],
    `${api}: the scheduler refuses, got the answer "${reason}", wanted ${wanted[why]}`,
  );
}

/** Checks the name of something that clients share. */
export function checkName(api: string, name: unknown): asserts name is string {
  const isText = typeof name === "string" && name.length > 0 && name.length <= nameLengthMax;
  if (isText && name.isWellFormed()) return;
  throw invalidArgument(
    api,
    "bad name",
    quoteValue(name),
    isText
      ? "a text without halves of surrogate pairs"
      : `a text of 1 to ${nameLengthMax} characters`,
    "Give the name by which other clients find it.",
  );
}
