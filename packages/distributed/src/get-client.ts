import { MessageChannel } from "node:worker_threads";
import { Client } from "./client/client.ts";
import { openPort } from "./client/port/open-port.ts";
import { DistributedError } from "./errors.ts";
import { taskContextHook } from "./worker/threads/task-context.ts";

// Whoever imports this file may ask: from now on this thread keeps track of its tasks.
const hook = taskContextHook();
hook.isUsed = true;

/** The client of this thread, while its scheduler is there. */
let current: Promise<Client> | undefined;

/**
 * A client of the scheduler that has sent the task which calls this: with it a task submits tasks,
 * and shares queues, locks and the rest with other clients. All tasks of a thread have one client,
 * made at the first call; it stays when a task closes it. Its connection belongs to the worker: the
 * task does not see the token.
 *
 * Await what you submit, and see `secede` where tasks wait for many others. What a task submits and
 * nobody holds any more is cancelled when its futures are collected; so return values, or put
 * futures into a queue or a variable.
 *
 * @throws DistributedError `distributed/not-in-task` outside of a task on a worker,
 *   `distributed/no-client` on the threads executor, which others cannot reach
 * @example
 * ```ts
 * import { Client, LocalCluster, getClient } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * const doubled = client.submit(async (n: number): Promise<number> => {
 *   const inner = await getClient();
 *   return inner.submit((m: number) => 2 * m, [n]).result();
 * }, [21]);
 * await doubled.result(); // => 42
 * ```
 */
export async function getClient(): Promise<Client> {
  const { openClient } = hook;
  if (openClient === undefined || hook.current() === undefined) throw notInTask();
  current ??= connect(openClient);
  const connecting = current;
  try {
    const client = await connecting;
    if (!client.isLost) return client;
  } catch (error) {
    if (current === connecting) current = undefined;
    throw error;
  }
  // The worker has found its scheduler again, or the task would not run for it.
  if (current === connecting) current = undefined;
  return getClient();
}

async function connect(openClient: NonNullable<typeof hook.openClient>): Promise<Client> {
  // What a connection needs is there before its first frame.
  const { joinParts } = await import("./client/client-parts.ts");
  const { port1, port2 } = new MessageChannel();
  openClient(port2);
  const transport = {
    ...(await openPort(port1)),
    // The worker loses the scheduler, too, and what its tasks have asked for with it.
    redial: undefined,
    address: undefined,
    isShared: true,
  };
  return new Client(transport, joinParts(transport));
}

function notInTask(): Error {
  return new DistributedError(
    "distributed/not-in-task",
    "getClient: there is no task here, wanted a call inside a task that runs on a worker. " +
      "Elsewhere, call Client.connect.",
  );
}
