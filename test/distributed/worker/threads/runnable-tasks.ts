import type { Posted } from "../../../../packages/distributed/src/worker/threads/task-thread.ts";
import type {
  RunInput,
  RunnableTask,
} from "../../../../packages/distributed/src/worker/worker-events.ts";

/** A task that has just been given to a thread. */
export function posted(ticket: number): Posted {
  return {
    task: runnable(ticket),
    ticket,
    expectedUs: 1,
    alone: false,
    uses: [],
    isWaiting: false,
    hasSeceded: false,
    isToldStarted: false,
    postedMs: 0,
    begunMs: undefined,
    abortedMs: undefined,
    isTimedOut: false,
  };
}

/** A task of which only some things matter. */
export function runnable(task: number, rest: Partial<RunnableTask> = {}): RunnableTask {
  const inputs: readonly RunInput[] = [];
  return {
    task,
    attempt: 1,
    program: 1,
    priority: 0,
    inPieces: false,
    isAnnounced: false,
    timeoutMs: 0,
    inputs,
    constants: [],
    ...rest,
  };
}
