import { hasFree, suits } from "./rules.ts";
import { takeHalf, takeRoot } from "./roots.ts";
import { enqueue, transferUs } from "./ready.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { leaveQueue } from "./tasks.ts";
import type { ReadyHeap } from "./ready-heap.ts";
import { isQueuedAt, peekQueue } from "./worker-queue.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Workers that are asked, and queued tasks of all of them that are looked at, in one search. */
const victimsMax = 8;
const entriesMax = 16;
/** Tasks that move at once. */
const stolenMax = 64;

/**
 * Work for a worker that has none, out of what waits for another one. All that is here and not with
 * a worker can move, without asking anybody: a half of somebody's roots, or queued tasks of the
 * least urgency. A task moves only where that brings it forward: where fetching its inputs takes
 * less time than it would wait. Who takes a task runs it next, so nothing is passed on and on.
 */
export function steal(state: SchedulerState, worker: WorkerRecord): Place | undefined {
  const { rich } = state;
  budget = entriesMax;
  for (let n = Math.min(rich.length, victimsMax); n > 0; n--) {
    const victim = rich[state.cursor++ % rich.length];
    if (victim === undefined || victim === worker) continue;
    if (stealQueued(state, worker, victim)) {
      const own = peekQueue(state, worker);
      if (own === undefined) continue;
      leaveQueue(state, own.run, own.t);
      return own;
    }
    if (takeHalf(state, worker, victim)) {
      const root = takeRoot(state, worker);
      if (root !== undefined) return root;
    }
  }
  return undefined;
}

/** Queued tasks that the search may still look at without taking them. */
let budget = 0;

/** Moves queued tasks from one worker to another, at most half of them; false where none did. */
function stealQueued(state: SchedulerState, worker: WorkerRecord, victim: WorkerRecord): boolean {
  if (victim.queuedCount === 0) return false;
  // Nearly all that is queued reads something that would have to be fetched: it is quicker there.
  if (victim.waitUs(state.nowMs) < state.settings.transferUs) return false;
  const most = Math.min(Math.ceil(victim.queuedCount / 2), stolenMax);
  let left = stealFrom(state, worker, victim, victim.queue, most);
  for (const queue of victim.constrained.values()) {
    left = stealFrom(state, worker, victim, queue, left);
  }
  return left < most;
}

/** Moves up to `left` tasks of one queue; gives how many more may move. */
function stealFrom(
  state: SchedulerState,
  worker: WorkerRecord,
  victim: WorkerRecord,
  queue: ReadyHeap,
  left: number,
): number {
  // The last entries of a heap are not the least urgent, but none of the most urgent is there.
  for (let n = queue.size - 1; n >= 0 && left > 0 && budget > 0; n--) {
    // Every task that leaves may empty the queue.
    if (n >= queue.size) continue;
    const id = queue.at(n);
    const run = state.ids.runOf(id);
    if (run === undefined || !isQueuedAt(run, id - run.base, victim)) {
      // Left there it would hide others from every search.
      queue.remove(n);
      continue;
    }
    const t = id - run.base;
    const rule = run.ruleOf(t);
    budget--;
    if (rule.isConstrained && !(suits(rule, worker) && hasFree(rule, worker))) continue;
    if (transferUs(state, run, t, worker) >= victim.waitUs(state.nowMs)) continue;
    queue.remove(n);
    leaveQueue(state, run, t);
    enqueue(state, run, t, worker);
    left--;
    budget++;
  }
  return left;
}
