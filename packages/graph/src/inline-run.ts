import type { Annotations } from "./annotations.ts";
import type { Csr } from "./csr.ts";
import { CancelledError } from "./errors.ts";
import type { ExecutorOptions, Progress, TaskEvent } from "./executor.ts";
import type { GraphCore } from "./graph-core.ts";
import { dependents } from "./graph-core.ts";
import type { Lowered } from "./lower.ts";
import { onAbort } from "./on-abort.ts";
import { sequenceTasks } from "./optimize/sequence.ts";
import type { Program, RunControl } from "./program.ts";
import { isThenable, runProgram } from "./program.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { failedStep, taskFailure } from "./task-failure.ts";
import { TaskControl } from "./task-control.ts";
import { TimeSlice } from "./time-slice.ts";

/** Between two reports of progress, milliseconds. */
const progressIntervalMs = 50;
const none: readonly unknown[] = Object.freeze([]);
const noAdvice: Annotations = Object.freeze({});
/** Thrown into a program whose run has ended; nobody looks at it. */
const runIsOver = new Error("the run is over");

/** Limits of one run. */
export interface InlineRunLimits {
  /** Most asynchronous tasks that wait at the same time. */
  readonly asyncTasksMax: number;
  /** How many requested values may be ahead of the reader; Infinity where all are collected. */
  readonly lookahead: number;
}

/**
 * What is in flight holds the run by this alone: once it has ended, its values can go, however long
 * a task takes. For tasks of one step it is their control too.
 */
class Link implements RunControl {
  step = 0;
  run: InlineRun | undefined;

  constructor(run: InlineRun) {
    this.run = run;
  }

  throwIfOver(): void {
    if (this.run === undefined || this.run.isOver) throw runIsOver;
  }

  pause(): Promise<void> | undefined {
    return this.run?.pause();
  }
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
   * Readers that have not been given the value; requested values have one more, which the reader
   * of the run gives up.
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
  /** Callbacks of the user that are asynchronous and have not ended. */
  #callbackCount = 0;
  /**
   * Makes the error that ends the run; `#work` calls it, from where stacks lead to the caller.
   */
  #failure: (() => unknown) | undefined;
  #wake: (() => void) | undefined;
  readonly #link = new Link(this);
  readonly #slice = new TimeSlice(() => this.#wake?.());
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
    if (signal?.aborted === true) throw new CancelledError(signal.reason);
    const callOff = signal && onAbort(signal, () => this.cancel(signal.reason));
    try {
      if (this.#core.size > 0) this.#report(true);
      await this.#work();
      this.#report(true, "done");
      await this.#work();
    } catch (error) {
      // What is in flight sees it and neither reports nor starts anything any more.
      this.#fail(() => error);
      this.#reportFailure(error);
      throw error;
    } finally {
      callOff?.();
      this.#link.run = undefined;
    }
  }

  /** Until every task and every callback has ended. */
  async #work(): Promise<void> {
    while (this.#doneCount < this.#core.size || this.#callbackCount > 0) {
      if (this.#failure !== undefined) throw this.#failure();
      if (this.#slice.isOver()) {
        await this.#slice.turn();
        this.#report(false);
        continue;
      }
      const t = this.#next();
      if (t >= 0) this.#start(t);
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#failure !== undefined) throw this.#failure();
  }

  /** Ends the run at its next turn. */
  cancel(reason: unknown): void {
    this.#fail(() => new CancelledError(reason));
  }

  #fail(failure: () => unknown): void {
    this.#failure ??= failure;
    this.#wake?.();
  }

  isFinished(t: number): boolean {
    return this.#finished[t] === 1;
  }

  /** Gives out the value of a requested task; the run forgets it when nobody else needs it. */
  take(t: number): unknown {
    const value = this.#values[t];
    this.#release(t);
    return value;
  }

  /** The reader of the run has done with one more value. */
  advance(): void {
    this.#consumed++;
    this.#wake?.();
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
    // The program lets go of what it has read, but not where it may be run again.
    if (this.#retriesLeft(t) === 0) this.#releaseInputs(t);
    const first = constantOffsets[t] as number;
    const last = constantOffsets[t + 1] as number;
    const own = first === last ? none : constants.slice(first, last);
    const toRun = programs[program[t] as number] as Program;
    const { timeoutMs = this.#options.timeoutMs } = this.#advice(t);
    const isPlain = toRun.steps.length === 1 && timeoutMs === undefined;
    const control = isPlain ? this.#link : new TaskControl(this.#link);
    // Reading a clock takes as long as a small task.
    const isTimed = this.#options.onTask !== undefined || timeoutMs !== undefined;
    const startMs = isTimed ? this.#now() : 0;
    let value: unknown;
    try {
      value = runProgram(toRun, inputs, own, control);
      if (isThenable(value)) {
        this.#await(this.#inTime(value, timeoutMs, startMs, control), t, startMs, control);
        return;
      }
    } catch (error) {
      this.#failed(t, startMs, control, error);
      return;
    }
    this.#done(t, startMs, value);
  }

  #inTime(
    value: PromiseLike<unknown>,
    timeoutMs: number | undefined,
    startMs: number,
    control: RunControl,
  ): Promise<unknown> {
    const promise = Promise.resolve(value);
    if (timeoutMs === undefined || !(control instanceof TaskControl)) return promise;
    return control.inTime(promise, timeoutMs, startMs + timeoutMs - this.#now());
  }

  #await(promise: Promise<unknown>, t: number, startMs: number, control: RunControl): void {
    const link = this.#link;
    this.#inFlight++;
    promise.then(
      (value) => whileItLasts(link, (run) => run.#settle(() => run.#done(t, startMs, value))),
      (error: unknown) =>
        whileItLasts(link, (run) => run.#settle(() => run.#failed(t, startMs, control, error))),
    );
  }

  /** After an asynchronous task: an error of a callback must end the run, not the process. */
  #settle(end: () => void): void {
    this.#inFlight--;
    try {
      end();
    } catch (error) {
      this.#fail(() => error);
    }
    this.#wake?.();
  }

  #done(t: number, startMs: number, value: unknown): void {
    if (this.#failure !== undefined) return;
    if (this.#retriesLeft(t) > 0) this.#releaseInputs(t);
    this.#values[t] = value;
    this.#finished[t] = 1;
    this.#doneCount++;
    const { offsets, targets } = this.#readers;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      const reader = targets[e] as number;
      if (--this.#waiting[reader]! > 0) continue;
      const place = this.#place[reader] as number;
      if (place < this.#cursor) this.#late.push(place);
    }
    const { onTask } = this.#options;
    if (onTask !== undefined) this.#called(onTask(this.#event(t, startMs, "done")));
    this.onFinished?.(t);
  }

  #failed(t: number, startMs: number, control: RunControl, cause: unknown): void {
    if (this.#failure !== undefined) return;
    const isLast = this.#retriesLeft(t) === 0;
    const { onTask } = this.#options;
    if (onTask !== undefined) this.#called(onTask(this.#event(t, startMs, "failed")));
    const attempt = 1 + (this.#attempts.get(t) ?? 0);
    this.#attempts.set(t, attempt);
    if (isLast) {
      const { keys, programs, program } = this.#core;
      const { steps } = programs[program[t] as number] as Program;
      this.#fail(() => taskFailure(keys.at(t), attempt, cause, failedStep(steps, control.step)));
      return;
    }
    this.#retriedCount++;
    this.#late.push(this.#place[t] as number);
  }

  /** How often a task may be tried again. */
  #retriesLeft(t: number): number {
    const retries = this.#advice(t).retries ?? this.#options.retries ?? 0;
    return retries === 0 ? 0 : retries - (this.#attempts.get(t) ?? 0);
  }

  #advice(t: number): Annotations {
    const { annotation, annotations } = this.#core;
    return annotations[annotation[t] as number] ?? noAdvice;
  }

  #event(t: number, startMs: number, outcome: TaskEvent["outcome"]): TaskEvent {
    const attempt = 1 + (this.#attempts.get(t) ?? 0);
    return { key: this.#core.keys.at(t), startMs, endMs: this.#now(), attempt, outcome };
  }

  /** A callback may be asynchronous: the run does not end before it, and fails when it does. */
  #called(result: unknown): void {
    if (!isThenable(result)) return;
    const link = this.#link;
    this.#callbackCount++;
    Promise.resolve(result).then(
      () =>
        whileItLasts(link, (run) => {
          run.#callbackCount--;
          run.#wake?.();
        }),
      (error: unknown) => whileItLasts(link, (run) => run.#fail(() => error)),
    );
  }

  #releaseInputs(t: number): void {
    const { offsets, targets } = this.#core;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) this.#release(targets[e] as number);
  }

  /** Whether it has failed or was cancelled. */
  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  /** Lets the event loop go on, between two steps. */
  pause(): Promise<void> | undefined {
    return this.#slice.isOver() ? this.#slice.turn() : undefined;
  }

  #release(t: number): void {
    if (--this.#uses[t]! === 0) this.#values[t] = undefined;
  }

  #now(): number {
    return performance.now() - this.#startedMs;
  }

  #report(always: boolean, outcome?: Progress["outcome"]): void {
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
      ...(outcome === undefined ? {} : { outcome }),
    };
    this.#called(onProgress(progress));
  }

  #reportFailure(error: unknown): void {
    try {
      this.#report(true, error instanceof CancelledError ? "cancelled" : "failed");
    } catch {
      // The run has an error to tell already, maybe this one.
    }
  }
}

function whileItLasts({ run }: Link, act: (run: InlineRun) => void): void {
  if (run !== undefined) act(run);
}
