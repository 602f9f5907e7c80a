import type { Posted, TaskThread } from "./task-thread.ts";
import { isCancelled, isPosted, isRunning } from "./tickets.ts";

/** Between two looks, milliseconds, while there is something to be seen. */
const intervalMs = 10;
/** A thread that says nothing for so long may have tasks taken from it that it has not begun. */
const quietMs = 2;
/** A task that was asked to stop and keeps its thread busy is given so long. */
const stopMs = 2_000;

/** What the watch may do to the pool. */
export interface Watched {
  /** Whether threads that are free would find nothing to do. */
  isShort(): boolean;
  takeBack(thread: TaskThread, posted: Posted): void;
  /** Tasks have begun: rows of two, task and attempt. */
  started(rows: readonly number[]): void;
  /** A look is over that may have changed something. */
  done(): void;
}

/**
 * Looks at the threads while they work: tells of tasks that have begun, takes tasks that wait
 * behind a long one back for a free thread, and ends a thread that does not stop a task when asked
 * to. It looks only as long as there may be something to be seen, so a pool that is idle, or busy
 * with tasks that are known to have begun, costs nothing.
 */
export class ThreadWatch {
  readonly #threads: readonly TaskThread[];
  readonly #pool: Watched;
  #timer: NodeJS.Timeout | undefined;

  constructor(threads: readonly TaskThread[], pool: Watched) {
    this.#threads = threads;
    this.#pool = pool;
  }

  /** Something has changed: there may be something to be seen. */
  wake(): void {
    if (this.#timer !== undefined || !this.#hasWork()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #hasWork(): boolean {
    return this.#threads.some((thread) => {
      if (thread.posted.size === 0) return false;
      for (const posted of thread.posted.values()) {
        if (!posted.isToldStarted || posted.abortedMs !== undefined) return true;
      }
      return false;
    });
  }

  #look(): void {
    const nowMs = performance.now();
    const started: number[] = [];
    for (const thread of this.#threads) {
      for (const posted of thread.posted.values()) {
        const state = thread.stateOf(posted);
        if (state !== isPosted && !posted.isToldStarted) {
          posted.isToldStarted = true;
          started.push(posted.task.task, posted.task.attempt);
        }
        if (state === isCancelled && isStuck(thread, posted, nowMs)) void thread.end();
      }
      if (thread.hasLeftover && isBlocked(thread, nowMs)) void thread.end();
    }
    if (started.length > 0) this.#pool.started(started);
    this.#balance(nowMs);
    this.#pool.done();
    this.wake();
  }

  /** Free threads get what waits behind a long task. */
  #balance(nowMs: number): void {
    let free = this.#threads.filter(({ posted }) => posted.size === 0).length;
    if (free === 0 || !this.#pool.isShort()) return;
    const slow = this.#threads.filter(
      ({ posted, heardMs }) => posted.size > 1 && nowMs - heardMs > quietMs,
    );
    for (const thread of slow) {
      const waiting = [...thread.posted.values()].filter(
        (posted) => thread.stateOf(posted) === isPosted,
      );
      // The last ones first back into the queue, so that they stand in their order there.
      for (const posted of waiting.slice(-Math.ceil(waiting.length / 2)).reverse()) {
        if (free === 0) break;
        this.#pool.takeBack(thread, posted);
      }
      free--;
    }
  }
}

/**
 * Whether a task that was asked to stop will not. One that had waited is left alone by its thread,
 * which says so, unless the task keeps it busy since: then nothing is heard, and no other task is
 * what runs.
 */
function isStuck(thread: TaskThread, { abortedMs, isWaiting }: Posted, nowMs: number): boolean {
  if (abortedMs === undefined || nowMs - abortedMs <= stopMs) return false;
  if (!isWaiting) return true;
  const others = [...thread.posted.values()];
  return (
    nowMs - thread.heardMs > stopMs && !others.some((each) => thread.stateOf(each) === isRunning)
  );
}

/** Whether a thread begins nothing of what it was given, although no task of ours is at work. */
function isBlocked(thread: TaskThread, nowMs: number): boolean {
  const all = [...thread.posted.values()];
  return (
    !all.some((posted) => thread.stateOf(posted) === isRunning) &&
    all.some(
      (posted) =>
        thread.stateOf(posted) === isPosted &&
        nowMs - Math.max(posted.postedMs, thread.heardMs) > stopMs,
    )
  );
}
