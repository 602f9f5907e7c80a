import { DistributedError } from "./errors.ts";
import { taskContextHook } from "./worker/threads/task-context.ts";

// Whoever imports this file may ask: from now on this thread keeps track of its tasks.
const hook = taskContextHook();
hook.isUsed = true;

/**
 * The task that calls this leaves its place on its thread: as soon as it waits, other tasks run as
 * if it were not there, however many there are and whatever memory they hold. Call it before you
 * wait for tasks that you have submitted, where these submit tasks themselves, or where there are
 * more than a hundred.
 *
 * A task that waits takes no time of its thread anyway; but up to 128 wait in one thread, and fewer
 * where they hold much memory, and those that they wait for may be behind them. Up to 4,096 tasks
 * can be with a thread, those that have left their places too.
 *
 * @throws DistributedError `distributed/not-in-task` outside of a task on a worker
 * @example
 * ```ts
 * import { Client, LocalCluster, getClient, secede } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * const total = client.submit(async () => {
 *   const inner = (await getClient()).map((n: number) => n * n, [1, 2, 3]);
 *   secede();
 *   let sum = 0;
 *   for (const square of inner) sum += await square.result();
 *   return sum;
 * }, []);
 * await total.result(); // => 14
 * ```
 */
export function secede(): void {
  if (hook.secede()) return;
  throw new DistributedError(
    "distributed/not-in-task",
    "secede: there is no task here, wanted a call inside a task that runs on a worker. " +
      "The inline executor has no workers.",
  );
}
