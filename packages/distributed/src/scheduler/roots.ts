import type { Run } from "./run.ts";
import { isRoot } from "./marks.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { empty, updateRich, updateRootRuns } from "./scheduler-state.ts";
import { queued } from "./states.ts";
import { leaveQueue } from "./tasks.ts";
import type { WorkerRecord } from "./worker-record.ts";

/**
 * The next root for a worker: out of its own part of a run's roots, or out of a new part that it
 * takes. Parts are consecutive, so that tasks whose results are wanted together meet on one worker.
 */
export function takeRoot(state: SchedulerState, worker: WorkerRecord): Place | undefined {
  for (;;) {
    const run = worker.rootRun;
    if (run === undefined) {
      if (!claim(state, worker)) return undefined;
      continue;
    }
    const t = nextOf(worker, run);
    if (t < 0) worker.rootRun = undefined;
    updateRich(state, worker);
    if (t < 0) continue;
    leaveQueue(state, run, t);
    return { run, t };
  }
}

/** The next task of a worker's part that still is a root to be run, or -1 at its end. */
function nextOf(worker: WorkerRecord, run: Run): number {
  while (!run.dropped && worker.rootsNext < worker.rootsEnd) {
    const t = run.roots[worker.rootsNext++] as number;
    if (isFree(run, t)) return t;
  }
  return -1;
}

function isFree(run: Run, t: number): boolean {
  return run.state[t] === queued && (run.marks[t]! & isRoot) !== 0;
}

/** The roots of a run that no worker has. */
export function freeRoots(run: Run): readonly number[] {
  const parts = [{ next: run.rootsTaken, end: run.rootsEnd }, ...run.spareRoots];
  return parts.flatMap(({ next, end }) =>
    Array.from(run.roots.subarray(next, end)).filter((t) => isFree(run, t)),
  );
}

/** No worker takes any of them any more. */
export function forgetRoots(state: SchedulerState, run: Run): void {
  run.rootsTaken = run.rootsEnd;
  empty(run.spareRoots);
  updateRootRuns(state, run);
}

function give(worker: WorkerRecord, run: Run, next: number, end: number): void {
  worker.rootRun = run;
  worker.rootsNext = next;
  worker.rootsEnd = end;
}

/**
 * How many of the roots a worker with so many of all threads takes. Where values meet, each gets
 * one part of its size, and who is done earlier takes half of another's; where none do, half of
 * that and half again, so that little has to be taken at the end.
 */
function partSize(
  { graph, rootsEnd, rootsTaken }: Run,
  threads: number,
  threadCount: number,
): number {
  const left = rootsEnd - rootsTaken;
  const valuesMeet = graph.inputs.targets.length > 0;
  return valuesMeet
    ? Math.min(left, Math.ceil((rootsEnd * threads) / threadCount))
    : Math.max(1, Math.floor((left * threads) / (2 * threadCount)));
}

/** Gives a worker a part of the free roots of the most urgent run that has any. */
function claim(state: SchedulerState, worker: WorkerRecord): boolean {
  const run = state.rootRuns[0];
  if (run === undefined) return false;
  const spare = run.spareRoots.pop();
  if (spare !== undefined) give(worker, run, spare.next, spare.end);
  else {
    const size = partSize(run, worker.threads, state.threadCount);
    const next = run.rootsTaken;
    run.rootsTaken = next + size;
    give(worker, run, next, next + size);
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
  const run = victim.rootRun;
  if (run === undefined || run.dropped) return false;
  const end = victim.rootsEnd;
  const left = end - victim.rootsNext;
  if (left < 1) return false;
  victim.rootsEnd -= Math.ceil(left / 2);
  give(worker, run, victim.rootsEnd, end);
  updateRich(state, victim);
  updateRich(state, worker);
  return true;
}

/** A worker is gone: its part of the roots is free again. */
export function returnRoots(state: SchedulerState, worker: WorkerRecord): void {
  const { rootRun: run, rootsNext: next, rootsEnd: end } = worker;
  worker.rootRun = undefined;
  if (run === undefined || run.dropped || next >= end) return;
  run.spareRoots.push({ next, end });
  updateRootRuns(state, run);
}
