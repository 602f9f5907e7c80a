import { canStart } from "./rules.ts";
import { takeHalf, takeRoot } from "./roots.ts";
import { enqueue, expectsWork, transferUs } from "./ready.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { leaveQueue } from "./tasks.ts";
import type { ReadyHeap } from "./ready-heap.ts";
import { isQueuedAt, peekQueue } from "./worker-queue.ts";
import type { WorkerRecord } from "./worker-record.ts";
import { nearbyMax } from "./worker-record.ts";

/** Workers that are asked, and queued tasks of all of them that are looked at, in one search. */
const victimsMax = 8;
const entriesMax = 16;
/** Tasks that move at once. */
const stolenMax = 64;
/**
 * How long a worker that expects work of its own waits for it, in times that a task takes: before
 * it takes one that it has inputs of …
 */
const nearWaits = 1 / 4;
/** … and, times what the task would wait, one that it has none of. */
const farWaits = 12;
/**
 * But no longer than so many times what would be fetched more than where the task is: many times,
 * since whoever reads the value is likely to fetch as well, and the network is everybody's.
 */
const fetchWeight = 400;

/**
 * Work for a worker that has none, out of what waits for another one. All that is here and not with
 * a worker can move, without asking anybody: tasks that the worker has inputs of, a half of
 * somebody's roots, or queued tasks of the least urgency. A task moves only where that brings it
 * forward: where fetching its inputs takes less time than it would wait. Who takes a task runs it
 * next, so nothing is passed on and on. Who expects work of its own is in no hurry: what it takes
 * from afar makes others fetch, too.
 */
export function steal(state: SchedulerState, worker: WorkerRecord): Place | undefined {
  const idleUs = worker.idleAt < 0 ? 0 : 1000 * (state.nowMs - worker.idleSinceMs);
  const waits = idleUs < worker.patienceUs && expectsWork(state, worker);
  const search = { worker, idleUs, waits, budget: entriesMax };
  const near = takeNearby(state, search);
  if (near !== undefined) return near;
  const { rich } = state;
  for (let n = Math.min(rich.length, victimsMax); n > 0; n--) {
    const victim = rich[state.cursor++ % rich.length];
    if (victim === undefined || victim === worker) continue;
    if (stealQueued(state, search, victim)) {
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

interface Search {
  readonly worker: WorkerRecord;
  /** How long the worker has had nothing to do. */
  readonly idleUs: number;
  /** Whether it is likely to get work without taking any, and has patience left. */
  readonly waits: boolean;
  /** Queued tasks that may still be looked at without taking them. */
  budget: number;
}

/** One of the tasks that went to others though the worker has inputs of them, the last first. */
function takeNearby(state: SchedulerState, { worker, idleUs, waits }: Search): Place | undefined {
  const { nearby, nearbyCount } = worker;
  for (let n = 1; n <= nearby.length; n++) {
    const id = nearby[(nearbyCount - n) % nearbyMax] as number;
    const run = state.ids.runOf(id);
    if (run === undefined) continue;
    const t = id - run.base;
    const victim = state.slots[run.place[t] as number];
    if (victim === undefined || victim === worker || !isQueuedAt(run, t, victim)) continue;
    const rule = run.ruleOf(t);
    if (rule.isConstrained && !canStart(rule, worker)) continue;
    const place = { run, t };
    const fetchUs = transferUs(state, run, t, worker);
    if (fetchUs >= victim.waitUs(state.nowMs)) continue;
    if (waits && idleUs < waitMaxUs(state, place, victim, fetchUs, nearWaits)) continue;
    leaveQueue(state, run, t);
    return place;
  }
  return undefined;
}

/**
 * The most that a worker waits before it takes a task whose inputs it fetches in `fetchUs`, if it
 * may so many times what the task takes.
 */
function waitMaxUs(
  state: SchedulerState,
  { run, t }: Place,
  victim: WorkerRecord,
  fetchUs: number,
  waits: number,
): number {
  const moreUs = fetchUs - transferUs(state, run, t, victim);
  return Math.min(waits * (run.expectedUs[t] as number), fetchWeight * moreUs);
}

/** Whether a worker leaves a task that it has no inputs of where it is, for a while. */
function waitsOn(
  state: SchedulerState,
  place: Place,
  victim: WorkerRecord,
  fetchUs: number,
  idleUs: number,
): boolean {
  const maxUs = waitMaxUs(state, place, victim, fetchUs, farWaits);
  const takesUs = place.run.expectedUs[place.t] as number;
  return idleUs * victim.waitUs(state.nowMs) < takesUs * maxUs;
}

/** Moves queued tasks from one worker to another, at most half of them; false where none did. */
function stealQueued(state: SchedulerState, search: Search, victim: WorkerRecord): boolean {
  if (victim.queuedCount === 0) return false;
  // Nearly all that is queued reads something that would have to be fetched: it is quicker there.
  if (victim.waitUs(state.nowMs) < state.settings.transferUs) return false;
  const most = Math.min(Math.ceil(victim.queuedCount / 2), stolenMax);
  let left = stealFrom(state, search, victim, victim.queue, most);
  for (const [rule, queue] of victim.constrained) {
    if (!canStart(rule, search.worker)) continue;
    left = stealFrom(state, search, victim, queue, left);
  }
  return left < most;
}

/** Moves up to `left` tasks of one queue; gives how many more may move. */
function stealFrom(
  state: SchedulerState,
  search: Search,
  victim: WorkerRecord,
  queue: ReadyHeap,
  left: number,
): number {
  const { worker } = search;
  // The last entries of a heap are not the least urgent, but none of the most urgent is there.
  for (let n = queue.size - 1; n >= 0 && left > 0 && search.budget > 0; n--) {
    // Every task that leaves may empty the queue.
    if (n >= queue.size) continue;
    const id = queue.at(n);
    const run = state.ids.runOf(id);
    if (run === undefined || !isQueuedAt(run, id - run.base, victim)) {
      // Left there it would hide others from every search.
      queue.remove(n);
      continue;
    }
    const place = { run, t: id - run.base };
    search.budget--;
    const fetchUs = transferUs(state, run, place.t, worker);
    if (fetchUs >= victim.waitUs(state.nowMs)) continue;
    if (search.waits && waitsOn(state, place, victim, fetchUs, search.idleUs)) continue;
    queue.remove(n);
    leaveQueue(state, run, place.t);
    enqueue(state, run, place.t, worker);
    left--;
    search.budget++;
  }
  return left;
}
