import { backlogCount } from "./backlog.ts";
import type { ProgramRecord } from "./programs.ts";
import { expectedOf } from "./programs.ts";
import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { runOfStranded } from "./stranded.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** What there is to do and who does it, as far as it says how many workers there should be. */
export interface SchedulerLoad {
  /** Tasks that run or could run now: so many threads have something to do. */
  readonly taskCount: number;
  /** What they are expected to take in all. */
  readonly workUs: number;
  /** Tasks and values of clients for which there is no worker here. */
  readonly strandedCount: number;
  readonly workers: readonly WorkerLoad[];
  /** Names of workers with actors, which would end with them. */
  readonly actorWorkers?: readonly string[] | undefined;
}

/** A worker and what it has to do. */
export interface WorkerLoad {
  readonly name: string;
  readonly threads: number;
  /** Tasks that it has been sent, that wait for it, or values that it fetches. */
  readonly taskCount: number;
  readonly storedBytes: number;
  readonly memoryBytesMax: number;
  readonly isRetiring: boolean;
}

/**
 * Adds up what there is to do. Cost: workers and runs are looked at, and no task but the first of a
 * group of them. What was cancelled in the middle of a group may count still.
 */
export function loadOf(state: SchedulerState): SchedulerLoad {
  forgetPlaced(state);
  const { workerList, rootRuns, staying, unplaced, suspects, unplacedScatters } = state;
  const elapsed = elapsedOf(state);
  let taskCount = suspects.length + backlogCount(state);
  let workUs = taskCount * state.settings.unknownTaskUs;
  const addRoots = (run: Run, next: number, end: number): number => {
    const count = run.dropped ? 0 : Math.max(0, end - next);
    if (count === 0) return 0;
    taskCount += count;
    workUs += count * guessUs(state, elapsed, run.programOf(run.roots[next] as number));
    return count;
  };
  const workers = workerList.map((worker): WorkerLoad => {
    const { rootRun, activeCount, queuedCount } = worker;
    const runUs = Math.min(activeCount, worker.threads) * elapsedUs(state, worker);
    taskCount += activeCount + queuedCount;
    workUs += Math.max(worker.activeUs, runUs) + worker.queuedUs;
    const rootCount =
      rootRun === undefined ? 0 : addRoots(rootRun, worker.rootsNext, worker.rootsEnd);
    return {
      name: worker.name,
      threads: worker.threads,
      taskCount: worker.sentCount + queuedCount + rootCount + worker.copyingCount,
      storedBytes: worker.storedBytes,
      memoryBytesMax: worker.memoryBytesMax,
      isRetiring: worker.isRetiring,
    };
  });
  for (const run of rootRuns) {
    addRoots(run, run.rootsTaken, run.rootsEnd);
    for (const { next, end } of run.spareRoots) addRoots(run, next, end);
  }
  // With workers here, those are tasks that more workers of the same kind could not run either.
  if (staying.length === 0) {
    taskCount += unplaced.length;
    workUs += unplaced.length * state.settings.unknownTaskUs;
  }
  return { taskCount, workUs, strandedCount: unplaced.length + unplacedScatters.length, workers };
}

/** How long a worker has ended nothing while it had something to do. */
function elapsedUs({ nowMs }: SchedulerState, { activeCount, lastDoneMs }: WorkerRecord): number {
  return activeCount === 0 ? 0 : (nowMs - lastDoneMs) * 1000;
}

/** By the number of a program, how long a worker that was sent it last has ended nothing. */
function elapsedOf(state: SchedulerState): ReadonlyMap<number, number> {
  const longest = new Map<number, number>();
  for (const worker of state.workerList) {
    const us = Math.max(elapsedUs(state, worker), longest.get(worker.lastProgram) ?? 0);
    longest.set(worker.lastProgram, us);
  }
  return longest;
}

/** What a task takes; before one like it has ended, at least as long as one has run already. */
function guessUs(
  { settings }: SchedulerState,
  elapsed: ReadonlyMap<number, number>,
  program: ProgramRecord,
): number {
  const us = expectedOf(program, settings.unknownTaskUs);
  return Number.isNaN(program.meanUs) ? Math.max(us, elapsed.get(program.number) ?? 0) : us;
}

/** Takes tasks off the end of the list of those without a worker that do not wait any more. */
function forgetPlaced(state: SchedulerState): void {
  const { unplaced } = state;
  for (let last = unplaced.at(-1); last !== undefined; last = unplaced.at(-1)) {
    if (runOfStranded(state, last) !== undefined) return;
    unplaced.pop();
  }
}
