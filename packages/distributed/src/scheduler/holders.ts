import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** The workers that have the value of a task in memory. */
export function holdersOf({ slots }: SchedulerState, run: Run, t: number): WorkerRecord[] {
  const numbers = [run.place[t] as number, ...(run.replicas.get(t) ?? [])];
  return numbers.map((slot) => slots[slot] as WorkerRecord);
}

/** How many of the workers that have a value stay. */
export function stayingHolders(state: SchedulerState, run: Run, t: number): number {
  return holdersOf(state, run, t).filter(({ isRetiring }) => !isRetiring).length;
}
