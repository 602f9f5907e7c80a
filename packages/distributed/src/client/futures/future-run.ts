import type { BlockRange, Key } from "@millrace/graph";
import { CancelledError, blocksOf, layerKey } from "@millrace/graph";
import { DistributedError } from "../../errors.ts";
import type { HeldRun } from "../held.ts";
import type { RunListener } from "../run-listener.ts";
import type { RunClient } from "../run-client.ts";
import type { FutureStatus } from "./future.ts";

/** Who waits for an output to be there, or to have failed. */
interface Waiter {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The outputs of one run that futures stand for. Each is let go of when no future needs it, and the
 * run with the last.
 */
export class FutureRun implements RunListener {
  readonly held: HeldRun;
  readonly client: RunClient;
  /** How many futures, and others, need each output. */
  readonly #uses: Int32Array;
  readonly #statuses: FutureStatus[];
  readonly #keys: BlockRange | readonly (Key | undefined)[];
  readonly #errors = new Map<number, Error>();
  readonly #waiters = new Map<number, Waiter>();
  /** Why the scheduler does not know the run. */
  #failure: Error | undefined;
  #usedCount = 0;
  #pendingCount: number;
  /** Who waits until no output is pending. */
  #onEnded: (() => void)[] = [];

  /**
   * @param keys - what the outputs are called, an item each; of some that may not be known yet
   * @param hold - asks for the run, whose outcome is told to whom it is given
   */
  constructor(
    client: RunClient,
    keys: readonly (Key | undefined)[],
    hold: (listener: RunListener) => HeldRun,
  ) {
    const count = keys.length;
    this.client = client;
    // Of blocks of a layer each key is made when somebody asks for it.
    this.#keys = blocksOf(keys as readonly Key[]) ?? keys;
    this.#uses = new Int32Array(count);
    this.#statuses = new Array<FutureStatus>(count).fill("pending");
    this.#pendingCount = count;
    this.held = hold(this);
  }

  statusOf(output: number): FutureStatus {
    return this.#statuses[output] as FutureStatus;
  }

  /** What an output is called; undefined where that is not known yet. */
  keyOf(output: number): Key | undefined {
    const keys = this.#keys;
    return "layer" in keys ? layerKey(keys.layer, keys.start + output) : keys[output];
  }

  /** Why an output has no value; undefined where it has one, or may get one. */
  errorOf(output: number): Error | undefined {
    return this.#errors.get(output);
  }

  /** Why the scheduler has nothing of an output; undefined where it has, or may get it. */
  refusalOf(output: number): Error | undefined {
    const status = this.statusOf(output);
    if (status === "released") return releasedError();
    return status === "cancelled" ? this.errorOf(output) : this.#failure;
  }

  /** Resolves when an output is there; rejects when it will not be. */
  settled(output: number): Promise<void> {
    const status = this.statusOf(output);
    if (status === "finished") return Promise.resolve();
    if (status === "pending") return this.#waiterOf(output).promise;
    return Promise.reject(this.errorOf(output) ?? releasedError());
  }

  /** How many outputs there are. */
  get size(): number {
    return this.#statuses.length;
  }

  /** Resolves when no output is pending. */
  ended(): Promise<void> {
    if (this.#pendingCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEnded.push(resolve));
  }

  #end(): void {
    if (--this.#pendingCount > 0) return;
    const ended = this.#onEnded;
    this.#onEnded = [];
    for (const resolve of ended) resolve();
  }

  #waiterOf(output: number): Waiter {
    let waiter = this.#waiters.get(output);
    if (waiter === undefined) {
      waiter = makeWaiter();
      this.#waiters.set(output, waiter);
    }
    return waiter;
  }

  heldKeys(): ReadonlyMap<number, Key> {
    const held = new Map<number, Key>();
    for (const [output, status] of this.#statuses.entries()) {
      const key = this.keyOf(output);
      const isHeld = status === "pending" || status === "finished";
      if (isHeld && key !== undefined) held.set(output, key);
    }
    return held;
  }

  /** One more needs an output. */
  use(output: number): void {
    if (this.#uses[output]!++ === 0) this.#usedCount++;
  }

  /** One fewer needs an output; with the last it goes. */
  drop(output: number): void {
    if ((this.#uses[output] as number) === 0 || --this.#uses[output]! > 0) return;
    this.#usedCount--;
    if (this.statusOf(output) === "pending") this.#end();
    this.#statuses[output] = "released";
    this.#errors.delete(output);
    this.#waiters.get(output)?.reject(releasedError());
    this.#waiters.delete(output);
    this.#letGo(output);
  }

  /** An output that is not there yet is wanted by nobody any more. */
  cancel(output: number): void {
    if (this.statusOf(output) !== "pending") return;
    this.#leave(
      output,
      "cancelled",
      new CancelledError(undefined, "Future.cancel: the future was cancelled."),
    );
    this.#letGo(output);
  }

  retried(outputs: readonly number[]): void {
    for (const output of outputs) {
      if (this.statusOf(output) !== "error") continue;
      this.#statuses[output] = "pending";
      this.#pendingCount++;
      this.#errors.delete(output);
    }
  }

  give(output: number): void {
    const status = this.statusOf(output);
    // Another client may have had it tried again.
    const isLate = status === "error" && this.#errors.delete(output);
    if (status !== "pending" && !isLate) return;
    this.#statuses[output] = "finished";
    if (isLate) return;
    this.#end();
    this.#waiters.get(output)?.resolve();
    this.#waiters.delete(output);
  }

  failOutputs(outputs: readonly number[], error: Error): void {
    for (const output of outputs) {
      if (this.statusOf(output) === "pending") this.#leave(output, "error", error);
    }
  }

  fail(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#failure = reason;
    this.failOutputs([...this.#statuses.keys()], reason);
  }

  progressed(): void {
    // Futures are watched one by one.
  }

  attempted(): void {
    // Likewise.
  }

  #leave(output: number, status: "error" | "cancelled", error: Error): void {
    this.#statuses[output] = status;
    this.#end();
    this.#errors.set(output, error);
    this.#waiters.get(output)?.reject(error);
    this.#waiters.delete(output);
  }

  #letGo(output: number): void {
    if (this.#usedCount === 0) this.client.release(this.held);
    else this.client.letGo(this.held, output);
  }
}

function makeWaiter(): Waiter {
  let settle: Pick<Waiter, "resolve" | "reject"> | undefined;
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  // Whoever asked is told; nobody need have.
  promise.catch(() => undefined);
  return { promise, ...(settle as Pick<Waiter, "resolve" | "reject">) };
}

/** What is told of a future that was released. */
export function releasedError(): Error {
  return new DistributedError(
    "distributed/released",
    "Future.result: the future was released, got a use of it afterwards, wanted one before. " +
      "Release a future when its value is needed no longer.",
  );
}
