import type { FailureKind } from "../../messages/failure.ts";
import type { Posted, TaskThread } from "./task-thread.ts";
import type { Leak } from "./thread-messages.ts";
import { isCancelled, isOver, isPreparing, isRunning, isWaiting } from "./tickets.ts";

/** What becomes of the tasks of a thread that has ended. */
export interface EndedTasks {
  /** The one that ended it. */
  readonly failed: Posted | undefined;
  readonly kind: FailureKind;
  readonly thrown: unknown;
  /** Those that were to stop anyway. */
  readonly aborted: readonly Posted[];
  /** One of them may have ended the thread: they run again, each alone. */
  readonly suspects: readonly Posted[];
  /** Those that did nothing. */
  readonly innocent: readonly Posted[];
}

/**
 * Finds out which task a thread died of: that which ran, as its ticket says. Where none did, one of
 * those that waited, or were prepared, has gone on at that moment; it is known only if there was
 * one, or it was alone.
 */
export function afterEnd(thread: TaskThread, code: number, error: unknown): EndedTasks {
  const all = [...thread.posted.values()];
  const inState = (state: number): Posted[] =>
    all.filter((posted) => thread.stateOf(posted) === state);
  const [running] = inState(isRunning);
  // What has ended but was not heard of may have ended the thread, as what waits may.
  const possible = [isPreparing, isWaiting, isOver].flatMap(inState);
  const aborted = inState(isCancelled);
  // A thread that is ended to stop a task says nothing about others.
  const isMeant = thread.isEnding || aborted.length > 0;
  const only = possible.length === 1 && !isMeant && !thread.hasLeftover ? possible[0] : undefined;
  const failed = thread.isEnding ? undefined : (running ?? only);
  const suspects = isMeant || failed !== undefined ? [] : possible;
  const known = new Set([failed, ...aborted, ...suspects]);
  const kind = kindOf(error);
  return {
    failed,
    kind,
    thrown: kind === "out-of-memory" ? outOfMemory(thread, error) : (error ?? exited(code)),
    aborted,
    suspects,
    innocent: all.filter((posted) => !known.has(posted)),
  };
}

function exited(code: number): Error {
  return new Error(`the task ended its thread: process.exit(${code})`);
}

/** What Node throws says nothing of the limit. */
function outOfMemory({ heapBytesMax }: TaskThread, cause: unknown): Error {
  return new Error(
    "the heap of its thread is full: JS heap out of memory, got objects of more than " +
      `${Math.ceil(heapBytesMax / 2 ** 20)} MiB, wanted less. Use smaller partitions, a higher ` +
      "memory limit or fewer threads, or typed arrays, which are not in the heap.",
    { cause },
  );
}

function kindOf(error: unknown): FailureKind {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return code === "ERR_WORKER_OUT_OF_MEMORY" ? "out-of-memory" : "exited";
}

/** Why a thread ended, for people. */
export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : "it threw something that is no error";
}

/** Why a thread that does not end is replaced. */
export const stuckText: string =
  "what keeps it busy is no JavaScript, so nothing can stop it, and its memory is free when that " +
  "has ended";

/** Why a thread in which tasks have left something is replaced, and what to do about it. */
export function leakText({ task, functions, open, replaced }: Leak): string {
  const after = `first seen after task ${task} (${functions.slice(0, 8).join(", ")})`;
  return replaced.length > 0
    ? `${replaced.slice(0, 8).join(", ")} changed, ${after}. All tasks of a thread share it, and ` +
        "it was put back: write a function of your own."
    : `${open.slice(0, 8).join(", ")} left open, ${after}. Close it, or unref what may stay.`;
}
