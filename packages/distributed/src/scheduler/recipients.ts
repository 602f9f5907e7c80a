import { holds } from "./ready.ts";
import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { processing, queued } from "./states.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Workers that are compared: among so many there is one with room. */
const sampleMax = 32;
/** Readers of the value, and other inputs of each of them, that are looked at. */
const readersSeenMax = 4;

/**
 * The worker that is best to have a copy of a value: the one with most memory free, or one where a
 * task will read it, if that has half as much free. Undefined where there is none that stays, takes
 * tasks, has the value not and is open for it.
 */
export function recipientFor(
  state: SchedulerState,
  run: Run,
  t: number,
  isOpen: (worker: WorkerRecord) => boolean,
): WorkerRecord | undefined {
  const { staying } = state;
  const isFit = (worker: WorkerRecord): boolean =>
    !worker.isPaused && !holds(run, t, worker.slot) && isOpen(worker);
  let best: WorkerRecord | undefined;
  for (let seen = 0, fit = 0; seen < staying.length && fit < sampleMax; seen++) {
    const worker = staying[state.cursor++ % staying.length] as WorkerRecord;
    if (!isFit(worker)) continue;
    fit++;
    if (best === undefined || freeBytes(worker) > freeBytes(best)) best = worker;
  }
  if (best === undefined) return undefined;
  const enough = freeBytes(best) / 2;
  const near = readersOf(state, run, t).find(
    (worker) => isFit(worker) && freeBytes(worker) >= enough && !worker.isRetiring,
  );
  return near ?? best;
}

/** What a worker may still hold, with all that it was told to fetch. */
export function freeBytes({ memoryBytesMax, storedBytes, copyingBytes }: WorkerRecord): number {
  return memoryBytesMax - storedBytes - copyingBytes;
}

/** Where tasks that read a value are, or their other inputs: a few of these workers. */
function readersOf({ slots }: SchedulerState, run: Run, t: number): WorkerRecord[] {
  const { readers, inputs } = run.graph;
  const first = readers.offsets[t] as number;
  const end = Math.min(readers.offsets[t + 1] as number, first + readersSeenMax);
  const found: WorkerRecord[] = [];
  for (let e = first; e < end; e++) {
    const reader = readers.targets[e] as number;
    const isPlaced = run.state[reader] === queued || run.state[reader] === processing;
    const from = inputs.offsets[reader] as number;
    const to = Math.min(inputs.offsets[reader + 1] as number, from + readersSeenMax);
    const tasks = isPlaced ? [reader] : inputs.targets.subarray(from, to);
    for (const task of tasks) {
      const worker = slots[run.place[task] as number];
      if (worker !== undefined) found.push(worker);
    }
  }
  return found;
}
