import { isRoot } from "./run.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { updateRich, updateRootRuns } from "./scheduler-state.ts";
import { queued } from "./states.ts";
import { leaveQueue } from "./tasks.ts";
import type { RootInterval, WorkerRecord } from "./worker-record.ts";

/**
 * The next root for a worker: out of its own part of a run's roots, or out of a new part that it
 * takes. Parts are consecutive, so that tasks whose results are wanted together meet on one worker.
 */
export function takeRoot(state: SchedulerState, worker: WorkerRecord): Place | undefined {
  for (;;) {
    const { interval } = worker;
    if (interval === undefined) {
      if (!claim(state, worker)) return undefined;
      continue;
    }
    const t = nextOf(interval);
    if (t < 0) {
      worker.interval = undefined;
      updateRich(state, worker);
      continue;
    }
    updateRich(state, worker);
    leaveQueue(state, interval.run, t);
    return { run: interval.run, t };
  }
}

/** The next task of an interval that still is a root to be run, or -1 at its end. */
function nextOf(interval: RootInterval): number {
  const { run } = interval;
  while (!run.dropped && interval.next < interval.end) {
    const t = run.roots[interval.next++] as number;
    if (run.state[t] === queued && (run.marks[t]! & isRoot) !== 0) return t;
  }
  return -1;
}

/** Gives a worker a part of the free roots of the most urgent run that has any. */
function claim(state: SchedulerState, worker: WorkerRecord): boolean {
  const run = state.rootRuns[0];
  if (run === undefined) return false;
  const spare = run.spareRoots.pop();
  if (spare !== undefined) worker.interval = { run, ...spare };
  else {
    // One part for each, as large as its threads; who is done earlier takes half of another's.
    const share = Math.ceil((run.rootsEnd * worker.threads) / state.threadCount);
    const size = Math.min(run.rootsEnd - run.rootsTaken, share);
    const next = run.rootsTaken;
    run.rootsTaken = next + size;
    worker.interval = { run, next, end: next + size };
  }
  updateRootRuns(state, run);
  updateRich(state, worker);
  return true;
}

/**
 * Takes the back half of another worker's part of the roots; false where that has fewer than two.
 */
export function takeHalf(
  state: SchedulerState,
  worker: WorkerRecord,
  victim: WorkerRecord,
): boolean {
  const { interval } = victim;
  if (interval === undefined || interval.run.dropped) return false;
  const left = interval.end - interval.next;
  if (left < 1) return false;
  const end = interval.end;
  interval.end -= Math.ceil(left / 2);
  worker.interval = { run: interval.run, next: interval.end, end };
  updateRich(state, victim);
  updateRich(state, worker);
  return true;
}

/** A worker is gone: its part of the roots is free again. */
export function returnRoots(state: SchedulerState, worker: WorkerRecord): void {
  const { interval } = worker;
  worker.interval = undefined;
  if (interval === undefined || interval.run.dropped || interval.next >= interval.end) return;
  interval.run.spareRoots.push({ next: interval.next, end: interval.end });
  updateRootRuns(state, interval.run);
}
