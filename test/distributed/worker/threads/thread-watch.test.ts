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
  readonly threads: {
    posted: Map<number, Made>;
    heardMs: number;
    endingMs: number | undefined;
    readonly isEnding: boolean;
  }[];
  readonly words: string[];
  isShort: boolean;
} {
  const words: string[] = [];
  const threads = tasks.map((each, number) => ({
    number,
    posted: new Map(each.map((posted) => [posted.ticket, posted])),
    heardMs: performance.now(),
    endingMs: undefined as number | undefined,
    get isEnding() {
      return this.endingMs !== undefined;
    },
    stateOf: ({ state }: Made) => state,
    abort: (posted: Made, nowMs: number, isTimedOut: boolean) => {
      words.push(`${isTimedOut ? "time of" : "abort"} ${posted.ticket}`);
      Object.assign(posted, { state: isCancelled, abortedMs: nowMs });
    },
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
    abandon: (thread) => words.push(`abandon ${thread.number}`),
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

const timed = (ticket: number, state: number, timeoutMs: number): Made => {
  const task = made(ticket, state);
  return { ...task, task: { ...task.task, timeoutMs } };
};

it("the time of a task counts from its begin, and nothing is looked at until it is over", () => {
  const task = timed(1, isPosted, 60_000);
  const { watch, words } = watched([task]);
  watch.wake();
  vi.advanceTimersByTime(100_000);
  task.state = isRunning;
  vi.advanceTimersByTime(10);
  expect(words).toEqual(["started 1,1"]);
  vi.advanceTimersByTime(59_980);
  expect(words).toEqual(["started 1,1"]);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(30);
  expect(words).toEqual(["started 1,1", "time of 1"]);
});

it("the limit that is over first is looked at first, whichever task came first", () => {
  const { watch, words, threads } = watched([timed(1, isRunning, 60_000)], []);
  watch.wake();
  vi.advanceTimersByTime(20);
  threads[1]!.posted.set(2, timed(2, isWaiting, 100));
  watch.wake();
  vi.advanceTimersByTime(130);
  expect(words).toEqual(["started 1,1", "started 2,1", "time of 2"]);
});

it("time in which the process stood still does not count", () => {
  const { watch, words } = watched([timed(1, isRunning, 1_000)]);
  watch.wake();
  vi.advanceTimersByTime(10);
  const real = performance.now.bind(performance);
  const stood = vi.spyOn(performance, "now").mockImplementation(() => real() + 30_000);
  vi.advanceTimersByTime(1_010);
  expect(words).toEqual(["started 1,1"]);
  vi.advanceTimersByTime(1_000);
  expect(words).toEqual(["started 1,1", "time of 1"]);
  stood.mockRestore();
});

it("a thread that does not end either is given up after two seconds", () => {
  const { watch, words, threads } = watched([]);
  threads[0]!.endingMs = performance.now();
  watch.wake();
  vi.advanceTimersByTime(2_000);
  expect(words).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(words[0]).toBe("abandon 0");
});

it("a watch that is stopped looks no more", () => {
  const { watch, words } = watched([made(1, isRunning)]);
  watch.wake();
  watch.stop();
  vi.advanceTimersByTime(1_000);
  expect(words).toEqual([]);
});
