import type { RunnableTask, ValueName } from "../worker-events.ts";
import type { TaskThread } from "./task-thread.ts";

/** Work that a thread is given ahead, so that it need not wait for the next message. */
const aheadUs = 1_000;

/**
 * The thread where a task is best off, of those that have room for it: one that has most bytes of
 * what it reads, or else the one that is done first. `us` is what the task is expected to take.
 */
export function pickThread(
  threads: readonly TaskThread[],
  reads: readonly ValueName[],
  alone: boolean,
  us: number | undefined,
  awaitingMax: number,
): TaskThread | undefined {
  const hasIdle = threads.some(({ posted }) => posted.size === 0);
  let best: TaskThread | undefined;
  let bestBytes = -1;
  for (const thread of threads) {
    if (!hasRoom(thread, alone, us, hasIdle, awaitingMax)) continue;
    const bytes = thread.bytesHere(reads);
    const isBetter =
      best === undefined ||
      bytes > bestBytes ||
      (bytes === bestBytes && thread.expectedUs < best.expectedUs);
    if (!isBetter) continue;
    best = thread;
    bestBytes = bytes;
  }
  return best;
}

function hasRoom(
  thread: TaskThread,
  alone: boolean,
  us: number | undefined,
  hasIdle: boolean,
  awaitingMax: number,
): boolean {
  const { posted, activeCount, waitingCount, secededCount, expectedUs } = thread;
  if (thread.isEnding || !thread.hasTicket) return false;
  if (posted.size === secededCount) return true;
  if (alone || thread.isTaken) return false;
  if (activeCount === 0) return waitingCount < awaitingMax;
  if (us !== undefined && expectedUs + us <= aheadUs) return true;
  // One more, so that the thread goes on while its last word is on the way; it can be taken back.
  return activeCount < 2 && !hasIdle;
}

/** Where a task goes once it is loaded, though no thread has room; undefined where none can. */
export function leastBusyThread(
  threads: readonly TaskThread[],
  alone: boolean,
): TaskThread | undefined {
  if (alone) return undefined;
  return threads
    .filter((thread) => thread.hasTicket && !thread.isTaken)
    .toSorted((a, b) => a.activeCount - b.activeCount)[0];
}

/** The values that a task reads. */
export function namesOf({ inputs }: RunnableTask): ValueName[] {
  const names: ValueName[] = [];
  for (const input of inputs) {
    if (input.kind === "value") names.push(input.name);
    else for (const { name } of input.members) names.push(name);
  }
  return names;
}
