import { describe, expect, it } from "vitest";
import { afterEnd } from "../../../../packages/distributed/src/worker/threads/ended-thread.ts";
import type {
  Posted,
  TaskThread,
} from "../../../../packages/distributed/src/worker/threads/task-thread.ts";
import {
  isCancelled,
  isOver,
  isPosted,
  isPreparing,
  isRunning,
  isWaiting,
} from "../../../../packages/distributed/src/worker/threads/tickets.ts";
import { posted } from "./runnable-tasks.ts";

/** A thread whose tasks, numbered from 0, are in these states. */
function threadWith(states: readonly number[], rest: Partial<TaskThread> = {}): TaskThread {
  const all = new Map(states.map((_, ticket): [number, Posted] => [ticket, posted(ticket)]));
  const stateOf = ({ ticket }: Posted): number => states[ticket]!;
  return { posted: all, stateOf, ...rest } as unknown as TaskThread;
}

/** Which tasks are what. */
function verdict(
  states: readonly number[],
  rest: Partial<TaskThread> = {},
): Record<string, unknown> {
  const ended = afterEnd(threadWith(states, rest), 1, undefined);
  const numbers = (posted: readonly Posted[]): number[] => posted.map(({ task }) => task.task);
  return {
    failed: ended.failed?.task.task,
    suspects: numbers(ended.suspects),
    aborted: numbers(ended.aborted),
    innocent: numbers(ended.innocent),
  };
}

describe("a thread that ended is laid to", () => {
  it("the task that ran, whoever waited", () => {
    expect(verdict([isWaiting, isRunning, isPosted, isPreparing])).toEqual({
      failed: 1,
      suspects: [],
      aborted: [],
      innocent: [0, 2, 3],
    });
  });

  it("the only one that waited, was prepared, or had ended unheard, when none ran", () => {
    for (const state of [isWaiting, isPreparing, isOver]) {
      expect(verdict([isPosted, state, isPosted])).toEqual({
        failed: 1,
        suspects: [],
        aborted: [],
        innocent: [0, 2],
      });
    }
  });

  it("nobody for sure where one is left that was to stop before", () => {
    expect(verdict([isWaiting, isPosted], { hasLeftover: true })).toEqual({
      failed: undefined,
      suspects: [0],
      aborted: [],
      innocent: [1],
    });
  });

  it("nobody for sure when several waited: each is to run alone", () => {
    expect(verdict([isWaiting, isPosted, isPreparing, isOver])).toEqual({
      failed: undefined,
      suspects: [2, 0, 3],
      aborted: [],
      innocent: [1],
    });
  });

  it("nobody when it was ended to stop a task: those that waited are innocent", () => {
    expect(verdict([isCancelled, isWaiting, isPosted])).toEqual({
      failed: undefined,
      suspects: [],
      aborted: [0],
      innocent: [1, 2],
    });
  });

  it("nobody when nothing had begun, or when the pool ends it", () => {
    const none = { failed: undefined, suspects: [], aborted: [] };
    expect(verdict([isPosted, isPosted])).toEqual({ ...none, innocent: [0, 1] });
    expect(verdict([isWaiting, isPosted], { isEnding: true })).toEqual({
      ...none,
      innocent: [0, 1],
    });
  });
});

describe("the reason of an end", () => {
  it("is what was thrown, or the code of the exit", () => {
    const { thrown, kind } = afterEnd(threadWith([isRunning]), 7, undefined);
    expect([kind, (thrown as Error).message]).toEqual([
      "exited",
      "the task ended its thread: process.exit(7)",
    ]);
    const error = new RangeError("uncaught");
    expect(afterEnd(threadWith([isRunning]), 1, error)).toMatchObject({
      kind: "exited",
      thrown: error,
    });
  });

  it("is told apart where the heap was full", () => {
    const error = Object.assign(new Error("heap"), { code: "ERR_WORKER_OUT_OF_MEMORY" });
    const thread = threadWith([isRunning], { heapBytesMax: 64 * 2 ** 20 });
    const { kind, thrown } = afterEnd(thread, 1, error);
    expect(kind).toBe("out-of-memory");
    expect((thrown as Error).message).toContain("got objects of more than 64 MiB");
    expect((thrown as Error).cause).toBe(error);
  });

  it("may be anything that was thrown, even nothing", () => {
    expect(afterEnd(threadWith([isRunning]), 1, "text")).toMatchObject({ thrown: "text" });
    expect(afterEnd(threadWith([isRunning]), 1, null).thrown).toBeInstanceOf(Error);
  });
});
