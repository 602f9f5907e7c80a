import { timeoutError } from "@millrace/graph/tasks";
import { encodeFailure } from "../../codec/failure/encode-failure.ts";
import type { Block } from "../../codec/block.ts";
import type { FailureKind } from "../../messages/failure.ts";
import type { RunnableTask, ValueName, WorkerEvent } from "../worker-events.ts";
import type { Posted } from "./task-thread.ts";

/** Gathers what the machine of the worker is to hear from its threads. */
export class PoolEvents {
  #events: WorkerEvent[] = [];

  /** Tasks have begun, or wait, or have run; nothing where there is none. */
  rows(kind: "started" | "awaiting" | "ran", rows: readonly number[]): void {
    if (rows.length > 0) this.#events.push({ kind, rows });
  }

  /** A task is not in the pool any more, and did not end by itself. */
  left(kind: "aborted" | "withdrawn", task: number, attempt: number): void {
    this.#events.push({ kind, rows: [task, attempt] });
  }

  /** Nothing runs any more of a task that was asked to stop. */
  stopped({ task, isTimedOut, begunMs = 0 }: Posted): void {
    if (isTimedOut) {
      const us = Math.round((performance.now() - begunMs) * 1_000);
      this.failedWith(task, "timed-out", timeoutError(task.timeoutMs), us);
    } else this.left("aborted", task.task, task.attempt);
  }

  unreadable({ task, attempt }: RunnableTask, values: readonly ValueName[]): void {
    this.#events.push({ kind: "unreadable", task, attempt, values });
  }

  failed({ task, attempt }: RunnableTask, kind: FailureKind, thrown: Block, us: number): void {
    this.#events.push({ kind: "failed", task, attempt, us, failure: { kind, thrown } });
  }

  /** The same of a task of which it is known here why. */
  failedWith(task: RunnableTask, kind: FailureKind, error: unknown, us = 0): void {
    this.failed(task, kind, encodeFailure(error), us);
  }

  take(): readonly WorkerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
