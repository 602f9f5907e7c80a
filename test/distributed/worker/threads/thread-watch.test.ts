import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type {
  Posted,
  TaskThread,
} from "../../../../packages/distributed/src/worker/threads/task-thread.ts";
import { ThreadWatch } from "../../../../packages/distributed/src/worker/threads/thread-watch.ts";
import {
  isCancelled,
  isPosted,
  isRunning,
  isWaiting,
} from "../../../../packages/distributed/src/worker/threads/tickets.ts";
import { posted } from "./runnable-tasks.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A task with a thread. */
type Made = { -readonly [K in keyof Posted]: Posted[K] } & { state: number };

function made(ticket: number, state: number, rest: Partial<Posted> = {}): Made {
  return { ...posted(ticket), state, ...rest };
}

/** Threads with these tasks, watched; what the watch does is told by words. */
function watched(...tasks: readonly (readonly Made[])[]): {
  readonly watch: ThreadWatch;
  readonly threads: { posted: Map<number, Made>; heardMs: number }[];
  readonly words: string[];
  isShort: boolean;
} {
  const words: string[] = [];
  const threads = tasks.map((each, number) => ({
    number,
    posted: new Map(each.map((posted) => [posted.ticket, posted])),
    heardMs: performance.now(),
    stateOf: ({ state }: Made) => state,
    end: () => {
      words.push(`end ${number}`);
      return Promise.resolve();
    },
  }));
  const pool = {
    isShort: true,
    threads,
    words,
    watch: undefined as unknown as ThreadWatch,
  };
  pool.watch = new ThreadWatch(threads as unknown as readonly TaskThread[], {
    isShort: () => pool.isShort,
    takeBack: (thread, posted) => {
      words.push(`take ${posted.ticket} from ${thread.number}`);
      thread.posted.delete(posted.ticket);
    },
    started: (rows) => words.push(`started ${rows.join()}`),
    done: () => undefined,
  });
  return pool;
}

it("an idle pool is not looked at, nor one whose tasks are known to have begun", () => {
  const { watch } = watched([], [made(1, isRunning, { isToldStarted: true })]);
  watch.wake();
  expect(vi.getTimerCount()).toBe(0);
});

it("a task that has begun is told of, once, and then nothing is looked at", () => {
  const task = made(7, isPosted);
  const { watch, words } = watched([task]);
  watch.wake();
  watch.wake();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(10);
  expect(words).toEqual([]);
  task.state = isRunning;
  vi.advanceTimersByTime(20);
  expect(words).toEqual(["started 7,1"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("half of what waits behind a long task goes to a free thread, the last of it", () => {
  const tasks = [made(1, isRunning), ...[2, 3, 4, 5].map((ticket) => made(ticket, isPosted))];
  const { watch, words } = watched(tasks, []);
  watch.wake();
  vi.advanceTimersByTime(10);
  expect(words.slice(1)).toEqual(["take 5 from 0", "take 4 from 0"]);
});

it("nothing is taken back while others wait for a thread anyway, or no thread is free", () => {
  const tasks = [made(1, isRunning), made(2, isPosted)];
  const short = watched(tasks, []);
  short.isShort = false;
  short.watch.wake();
  const busy = watched(tasks, [made(3, isRunning)]);
  busy.watch.wake();
  vi.advanceTimersByTime(50);
  expect([...short.words, ...busy.words].filter((word) => word.startsWith("take"))).toEqual([]);
});

it("a thread that was heard just now is given time", () => {
  const pool = watched([made(1, isRunning), made(2, isPosted)], []);
  pool.watch.wake();
  pool.threads[0]!.heardMs = performance.now() + 9;
  vi.advanceTimersByTime(10);
  expect(pool.words).toEqual(["started 1,1"]);
});

it("a thread that does not stop a task within two seconds is ended", () => {
  const task = made(1, isCancelled, { abortedMs: performance.now(), isToldStarted: true });
  const { watch, words, threads } = watched([task]);
  watch.wake();
  vi.advanceTimersByTime(2_000);
  expect(words).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(words[0]).toBe("end 0");
  threads[0]!.posted.clear();
  vi.advanceTimersByTime(20);
  expect(vi.getTimerCount()).toBe(0);
});

it("a task that waits and does not stop costs its thread nothing as long as that is heard", () => {
  const task = made(1, isCancelled, {
    abortedMs: performance.now(),
    isToldStarted: true,
    isWaiting: true,
  });
  const pool = watched([task]);
  pool.watch.wake();
  for (let n = 0; n < 500; n++) {
    pool.threads[0]!.heardMs = performance.now();
    vi.advanceTimersByTime(10);
  }
  expect(pool.words).toEqual([]);
  vi.advanceTimersByTime(2_020);
  expect(pool.words[0]).toBe("end 0");
});

it("a silent thread that runs another task is not ended for one that waits", () => {
  const stopped = { abortedMs: performance.now(), isToldStarted: true, isWaiting: true };
  const { watch, words } = watched([
    made(1, isCancelled, stopped),
    made(2, isRunning, { isToldStarted: true }),
    made(3, isWaiting, { isToldStarted: true, isWaiting: true }),
  ]);
  watch.wake();
  vi.advanceTimersByTime(10_000);
  expect(words).toEqual([]);
});

it("a watch that is stopped looks no more", () => {
  const { watch, words } = watched([made(1, isRunning)]);
  watch.wake();
  watch.stop();
  vi.advanceTimersByTime(1_000);
  expect(words).toEqual([]);
});
