import type { ExecutorOptions, Key, Progress } from "@millrace/graph";
import { CancelledError, onAbort } from "@millrace/graph";
import type { Attempt } from "../messages/client-messages.ts";
import { ByteBudget } from "./byte-budget.ts";
import type { Counts } from "./client-events.ts";
import type { RunListener } from "./run-listener.ts";

/**
 * A run as whoever asked for it sees it: outputs come one by one, it is watched by callbacks, and
 * it ends once, well or not.
 */
export class ClientRun implements RunListener {
  readonly number: number;
  /** Resolves when all outputs have come; rejects when the run fails or is given up. */
  readonly ended: Promise<void>;
  /** Called with the number of each output that has come. */
  onOutput: ((output: number) => void) | undefined;
  readonly #values: unknown[];
  readonly #hasCome: Uint8Array;
  readonly #options: ExecutorOptions;
  readonly #budget: ByteBudget;
  /** Outputs that have been taken off the budget. */
  readonly #isCounted: Uint8Array;
  readonly #held: readonly Key[];
  readonly #startedMs: number = performance.now();
  #left: number;
  #counts: Counts = { done: 0, total: 0, running: 0, retried: 0 };
  #isOver = false;
  /** The last word about its progress has been said. */
  #isReported = false;
  /** Callbacks that are asynchronous and have not ended. */
  #callbackCount = 0;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;
  /** Stops listening to the signal of the run. */
  #callOff: (() => void) | undefined;

  /** @param held - keys of its outputs, where these stay with the workers */
  constructor(
    number: number,
    outputCount: number,
    options: ExecutorOptions,
    budget: ByteBudget = ByteBudget.none,
    held: readonly Key[] = [],
  ) {
    this.number = number;
    this.#held = held;
    this.#budget = budget;
    this.#isCounted = new Uint8Array(outputCount);
    this.#values = new Array<unknown>(outputCount);
    this.#hasCome = new Uint8Array(outputCount);
    this.#left = outputCount;
    this.#options = options;
    this.ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Whoever reads a stream to its end is told there; nobody need wait for this as well.
    this.ended.catch(() => undefined);
    const { signal } = options;
    const abort = (): void => this.fail(new CancelledError(signal?.reason));
    if (signal?.aborted === true) abort();
    else this.#callOff = signal && onAbort(signal, abort);
    if (outputCount === 0) this.#endWell();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** An output of so many bytes is to be brought here; where that is too much, the run fails. */
  isComing(output: number, bytes: number): boolean {
    if (this.#isOver) return false;
    // It may have to be brought again.
    if (this.#isCounted[output] === 1) return true;
    this.#isCounted[output] = 1;
    try {
      this.#budget.take(bytes);
    } catch (error) {
      this.fail(error);
      return false;
    }
    return true;
  }

  /** The value of an output has come. */
  give(output: number, value: unknown): void {
    if (this.#isOver || this.#hasCome[output] === 1) return;
    this.#values[output] = value;
    this.#hasCome[output] = 1;
    this.onOutput?.(output);
    if (--this.#left === 0) this.#endWell();
  }

  hasCome(output: number): boolean {
    return this.#hasCome[output] === 1;
  }

  valueOf(output: number): unknown {
    return this.#values[output];
  }

  /** Forgets the value of an output, which stays one that has come. */
  forget(output: number): void {
    this.#values[output] = undefined;
  }

  /** The scheduler says how far the run has come. */
  progressed(counts: Counts): void {
    this.#counts = counts;
    if (!this.#isOver) this.#report(undefined);
  }

  /** Attempts at tasks have ended. */
  attempted(attempts: readonly Attempt[]): void {
    const { onTask } = this.#options;
    if (onTask === undefined || this.#isOver) return;
    for (const { startMs, endMs, ...attempt } of attempts) {
      const times = { startMs: startMs - this.#startedMs, endMs: endMs - this.#startedMs };
      this.#call(() => onTask({ ...attempt, ...times }));
    }
  }

  /** All are wanted, so the run fails with the first. */
  failOutputs(_outputs: readonly number[], error: Error): void {
    this.fail(error);
  }

  heldKeys(): ReadonlyMap<number, Key> {
    return new Map(this.#held.entries());
  }

  retried(): void {
    // It is over with its first failure.
  }

  /** The run has failed, or is given up; only the first reason counts. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#callOff?.();
    this.#report(error instanceof CancelledError ? "cancelled" : "failed");
    this.#settle?.reject(error);
  }

  /** All outputs have come; the run ends when the callbacks have. */
  #endWell(): void {
    if (!this.#isReported) {
      this.#isReported = true;
      this.#counts = { ...this.#counts, done: this.#counts.total, running: 0 };
      this.#report("done");
    }
    if (this.#callbackCount > 0 || this.#isOver) return;
    this.#isOver = true;
    this.#callOff?.();
    this.#settle?.resolve();
  }

  #report(outcome: Progress["outcome"] | undefined): void {
    const { onProgress } = this.#options;
    if (onProgress === undefined) return;
    const elapsedMs = performance.now() - this.#startedMs;
    const progress = { ...this.#counts, elapsedMs };
    this.#call(() => onProgress(outcome === undefined ? progress : { ...progress, outcome }));
  }

  /** What a callback throws, or what its promise rejects with, fails the run. */
  #call(callback: () => unknown): void {
    try {
      const given = callback();
      if (!(given instanceof Promise)) return;
      this.#callbackCount++;
      given.then(
        () => {
          this.#callbackCount--;
          if (this.#left === 0) this.#endWell();
        },
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }
}
