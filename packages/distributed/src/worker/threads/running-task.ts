import type { Program, RunControl } from "@millrace/graph/tasks";
import type { TaskContext } from "./task-context.ts";
import type { InboxTask } from "./task-inbox.ts";
import type { ThreadStart } from "./thread-messages.ts";
import { isCancelled } from "./tickets.ts";

/** A task that has begun. */
export interface Running {
  readonly of: InboxTask;
  /** Milliseconds of this thread that it has taken. */
  ms: number;
  /** Aborts `getWorker().signal`, where somebody asks for it. */
  stop: (() => void) | undefined;
  hasEnded: boolean;
  startMs: number;
  /** It waits, and worked for so long before that it may hold much memory. */
  isHeavy: boolean;
  /** Its program and what that asks, once it runs. */
  program: Program | undefined;
  readonly control: RunControl;
}

/** What a task needs to run. */
export interface Given {
  readonly program: Program;
  readonly inputs: unknown[];
  readonly constants: readonly unknown[];
}

/** Why a task that nobody wants any more ends. */
export class Cancelled extends Error {
  override readonly name = "CancelledError";
  readonly code = "graph/cancelled";

  constructor() {
    super("the task was cancelled: nobody wants its value any more");
  }
}

/** What `getWorker` tells of a task. */
export function contextOf(
  { worker, thread, tickets }: ThreadStart,
  { of }: Running,
  signal: AbortSignal,
): TaskContext {
  return {
    name: worker,
    thread,
    attempt: of.attempt,
    signal,
    get isCancelled() {
      return Atomics.load(tickets, of.ticket) === isCancelled;
    },
  };
}
