import { DistributedError } from "./errors.ts";
import type { TaskContext } from "./worker/threads/task-context.ts";
import { taskContextHook } from "./worker/threads/task-context.ts";

// Whoever imports this file may ask: from now on this thread keeps track of its tasks.
const hook = taskContextHook();
hook.isUsed = true;

/**
 * Where the task runs that calls this, and whether its value is still wanted. It works in a task on
 * a worker, also after an `await`; not in the inline executor, which has no workers.
 *
 * @throws DistributedError `distributed/not-in-task` outside of a task on a worker
 * @example
 * ```ts
 * import { createThreadsExecutor, getWorker } from "@millrace/distributed";
 * import { Delayed } from "@millrace/graph";
 *
 * await using executor = createThreadsExecutor({ threads: 1 });
 * const name = Delayed.call(() => getWorker().name, []);
 * await name.compute({ executor }); // => "local"
 * ```
 */
export function getWorker(): TaskContext {
  const context = hook.current();
  if (context !== undefined) return context;
  throw new DistributedError(
    "distributed/not-in-task",
    "getWorker: there is no task here, wanted a call inside a task that runs on a worker. " +
      "The inline executor has no workers.",
  );
}
