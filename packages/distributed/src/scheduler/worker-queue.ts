import type { ReadyHeap } from "./ready-heap.ts";
import { hasFree } from "./rules.ts";
import type { Run } from "./run.ts";
import { isRoot } from "./marks.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { queued } from "./states.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** The most urgent task that a worker has queued and can run now; it stays queued. */
export function peekQueue(state: SchedulerState, worker: WorkerRecord): Place | undefined {
  if (worker.queuedCount === 0) return undefined;
  let best = peek(state, worker, worker.queue);
  if (worker.constrained.size === 0) return best;
  for (const [rule, queue] of worker.constrained) {
    if (queue.size === 0) worker.constrained.delete(rule);
    if (!hasFree(rule, worker)) continue;
    const other = peek(state, worker, queue);
    if (other !== undefined && (best === undefined || isBefore(other, best))) best = other;
  }
  return best;
}

/** Drops stale entries until the first one is meant. */
function peek(state: SchedulerState, worker: WorkerRecord, queue: ReadyHeap): Place | undefined {
  while (queue.size > 0) {
    const id = queue.peek();
    const run = state.ids.runOf(id);
    if (run !== undefined && isQueuedAt(run, id - run.base, worker)) {
      return { run, t: id - run.base };
    }
    queue.pop();
  }
  return undefined;
}

/** Entries of a queue that may be stale, beside as many again as are meant. */
const staleMax = 1_024;

/** A run is gone: where most entries are stale now, they go at once and not one by one. */
export function dropStale(state: SchedulerState, worker: WorkerRecord): void {
  dropStaleOf(state, worker, worker.queue);
  if (worker.constrained.size === 0) return;
  for (const queue of worker.constrained.values()) dropStaleOf(state, worker, queue);
}

function dropStaleOf({ ids }: SchedulerState, worker: WorkerRecord, queue: ReadyHeap): void {
  if (queue.size <= 2 * worker.queuedCount + staleMax) return;
  queue.keep((id) => {
    const run = ids.runOf(id);
    return run !== undefined && isQueuedAt(run, id - run.base, worker);
  });
}

/** Whether a task is in the queue of a worker. */
export function isQueuedAt(run: Run, t: number, worker: WorkerRecord): boolean {
  return run.state[t] === queued && run.place[t] === worker.slot && (run.marks[t]! & isRoot) === 0;
}

function isBefore(a: Place, b: Place): boolean {
  if (a.run === b.run) return a.t < b.t;
  return a.run.priority === b.run.priority
    ? a.run.arrival < b.run.arrival
    : a.run.priority > b.run.priority;
}
