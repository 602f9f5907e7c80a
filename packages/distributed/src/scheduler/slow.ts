import { processing } from "./states.ts";
import type { SchedulerState } from "./scheduler-state.ts";

/** A task is slow that takes so many times the median of its group. */
const medians = 5;
/** Of fewer tasks of a group nobody knows what is usual … */
const doneMin = 5;
/** … and any is slow that keeps a thread for so long. */
const unknownMs = 60_000;
/** Between two looks at the tasks that run, milliseconds. */
const lookEveryMs = 2_000;

/**
 * Tells of tasks that have run for `slowWarnMs` and for five times the median of their group, or
 * for a minute where nothing is known of that, once of each attempt. Cost: those that have run for
 * so long are looked at.
 */
export function lookForSlow(state: SchedulerState): void {
  const { nowMs, settings, started, ids, journal } = state;
  state.slowLookMs = nowMs + lookEveryMs;
  // In the order in which they began.
  for (const [id, sinceMs] of started) {
    const tookMs = nowMs - sinceMs;
    if (tookMs < settings.slowWarnMs) return;
    const run = ids.runOf(id);
    const t = id - (run?.base ?? 0);
    const worker = state.slots[run?.place[t] ?? 0];
    if (run?.state[t] !== processing || worker === undefined) {
      started.delete(id);
      continue;
    }
    const { doneCount, medianUs, name: group } = run.groupOf(t);
    const medianMs = medianUs / 1_000;
    if (tookMs < (doneCount < doneMin ? unknownMs : medians * medianMs)) continue;
    started.delete(id);
    const key = run.keyOf(t);
    const times = { tookMs: Math.round(tookMs), medianMs: Math.round(medianMs) };
    const facts = { worker: worker.name, key, group, ...times };
    state.instructions.push({ kind: "warn", event: "a task takes long", facts });
    journal.note(nowMs, {
      kind: "task-slow",
      run: run.arrival,
      worker: worker.name,
      key,
      ...times,
    });
  }
}
