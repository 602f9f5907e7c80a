import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";

/** Tasks of a run that are ready all at once. */
export interface Backlog {
  readonly run: Run;
  readonly tasks: ArrayLike<number>;
  /** Those before it have been placed. */
  next: number;
}

/** Has ready tasks placed, as many at a time as nobody has to wait for. */
export function placeLater(state: SchedulerState, run: Run, tasks: ArrayLike<number>): void {
  if (tasks.length > 0) state.backlog.push({ run, tasks, next: 0 });
}

/**
 * Has the ready tasks of a run placed that were worked out anew: all that were to be placed before
 * are among them.
 */
export function placeAnew(state: SchedulerState, run: Run, tasks: readonly number[]): void {
  const { backlog, ready, settings } = state;
  const at = backlog.findIndex((each) => each.run === run);
  if (at >= 0) backlog.splice(at, 1);
  if (tasks.length > settings.placedAtOnce) placeLater(state, run, tasks);
  else for (const t of tasks) ready.push(run.base + t);
}

/** Takes as many tasks as can be placed with one event; runs with more take turns. */
export function takeBacklog({ backlog, ready, settings }: SchedulerState): void {
  let room = settings.placedAtOnce;
  while (room > 0) {
    const first = backlog.shift();
    if (first === undefined) return;
    const { run, tasks, next } = first;
    if (run.dropped) continue;
    first.next = Math.min(tasks.length, next + room);
    for (let n = next; n < first.next; n++) ready.push(run.base + (tasks[n] as number));
    room -= first.next - next;
    if (first.next < tasks.length) backlog.push(first);
  }
}

/** How many tasks are to be placed still. */
export function backlogCount({ backlog }: SchedulerState): number {
  let count = 0;
  for (const { run, tasks, next } of backlog) if (!run.dropped) count += tasks.length - next;
  return count;
}
