import type {
  RunInput,
  RunnableTask,
} from "../../../../packages/distributed/src/worker/worker-events.ts";

/** A task of which only some things matter. */
export function runnable(task: number, rest: Partial<RunnableTask> = {}): RunnableTask {
  const inputs: readonly RunInput[] = [];
  return {
    task,
    attempt: 1,
    program: 1,
    priority: 0,
    inPieces: false,
    inputs,
    constants: [],
    ...rest,
  };
}
