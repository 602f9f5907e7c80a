import type { Csr } from "./csr.ts";
import { CancelledError, taskFailure } from "./errors.ts";
import type { ExecutorOptions, Progress } from "./executor.ts";
import type { GraphCore } from "./graph-core.ts";
import { dependents } from "./graph-core.ts";
import type { Lowered } from "./lower.ts";
import { sequenceTasks } from "./optimize/sequence.ts";
import type { Program } from "./program.ts";
import { isThenable, runProgram } from "./program.ts";
import { ReadyQueue } from "./ready-queue.ts";

/** Between two reports of progress, milliseconds. */
const progressIntervalMs = 50;
/** How long synchronous tasks may keep the event loop before timers and signals get their turn. */
const sliceMs = 10;
const none: readonly unknown[] = Object.freeze([]);

/** Limits of one run. */
export interface InlineRunLimits {
  /** Most asynchronous tasks that wait at the same time. */
  readonly asyncTasksMax: number;
  /** How many requested values may be ahead of the reader; Infinity where all are collected. */
  readonly lookahead: number;
}

/** One run of one graph in this thread: what waits, what is ready, which values are alive. */
export class InlineRun {
  readonly #core: GraphCore;
  readonly #readers: Csr;
  readonly #options: ExecutorOptions;
  readonly #limits: InlineRunLimits;
  /** Tasks in the order to start them, and the place of each in it. */
  readonly #sequence: Int32Array;
  readonly #place: Int32Array;
  /** Position of the first requested value that needs a task; never above that of its readers. */
  readonly #gate: Int32Array;
  readonly #waiting: Int32Array;
  /**
   * Readers still to come; requested values have one more, which the reader of the run gives up.
   */
  readonly #uses: Int32Array;
  readonly #values: unknown[];
  readonly #finished: Uint8Array;
  /** Places of tasks that the cursor passed before they were ready, and which are ready now. */
  readonly #late = new ReadyQueue();
  #cursor = 0;
  #consumed = 0;
  #inFlight = 0;
  #doneCount = 0;
  #retriedCount = 0;
  /** How often each task that failed has been tried. */
  readonly #attempts = new Map<number, number>();
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #startedMs = performance.now();
  #reportedMs = -Infinity;
  /** Called with the number of each task that has its value. */
  onFinished: ((t: number) => void) | undefined;

  constructor({ core, wanted }: Lowered, options: ExecutorOptions, limits: InlineRunLimits) {
    const { size, offsets } = core;
    this.#core = core;
    this.#options = options;
    this.#limits = limits;
    this.#waiting = new Int32Array(size);
    this.#uses = new Int32Array(size);
    this.#values = new Array<unknown>(size);
    this.#finished = new Uint8Array(size);
    const readers = dependents(core);
    this.#readers = readers;
    for (let t = 0; t < size; t++) {
      this.#waiting[t] = (offsets[t + 1] as number) - (offsets[t] as number);
      this.#uses[t] = (readers.offsets[t + 1] as number) - (readers.offsets[t] as number);
    }
    for (const t of wanted) this.#uses[t]!++;
    const { sequence, gate } = sequenceTasks(core, wanted, {
      priority: options.priority ?? 0,
      gated: limits.lookahead !== Infinity,
    });
    this.#gate = gate;
    this.#sequence = sequence;
    this.#place = new Int32Array(size);
    for (let p = 0; p < size; p++) this.#place[this.#sequence[p] as number] = p;
  }

  /** Runs until every task has ended; rejects at the first failure or when it is cancelled. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const wake = (): void => this.#wake?.();
    signal?.addEventListener("abort", wake);
    try {
      await this.#runAll(signal);
    } catch (error) {
      // What is still in flight sees it and neither reports nor starts anything any more.
      this.#failure ??= { error };
      throw error;
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  async #runAll(signal: AbortSignal | undefined): Promise<void> {
    const { size } = this.#core;
    if (size > 0) this.#report(true);
    let sliceStartMs = performance.now();
    while (this.#doneCount < size) {
      if (signal?.aborted === true) throw new CancelledError(signal.reason);
      if (this.#failure !== undefined) throw this.#failure.error;
      const t = this.#next();
      if (t >= 0) this.#start(t);
      else await new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#doneCount < size && performance.now() - sliceStartMs > sliceMs) {
        this.#report(false);
        await new Promise((resolve) => setImmediate(resolve));
        sliceStartMs = performance.now();
      }
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#report(true);
  }

  /** Ends the run at its next turn. */
  cancel(reason: unknown): void {
    this.#failure ??= { error: new CancelledError(reason) };
    this.#wake?.();
  }

  isFinished(t: number): boolean {
    return this.#finished[t] === 1;
  }

  /** Gives out the value of a requested task; the run forgets it when nobody else needs it. */
  take(t: number): unknown {
    const value = this.#values[t];
    this.#consumed++;
    this.#release(t);
    this.#wake?.();
    return value;
  }

  #next(): number {
    if (this.#inFlight >= this.#limits.asyncTasksMax) return -1;
    if (this.#late.size > 0) return this.#sequence[this.#late.pop()] as number;
    const horizon = this.#consumed + this.#limits.lookahead;
    while (this.#cursor < this.#sequence.length) {
      const t = this.#sequence[this.#cursor] as number;
      if ((this.#gate[t] as number) >= horizon) return -1;
      this.#cursor++;
      if (this.#waiting[t] === 0) return t;
    }
    return -1;
  }

  #start(t: number): void {
    const { offsets, targets, constantOffsets, constants, programs, program } = this.#core;
    const start = offsets[t] as number;
    const count = (offsets[t + 1] as number) - start;
    const inputs = new Array<unknown>(count);
    for (let i = 0; i < count; i++) inputs[i] = this.#values[targets[start + i] as number];
    const first = constantOffsets[t] as number;
    const last = constantOffsets[t + 1] as number;
    const own = first === last ? none : constants.slice(first, last);
    // Reading a clock takes as long as a small task.
    const startMs = this.#options.onTask === undefined ? 0 : this.#now();
    let value: unknown;
    let promise: Promise<unknown> | undefined;
    try {
      value = runProgram(programs[program[t] as number] as Program, inputs, own);
      if (isThenable(value)) promise = Promise.resolve(value);
    } catch (error) {
      this.#failed(t, startMs, error);
      return;
    }
    if (promise === undefined) {
      this.#done(t, startMs, value);
      return;
    }
    this.#inFlight++;
    promise.then(
      (settled) => this.#settle(() => this.#done(t, startMs, settled)),
      (error: unknown) => this.#settle(() => this.#failed(t, startMs, error)),
    );
  }

  /** After an asynchronous task: an error of a callback must end the run, not the process. */
  #settle(end: () => void): void {
    this.#inFlight--;
    try {
      if (this.#failure === undefined) end();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#wake?.();
  }

  #done(t: number, startMs: number, value: unknown): void {
    const core = this.#core;
    this.#values[t] = value;
    this.#finished[t] = 1;
    this.#doneCount++;
    for (let e = core.offsets[t] as number; e < (core.offsets[t + 1] as number); e++) {
      this.#release(core.targets[e] as number);
    }
    const { offsets, targets } = this.#readers;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      const reader = targets[e] as number;
      if (--this.#waiting[reader]! > 0) continue;
      const place = this.#place[reader] as number;
      if (place < this.#cursor) this.#late.push(place);
    }
    this.#options.onTask?.({
      key: core.keys.at(t),
      startMs,
      endMs: this.#now(),
      attempt: 1 + (this.#attempts.get(t) ?? 0),
      outcome: "done",
    });
    this.onFinished?.(t);
  }

  #failed(t: number, startMs: number, cause: unknown): void {
    const attempt = 1 + (this.#attempts.get(t) ?? 0);
    this.#attempts.set(t, attempt);
    const { keys, annotation, annotations } = this.#core;
    const key = keys.at(t);
    this.#options.onTask?.({ key, startMs, endMs: this.#now(), attempt, outcome: "failed" });
    const advice = annotations[annotation[t] as number];
    if (attempt > (advice?.retries ?? this.#options.retries ?? 0)) {
      this.#failure ??= { error: taskFailure(key, attempt, cause) };
      return;
    }
    this.#retriedCount++;
    this.#late.push(this.#place[t] as number);
  }

  #release(t: number): void {
    if (--this.#uses[t]! === 0) this.#values[t] = undefined;
  }

  #now(): number {
    return performance.now() - this.#startedMs;
  }

  #report(always: boolean): void {
    const { onProgress } = this.#options;
    if (onProgress === undefined) return;
    const elapsedMs = this.#now();
    if (!always && elapsedMs - this.#reportedMs < progressIntervalMs) return;
    this.#reportedMs = elapsedMs;
    const progress: Progress = {
      done: this.#doneCount,
      total: this.#core.size,
      running: this.#inFlight,
      retried: this.#retriedCount,
      elapsedMs,
    };
    onProgress(progress);
  }
}
