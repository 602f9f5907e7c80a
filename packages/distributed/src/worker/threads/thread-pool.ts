import type { Block } from "../../codec/block.ts";
import { blockBytes } from "../../codec/block.ts";
import type { FunctionName, ShippedFunction } from "../../messages/shipped.ts";
import type { ProgramDefinition } from "../../messages/worker-messages.ts";
import type { RunnableTask, ValueName } from "../worker-events.ts";
import { Durations } from "./durations.ts";
import { afterEnd, leakText, stuckText, textOf } from "./ended-thread.ts";
import { PoolEvents } from "./pool-events.ts";
import { leastBusyThread, namesOf, pickThread } from "./pick-thread.ts";
import { TaskQueue } from "./task-queue.ts";
import type { Posted } from "./task-thread.ts";
import { TaskThread } from "./task-thread.ts";
import { ThreadCode } from "./thread-code.ts";
import { ThreadCrew } from "./thread-crew.ts";
import type { ThreadPoolOptions } from "./thread-pool-options.ts";
import type { FromThread, Leak } from "./thread-messages.ts";
import {
  blockAt,
  hasThrown,
  isAborted,
  isAwaiting,
  isDone,
  isLeftAlone,
  isSeceded,
  isSkipped,
  resultColumns,
} from "./thread-messages.ts";
import { ThreadWatch } from "./thread-watch.ts";

/** Taken for a task before the first one like it has ended. */
const unknownUs = 10_000;
const leakMsDefault = 5_000;

/** A task of the pool and how far it has come. */
interface Entry {
  readonly task: RunnableTask;
  /** The values that it reads. */
  readonly reads: readonly ValueName[];
  /** It must have a thread to itself. */
  alone: boolean;
  at: "queued" | "loading" | { readonly thread: TaskThread; readonly posted: Posted };
  /** What is said of it as soon as its inputs are loaded, if it is not to run after all. */
  leaves: "aborted" | "withdrawn" | undefined;
}

/**
 * The task threads of a worker. Tasks wait here and go to the thread that has most of their inputs
 * and room; inputs on disk are loaded before. What has not begun can be taken back from a thread,
 * so nothing waits behind a long task. A thread that ends is replaced, and only the task that ended
 * it fails.
 */
export class ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #code = new ThreadCode();
  readonly #durations = new Durations();
  readonly #queue = new TaskQueue();
  readonly #entries = new Map<number, Entry>();
  readonly #crew: ThreadCrew;
  readonly #threads: readonly TaskThread[];
  readonly #watch: ThreadWatch;
  readonly #events = new PoolEvents();
  #loadingCount = 0;
  #isClosed = false;
  #isTrickling = false;
  #flushing: NodeJS.Immediate | undefined;
  // What every task asks of the store, made once.
  readonly #isOnDisk = ({ id, version }: ValueName): boolean =>
    this.#options.store.where(id, version) === "disk";
  readonly #isUnpinnable = ({ id, version }: ValueName): boolean =>
    !this.#options.store.pin(id, version);
  readonly #blockOf = ({ id, version }: ValueName): Block =>
    this.#options.store.get(id, version) as Block;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#crew = new ThreadCrew(options.threads, (thread) => this.#startThread(thread));
    this.#threads = this.#crew.threads;
    this.#watch = new ThreadWatch(this.#threads, {
      isShort: () => this.#queue.peek() === undefined,
      takeBack: (thread, posted) => this.#takeBack(thread, posted),
      abandon: (thread) => this.#abandon(thread),
      started: (rows) => this.#events.rows("started", rows),
      done: () => this.flush(),
    });
  }

  /** Code that tasks will need. */
  define(programs: readonly ProgramDefinition[], functions: readonly ShippedFunction[]): void {
    this.#code.define(programs, functions);
  }

  /** Code that no task will need unless it is defined again. */
  forget(programs: readonly number[], functions: readonly FunctionName[]): void {
    this.#code.forget(programs, functions);
    for (const program of programs) this.#durations.forget(program);
    for (const thread of this.#threads) thread.forget(programs, functions);
  }

  /** Values that are deleted from the store or have left memory: threads let go of them. */
  drop(names: readonly ValueName[]): void {
    for (const thread of this.#threads) for (const name of names) thread.drop(name);
  }

  /** Whether it has no tasks. */
  get isIdle(): boolean {
    return this.#entries.size === 0;
  }

  /** Whether to run one task at a time: there is no memory for more. */
  trickle(isOn: boolean): void {
    this.#isTrickling = isOn;
  }

  /** Queues a task; `flush` sends what can go. */
  run(task: RunnableTask): void {
    const reads = namesOf(task);
    this.#entries.set(task.task, { task, reads, alone: false, at: "queued", leaves: undefined });
    this.#queue.push(task);
  }

  /** Gives queued tasks to threads with room, and tells what has happened. */
  flush(): void {
    if (this.#isClosed) return;
    const { broken } = this.#crew;
    if (broken !== undefined) this.#failAll(broken);
    if (this.#queue.peek() !== undefined) this.start();
    for (let task = this.#queue.peek(); task !== undefined; task = this.#queue.peek()) {
      if (this.#isTrickling && !this.#isQuiet()) break;
      const entry = this.#entries.get(task.task) as Entry;
      const thread = this.#pick(entry);
      if (thread === undefined || !this.#stage(entry, thread)) break;
      this.#queue.take();
    }
    for (const thread of this.#threads) thread.flush();
    this.#watch.wake();
    const events = this.#events.take();
    if (events.length > 0) this.#options.emit(events);
  }

  #isQuiet(): boolean {
    return this.#loadingCount === 0 && this.#threads.every(isQuiet);
  }

  /** Starts the threads that are not there; a task would have to wait for them. */
  start(): void {
    this.#crew.start();
  }

  #startThread(thread: number): TaskThread {
    const { worker, awaitingMax, awaitingBytesMax, store } = this.#options;
    const { leakMs = leakMsDefault } = this.#options;
    const directory = store.directory.path;
    const start = { worker, thread, directory, awaitingMax, awaitingBytesMax, leakMs };
    return new TaskThread(start, this.#options, {
      said: (from, message) => this.#said(from, message),
      leaks: (from, leak) => this.#leaks(from, leak),
      asksForClient: ({ number }, port) => this.#options.openClient(port, number),
      ended: (from, code, error) => this.#ended(from, code, error),
    });
  }

  #pick({ task, reads, alone }: Entry): TaskThread | undefined {
    const us = this.#durations.of(task.program);
    return pickThread(this.#threads, reads, alone, us, this.#options.awaitingMax);
  }

  /** Pins the inputs of a task and gives it to a thread when all are in memory; false to wait. */
  #stage(entry: Entry, thread: TaskThread): boolean {
    const onDisk = entry.reads.filter(this.#isOnDisk);
    if (onDisk.length > 0 && this.#loadingCount > this.#options.threads) return false;
    const unknown = entry.reads.filter(this.#isUnpinnable);
    if (unknown.length > 0) this.#unreadable(entry, unknown);
    else if (onDisk.length === 0) this.#post(entry, thread);
    else void this.#load(entry, onDisk);
    return true;
  }

  async #load(entry: Entry, onDisk: readonly ValueName[]): Promise<void> {
    const { store } = this.#options;
    entry.at = "loading";
    this.#loadingCount++;
    const loads = await Promise.allSettled(
      onDisk.map(({ id, version }) => store.load(id, version)),
    );
    this.#loadingCount--;
    if (this.#isClosed) return;
    const lost = onDisk.filter((_, n) => loads[n]?.status === "rejected");
    if (entry.leaves !== undefined) this.#leave(entry, entry.leaves);
    else if (lost.length > 0) this.#unreadable(entry, lost);
    else {
      const thread = this.#pick(entry) ?? leastBusyThread(this.#threads, entry.alone);
      if (thread === undefined) this.#again(entry.task, entry.alone);
      else this.#post(entry, thread);
    }
    this.flush();
  }

  #post(entry: Entry, thread: TaskThread): void {
    const { task, alone } = entry;
    const expectedUs = this.#durations.of(task.program) ?? unknownUs;
    const posted = thread.add(task, expectedUs, alone, this.#code.of(task), this.#blockOf);
    entry.at = { thread, posted };
  }

  #unreadable(entry: Entry, values: readonly ValueName[]): void {
    this.#remove(entry);
    this.#events.unreadable(entry.task, values);
  }

  #unpin({ reads }: Entry): void {
    for (const { id, version } of reads) this.#options.store.unpin(id, version);
  }

  /** A task that was in a thread, or on its way there, is not in the pool any more. */
  #remove(entry: Entry): void {
    this.#unpin(entry);
    this.#entries.delete(entry.task.task);
  }

  /** A task is not in the pool any more, and did not end by itself. */
  #leave(entry: Entry, how: "aborted" | "withdrawn"): void {
    const { task, attempt } = entry.task;
    if (entry.at !== "queued") this.#unpin(entry);
    this.#entries.delete(task);
    this.#events.left(how, task, attempt);
  }

  #said(thread: TaskThread, message: FromThread): void {
    const { rows } = message;
    this.#crew.heard();
    const ran: number[] = [];
    const awaiting: number[] = [];
    for (let n = 0; n < rows.length; n += resultColumns) {
      if (rows[n + 3] === isSkipped) thread.skipped(rows[n] as number);
      const posted = thread.posted.get(rows[n] as number);
      if (posted === undefined || posted.task.attempt !== rows[n + 2]) continue;
      const { task, attempt } = posted.task;
      const outcome = rows[n + 3] as number;
      if (outcome === isAwaiting) {
        thread.setWaiting(posted);
        awaiting.push(task, attempt);
        continue;
      }
      if (outcome === isSeceded) {
        thread.setSeceded(posted);
        continue;
      }
      if (outcome === isLeftAlone) thread.hasLeftover = true;
      const us = rows[n + 4] as number;
      const start = rows[n + 5] as number;
      const end = rows[n + 6] as number;
      const block = blockAt(message, start, end);
      thread.remove(posted);
      this.#remove(this.#entries.get(task) as Entry);
      if (outcome === isDone) this.#keep(thread, posted.task, block, us, ran, end < 0);
      else if (outcome === isAborted || outcome === isLeftAlone) this.#events.stopped(posted);
      else {
        const kind = outcome === hasThrown ? "threw" : "not-serializable";
        this.#events.failed(posted.task, kind, block, us);
      }
    }
    // Nobody else is in it: the leftover ends with it.
    if (thread.hasLeftover && thread.posted.size === 0) void thread.end();
    this.#events.rows("awaiting", awaiting);
    this.#events.rows("ran", ran);
    this.#flushSoon();
  }

  /** Its memory and what is open go with the thread, as soon as nobody else is in it. */
  #leaks(thread: TaskThread, leak: Leak): void {
    thread.hasLeftover = true;
    this.#options.warn(`task thread ${thread.number} is replaced: ${leakText(leak)}`);
    if (thread.posted.size === 0) void thread.end();
  }

  /** Flushes when all that threads have said by now is heard: else messages get ever smaller. */
  #flushSoon(): void {
    this.#flushing ??= setImmediate(() => {
      this.#flushing = undefined;
      this.flush();
    });
  }

  /** The value of a task goes into the store; the thread may keep it alive too. */
  #keep(
    thread: TaskThread,
    task: RunnableTask,
    block: Block,
    us: number,
    ran: number[],
    isKept: boolean,
  ): void {
    const bytes = blockBytes(block);
    try {
      this.#options.store.put(task.task, task.attempt, block);
    } catch (error) {
      // Neither memory nor disk has room: the task did its work in vain.
      this.#events.failedWith(task, "out-of-memory", error, us);
      return;
    }
    this.#durations.note(task.program, us);
    if (isKept) thread.keeps({ id: task.task, version: task.attempt }, bytes);
    ran.push(task.task, task.attempt, bytes, us);
  }

  /** A task that has not begun is wanted elsewhere. */
  withdraw(task: number, attempt: number): void {
    const entry = this.#entries.get(task);
    if (entry?.task.attempt !== attempt) return;
    if (this.#stop(entry)) this.#leave(entry, "withdrawn");
    else if (entry.at === "loading") entry.leaves ??= "withdrawn";
  }

  /** A task is wanted no longer: `aborted` is said when nothing of it runs. */
  abort(task: number, attempt: number): void {
    const entry = this.#entries.get(task);
    if (entry?.task.attempt !== attempt) {
      this.#events.left("aborted", task, attempt);
    } else if (this.#stop(entry)) this.#leave(entry, "aborted");
    else if (entry.at === "loading") entry.leaves = "aborted";
    else if (entry.at !== "queued") entry.at.thread.abort(entry.at.posted, performance.now());
  }

  /**
   * Takes a task out of the queue or back from its thread; false where it has begun, or is loading.
   */
  #stop(entry: Entry): boolean {
    const { task, at } = entry;
    if (at === "loading") return false;
    if (at === "queued") return this.#queue.remove(task.task, task.attempt);
    return at.thread.revoke(at.posted);
  }

  /** Takes a task back from a thread that is slow, for another one. */
  #takeBack(thread: TaskThread, posted: Posted): void {
    if (!thread.revoke(posted)) return;
    this.#again(posted.task, posted.alone);
  }

  #again(task: RunnableTask, alone: boolean): void {
    const entry = this.#entries.get(task.task) as Entry;
    this.#unpin(entry);
    entry.at = "queued";
    entry.alone = alone;
    this.#queue.unshift(task);
  }

  /** A thread that does not end is replaced: no code of a task goes on in it. */
  #abandon(thread: TaskThread): void {
    if (!this.#crew.abandon(thread)) return;
    this.#options.warn(`task thread ${thread.number} is replaced: ${stuckText}`);
    this.#over(thread, 0, undefined);
  }

  #ended(thread: TaskThread, code: number, error: unknown): void {
    if (!this.#isClosed && !this.#crew.buried(thread)) this.#over(thread, code, error);
  }

  /** Nothing of what a thread was given runs any more. */
  #over(thread: TaskThread, code: number, error: unknown): void {
    const { failed, kind, thrown, aborted, suspects, innocent } = afterEnd(thread, code, error);
    for (const posted of thread.posted.values()) thread.remove(posted);
    for (const { task } of [...innocent].reverse()) this.#again(task, false);
    for (const { task } of suspects) this.#again(task, true);
    for (const posted of aborted) {
      this.#remove(this.#entries.get(posted.task.task) as Entry);
      this.#events.stopped(posted);
    }
    if (failed !== undefined) {
      this.#remove(this.#entries.get(failed.task.task) as Entry);
      this.#events.failedWith(failed.task, kind, thrown);
    }
    this.#crew.replace(thread, thrown);
    if (aborted.length === 0 && !thread.isEnding)
      this.#options.warn(`task thread ${thread.number} ended: ${textOf(thrown)}`);
    this.flush();
  }

  /** No thread can be started. */
  #failAll(error: unknown): void {
    for (let task = this.#queue.take(); task !== undefined; task = this.#queue.take()) {
      this.#entries.delete(task.task);
      this.#events.failedWith(task, "exited", error);
    }
  }

  /** Ends all threads, whatever they do. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.stop();
    clearImmediate(this.#flushing);
    await this.#crew.end();
  }
}

/** Whether a thread has no task but such as have left their places. */
function isQuiet({ posted, secededCount }: TaskThread): boolean {
  return posted.size === secededCount;
}
