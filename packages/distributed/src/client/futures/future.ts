import type { Collection, Key, LayeredGraph } from "@millrace/graph";
import { onlyPart } from "@millrace/graph";
import { HeldOutput } from "../../messages/shipped.ts";
import { Held, graphOfHeld } from "../held.ts";
import { budgetOfResult } from "../byte-budget.ts";
import type { ResultOptions } from "../byte-budget.ts";
import type { RunClient } from "../run-client.ts";
import { releasedError } from "./future-run.ts";
import type { FutureRun } from "./future-run.ts";

/**
 * What is known of a future:
 *
 * - `pending`: its task has not ended;
 * - `finished`: its value is with a worker;
 * - `error`: its task has failed, `result` says why;
 * - `cancelled`: it was cancelled before it was finished;
 * - `released`: it was released.
 */
export type FutureStatus = "pending" | "finished" | "error" | "cancelled" | "released";

/** Outputs of a run from one on, of which those count whose future has not been released. */
interface Open {
  readonly run: FutureRun;
  readonly first: number;
  readonly isOpen: Uint8Array;
}

const forgotten = new FinalizationRegistry<Open>(({ run, first, isOpen }) => {
  isOpen.forEach((open, n) => {
    if (open === 1) run.drop(first + n);
  });
});

/**
 * What the futures of one call share. When nobody can reach any of them, they let go of what they
 * stand for: one by one that would cost more than most tasks do.
 */
export class FutureGroup {
  readonly run: FutureRun;
  readonly #open: Open;

  constructor(run: FutureRun, first: number, count: number) {
    this.run = run;
    this.#open = { run, first, isOpen: new Uint8Array(count).fill(1) };
    for (let n = 0; n < count; n++) run.use(first + n);
    forgotten.register(this, this.#open);
  }

  isReleased(output: number): boolean {
    return this.#open.isOpen[output - this.#open.first] === 0;
  }

  release(output: number): void {
    const { run, first, isOpen } = this.#open;
    if (isOpen[output - first] !== 1) return;
    isOpen[output - first] = 0;
    run.drop(output);
  }
}

/**
 * A value that a cluster is working out, or has, and keeps until the future is released: by
 * `release`, by `using`, or when nothing in the program can reach it any more.
 *
 * A future is a collection: it may be computed, and stand among the arguments of `submit`, `map` or
 * of any lazy call, which then begins where the value is. It is no promise; await `result()`.
 *
 * @example
 * ```ts
 * import type { Future } from "@millrace/distributed";
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * using three: Future<number> = client.submit((a: number, b: number) => a + b, [1, 2]);
 * await three.result(); // => 3
 * three.status; // => "finished"
 * ```
 */
export class Future<T> implements Collection<T>, Disposable {
  /** Which output of its run it is. */
  readonly output: number;
  readonly #group: FutureGroup;
  #graph: LayeredGraph | undefined;

  /** Made by a client; see `Client.submit`. */
  constructor(group: FutureGroup, output: number) {
    this.#group = group;
    this.output = output;
  }

  /** Key of its task. */
  get key(): Key {
    return this.#run.keyOf(this.output) as Key;
  }

  /** What is known of it now. */
  get status(): FutureStatus {
    return this.#isReleased ? "released" : this.#run.statusOf(this.output);
  }

  get #run(): FutureRun {
    return this.#group.run;
  }

  get #isReleased(): boolean {
    return this.#group.isReleased(this.output);
  }

  /**
   * The value, brought here when it is there; a copy each time. One of more than `bytesMax` bytes
   * stays where it is.
   *
   * @throws TaskError, KilledWorkerError, CancelledError, SerializationError, SchedulerLostError;
   *   DistributedError `distributed/released`, `distributed/too-many-bytes`
   */
  async result(options: ResultOptions = {}): Promise<T> {
    const { client, held } = this.#run;
    const budget = budgetOfResult(options, client.bytesMax);
    await this.settled();
    return client.fetch(held, this.output, budget) as Promise<T>;
  }

  /** Resolves when it is finished, without the value; rejects as `result` does. */
  settled(): Promise<void> {
    if (this.#isReleased) return Promise.reject(releasedError());
    return this.#run.settled(this.output);
  }

  /** The run that it is an output of: those who wait for many ask it. */
  get run(): FutureRun {
    return this.#run;
  }

  /** Why it has no value; undefined where it has one, or may get one. */
  get error(): Error | undefined {
    return this.#run.errorOf(this.output);
  }

  /**
   * Gives it up, for all futures that share it by `again` or `pure`: its task ends as soon as can
   * be, unless others need it: tasks that read it, clients that were given it, `fireAndForget`.
   * Finished, it stays.
   */
  async cancel(): Promise<void> {
    this.#run.cancel(this.output);
  }

  /** Lets go of the value, which goes when nobody else needs it. Again, it does nothing. */
  release(): void {
    this.#group.release(this.output);
  }

  /** As `release`. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** Another future of the same value, which is released by itself. */
  again(): Future<T> {
    return new Future<T>(new FutureGroup(this.#run, this.output, 1), this.output);
  }

  /** The output that it stands for, as the scheduler of its client knows it. */
  outputOf(client: RunClient): HeldOutput | undefined {
    if (client !== this.#run.client) return undefined;
    return new HeldOutput(this.#run.held.number, this.output);
  }

  /** Tries again what has failed of its run; where the scheduler does not know that, nothing. */
  retry(): void {
    const { client, held } = this.#run;
    client.retry(held);
  }

  /** What stands for the value in graphs; one that reads it keeps the future alive. */
  get held(): Held {
    const fetch = (): Promise<unknown> => this.result();
    return new Held(this.#run.client, this.#run.held, this.output, fetch, {
      refusal: () => this.#run.refusalOf(this.output),
      keep: () => {
        const again = this.again();
        return () => again.release();
      },
    });
  }

  /** A graph of one task that stands for the value. */
  get graph(): LayeredGraph {
    if (this.#graph === undefined) {
      const name = `future-${this.#run.held.number}-${this.output}-${this.#run.client.id}`;
      this.#graph = graphOfHeld(name, [this.held]).graph;
    }
    return this.#graph;
  }

  /** The key of that task. */
  get outputKeys(): readonly Key[] {
    const [layer] = this.graph.layers.values();
    return layer === undefined ? [] : [layer.keys.at(0)];
  }

  /** The value is what that task gives. */
  get finalize(): (parts: unknown[]) => T {
    return onlyPart;
  }
}
