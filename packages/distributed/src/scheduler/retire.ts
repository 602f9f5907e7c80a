import { isGathering } from "./traits.ts";
import type { CopyItem, CopyWork } from "./copies.ts";
import { newCopyWork, pumpCopies } from "./copies.ts";
import { stayingHolders } from "./holders.ts";
import { holds, placeReady } from "./ready.ts";
import type { ReadyHeap } from "./ready-heap.ts";
import { returnRoots } from "./roots.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { expectStranded, outboxOf, setIdle, touchIdle, updateRich } from "./scheduler-state.ts";
import { memory, processing, waiting } from "./states.ts";
import { cancel, leaveQueue, setState } from "./tasks.ts";
import type { WorkerRecord } from "./worker-record.ts";
import { isQueuedAt } from "./worker-queue.ts";

/** A worker that wants to go: what it has is handed over. */
export interface Retirement {
  readonly worker: WorkerRecord;
  /** The values that it alone has. */
  readonly work: CopyWork;
  /** Its time is up: what nobody can take is lost. */
  hurry: boolean;
  /** Its values were looked through when it had no task left. */
  isScanned: boolean;
  /** When to try again, where nobody could take values. */
  retryMs: number;
}

/** How long a worker that can hand over nothing waits before it tries again. */
export const retireRetryMs = 1_000;

/**
 * A worker wants to go. It gets nothing new; what is queued for it goes elsewhere, what it has
 * begun it may end, unless there is no time for that. Nobody is to blame for any of it.
 */
export function retireWorker(state: SchedulerState, worker: WorkerRecord, hurry: boolean): void {
  let retirement = state.retiring.get(worker);
  if (retirement === undefined) {
    // It was told to go.
    if (worker.isRetiring) return;
    retirement = { worker, work: newCopyWork(), hurry, isScanned: false, retryMs: -Infinity };
    state.retiring.set(worker, retirement);
    leaveStaying(state, worker);
    returnRoots(state, worker);
    returnQueue(state, worker, worker.queue);
    for (const queue of worker.constrained.values()) returnQueue(state, worker, queue);
    updateRich(state, worker);
    setIdle(state, worker, false);
    touchIdle(state, Infinity);
    if (worker.sentCount > 0) outboxOf(state, worker).recall(true);
    retirement.work.queue = valuesOnlyOn(state, worker);
  }
  if (!hurry) return;
  retirement.hurry = true;
  retirement.retryMs = -Infinity;
  returnTasks(state, worker);
}

/** Nothing is placed on a worker any more. */
export function leaveStaying(state: SchedulerState, worker: WorkerRecord): void {
  if (worker.isRetiring) return;
  worker.isRetiring = true;
  state.staying.splice(state.staying.indexOf(worker), 1);
  state.threadCount -= worker.threads;
  if (state.staying.length === 0) {
    state.desertedMs = state.nowMs;
    expectStranded(state);
  }
  if (worker.isDraining) {
    worker.isDraining = false;
    state.drainingCount--;
  }
  state.suitable.clear();
}

/** What is queued for a worker is placed anew. */
function returnQueue(state: SchedulerState, worker: WorkerRecord, queue: ReadyHeap): void {
  const ids = Array.from({ length: queue.size }, (_, n) => queue.at(n));
  for (const id of ids) {
    const run = state.ids.runOf(id);
    if (run === undefined || !isQueuedAt(run, id - run.base, worker)) continue;
    leaveQueue(state, run, id - run.base);
    setState(state, run, id - run.base, waiting);
    state.ready.push(id);
  }
}

/** What a worker runs is begun anew elsewhere. Cost: all tasks are looked at. */
function returnTasks(state: SchedulerState, worker: WorkerRecord): void {
  if (worker.sentCount === 0) return;
  for (const run of state.runs) {
    for (let t = 0; t < run.size; t++) {
      if (run.place[t] !== worker.slot || run.state[t] !== processing) continue;
      cancel(state, run, t);
      setState(state, run, t, waiting);
      state.ready.push(run.base + t);
    }
  }
}

/**
 * The values that nobody has but workers that go, this one among them; the largest first. Cost: all
 * tasks are looked at.
 */
function valuesOnlyOn(state: SchedulerState, { slot }: WorkerRecord): CopyItem[] {
  const found: { readonly item: CopyItem; readonly bytes: number }[] = [];
  for (const run of state.runs) {
    for (let t = 0; t < run.size; t++) {
      if (run.state[t] !== memory || !holds(run, t, slot)) continue;
      const isOwn = (run.graph.traits[t]! & isGathering) === 0 && !run.sources.has(t);
      if (!isOwn || stayingHolders(state, run, t) > 0) continue;
      const name = { id: run.base + t, version: run.attempt[t] as number };
      const item = { ...name, copies: 1, to: undefined, tried: new Set<number>() };
      found.push({ item, bytes: run.bytes[t] as number });
    }
  }
  return found.toSorted((a, b) => b.bytes - a.bytes).map(({ item }) => item);
}

/** Goes on with all workers that want to go. */
export function handOver(state: SchedulerState): void {
  if (state.retiring.size === 0) return;
  // What cannot run without them fails first: its inputs need not be copied.
  placeReady(state);
  for (const retirement of state.retiring.values()) {
    pumpCopies(state, retirement.work);
    advance(state, retirement);
  }
}

/** When all that was found is handed over, looks for more; tells the worker when there is none. */
function advance(state: SchedulerState, retirement: Retirement): void {
  const { worker, work } = retirement;
  while (work.queue.length + work.movingCount === 0 && worker.sentCount === 0) {
    if (work.stuck.length > 0) {
      work.stuck = [];
      if (retirement.isScanned && retirement.hurry) {
        // Some that were stuck may be needed no longer by now.
        letWorkerGo(state, retirement, valuesOnlyOn(state, worker).length);
        return;
      }
      retirement.retryMs = retirement.hurry ? state.nowMs : state.nowMs + retireRetryMs;
    }
    if (state.nowMs < retirement.retryMs) return;
    retirement.isScanned = true;
    work.copied = [];
    work.queue = valuesOnlyOn(state, worker);
    if (work.queue.length === 0) {
      letWorkerGo(state, retirement, 0);
      return;
    }
    pumpCopies(state, work);
  }
}

function letWorkerGo(state: SchedulerState, { worker }: Retirement, lost: number): void {
  state.retiring.delete(worker);
  outboxOf(state, worker).retired(lost);
}

/** There may be somebody now who can take what nobody could. */
export function stirRetirements({ retiring }: SchedulerState): void {
  for (const retirement of retiring.values()) retirement.retryMs = -Infinity;
}
