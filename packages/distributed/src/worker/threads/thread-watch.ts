import type { Posted, TaskThread } from "./task-thread.ts";
import { isCancelled, isPosted, isRunning } from "./tickets.ts";

/** Between two looks, milliseconds, while there is something to be seen. */
const intervalMs = 10;
/** A thread that says nothing for so long may have tasks taken from it that it has not begun. */
const quietMs = 2;
/** A task that was asked to stop and keeps its thread busy is given so long. */
const stopMs = 2_000;
/** A thread that does not end for so long is in a call of the system that nothing can interrupt. */
const endMs = 2_000;
/** Between two looks while there is a limit, so that little of a task's time is in one of them. */
const limitMs = 1_000;
/** A look that comes so late says that this process stood still since the one before. */
const lateMs = 500;

/** What the watch may do to the pool. */
export interface Watched {
  /** Whether threads that are free would find nothing to do. */
  isShort(): boolean;
  takeBack(thread: TaskThread, posted: Posted): void;
  /** A thread that was to end does not. */
  abandon(thread: TaskThread): void;
  /** Tasks have begun: rows of two, task and attempt. */
  started(rows: readonly number[]): void;
  /** A look is over that may have changed something. */
  done(): void;
}

/**
 * Looks at the threads while they work: tells of tasks that have begun, takes tasks that wait
 * behind a long one back for a free thread, stops tasks whose time is over, and ends a thread that
 * does not stop a task when asked to. It looks only when there may be something to be seen, so a
 * pool that is idle, or busy with tasks that are known to have begun, costs nothing.
 */
export class ThreadWatch {
  readonly #threads: readonly TaskThread[];
  readonly #pool: Watched;
  #timer: NodeJS.Timeout | undefined;
  /** When the next look is to be, and when that was known. */
  #dueMs = Infinity;
  #setMs = 0;

  constructor(threads: readonly TaskThread[], pool: Watched) {
    this.#threads = threads;
    this.#pool = pool;
  }

  /** Something has changed: there may be something to be seen. */
  wake(): void {
    const nowMs = performance.now();
    if (this.#timer !== undefined && this.#dueMs <= nowMs + intervalMs) return;
    const inMs = this.#nextMs(nowMs);
    if (nowMs + inMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = nowMs + inMs;
    this.#setMs = nowMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, inMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** In how long there may be something to be seen; Infinity where there is nothing. */
  #nextMs(nowMs: number): number {
    let nextMs = Infinity;
    for (const thread of this.#threads) {
      if (thread.isEnding) return intervalMs;
      for (const { isToldStarted, abortedMs, begunMs, task } of thread.posted.values()) {
        if (!isToldStarted || abortedMs !== undefined) return intervalMs;
        if (task.timeoutMs === 0 || begunMs === undefined) continue;
        nextMs = Math.min(nextMs, limitMs, begunMs + task.timeoutMs - nowMs);
      }
    }
    return Math.max(intervalMs, nextMs);
  }

  #look(): void {
    const nowMs = performance.now();
    const lostMs = nowMs - this.#dueMs > lateMs ? nowMs - this.#setMs : 0;
    this.#dueMs = Infinity;
    const started: number[] = [];
    for (const thread of this.#threads) {
      for (const posted of thread.posted.values()) {
        const state = thread.stateOf(posted);
        if (state === isPosted) continue;
        if (!posted.isToldStarted) {
          posted.isToldStarted = true;
          started.push(posted.task.task, posted.task.attempt);
        }
        posted.begunMs = posted.begunMs === undefined ? nowMs : posted.begunMs + lostMs;
        if (isOverdue(posted, nowMs)) thread.abort(posted, nowMs, true);
        if (state === isCancelled && isStuck(thread, posted, nowMs)) void thread.end();
      }
      if (thread.hasLeftover && isBlocked(thread, nowMs)) void thread.end();
      if (nowMs - (thread.endingMs ?? nowMs) > endMs) this.#pool.abandon(thread);
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

function isOverdue({ task, begunMs, abortedMs }: Posted, nowMs: number): boolean {
  if (task.timeoutMs === 0 || begunMs === undefined || abortedMs !== undefined) return false;
  return nowMs - begunMs >= task.timeoutMs;
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
