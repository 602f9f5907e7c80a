import { placeAnew } from "./backlog.ts";
import { isGathering } from "./traits.ts";
import type { Run } from "./run.ts";
import { isWanted } from "./marks.ts";
import { nowhere } from "./run.ts";
import { deriveScattered } from "./scatter.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { sourceOf } from "./scheduler-state.ts";
import { erred, memory, parked, processing, queued, released, waiting } from "./states.ts";
import { cancel, forgetGathering, leaveQueue, retire, setState, usesSource } from "./tasks.ts";
import { tellFinished } from "./tell-client.ts";

/**
 * Works out anew, from what is certain, what the tasks of a run need: after values were lost, or
 * when failed tasks are tried again. Certain are the values in memory, the tasks that workers run,
 * what is wanted, and what has failed. All counters follow from these in two passes, backwards for
 * who is needed and forwards for who can run; nothing is patched. Cost: one visit a task and edge.
 */
function derive(state: SchedulerState, run: Run): void {
  countUses(state, run);
  const { offsets, targets } = run.graph.inputs;
  const ready: number[] = [];
  for (let t = 0; t < run.size; t++) {
    if (run.uses[t] === 0) {
      // Its inputs have not been counted for it, so nothing is to be taken back.
      retire(state, run, t);
      continue;
    }
    if (!readsInputs(run, t)) continue;
    if (run.sources.has(t)) {
      deriveAlias(state, run, t);
      continue;
    }
    if (run.isScattered) {
      deriveScattered(state, run, t);
      continue;
    }
    let missing = 0;
    for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
      const found = run.state[targets[e] as number];
      if (found !== memory) missing++;
      // It had run before its input failed, and now its own value is lost too.
      if (found === erred) state.settling.push(run.base + t);
    }
    run.waiting[t] = missing;
    if (deriveState(state, run, t, missing)) ready.push(t);
  }
  placeAnew(state, run, ready);
}

/** Works out anew all runs that are known to be stale. */
export function deriveStale(state: SchedulerState): void {
  const { stale } = state;
  while (stale.size > 0) {
    // A run stands for outputs of earlier ones only, so what it needs of them is known first.
    const run = [...stale].reduce((last, other) => (other.arrival > last.arrival ? other : last));
    stale.delete(run);
    if (!run.dropped) derive(state, run);
  }
}

/** Counts for each task those that read it and still have to, from the last task to the first. */
function countUses(state: SchedulerState, run: Run): void {
  const { offsets, targets } = run.graph.inputs;
  const { uses, marks } = run;
  uses.fill(0);
  for (const t of run.graph.wanted) if ((marks[t]! & isWanted) !== 0) uses[t] = 1;
  for (const [t, times] of run.reserved) uses[t]! += times;
  for (const [t, ids] of run.aliases) {
    for (const id of ids) {
      const other = state.ids.runOf(id) as Run;
      const alias = id - other.base;
      if (usesSource(other, alias)) uses[t]!++;
    }
  }
  for (let t = run.size - 1; t >= 0; t--) {
    if (uses[t] === 0 || !readsInputs(run, t)) continue;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) uses[targets[e] as number]!++;
  }
}

/** Whether a needed task is counted among the readers of its inputs. */
export function readsInputs(run: Run, t: number): boolean {
  switch (run.state[t] as number) {
    case memory:
      return ((run.graph.traits[t] as number) & isGathering) !== 0;
    case erred:
      return false;
    default:
      return true;
  }
}

/**
 * The state of a needed task that has no value, from the number of its inputs that have none; true
 * where it is to be placed.
 */
function deriveState(state: SchedulerState, run: Run, t: number, missing: number): boolean {
  switch (run.state[t] as number) {
    case memory:
      if (missing === 0) return false;
      forgetGathering(state, run, t);
      break;
    case processing:
      if (missing === 0) return false;
      // It would ask in vain for what was lost; if it has begun, it runs a second time.
      cancel(state, run, t);
      break;
    case queued:
      if (missing === 0 && isPlaced(state, run, t)) return false;
      leaveQueue(state, run, t);
      break;
    case parked:
      if (missing === 0) return false;
      run.parkedCount--;
      break;
    default:
      break;
  }
  setState(state, run, t, waiting);
  return missing === 0;
}

function isPlaced({ slots }: SchedulerState, run: Run, t: number): boolean {
  return run.place[t] === nowhere || slots[run.place[t] as number] !== undefined;
}

/** A task that stands for the output of another run: it is in memory when that is. */
function deriveAlias(state: SchedulerState, run: Run, t: number): void {
  const source = sourceOf(state, run, t);
  if (run.state[t] === released) {
    source.run.uses[source.t]!++;
    if (source.run.state[source.t] === released) state.stale.add(source.run);
  }
  setState(state, run, t, waiting);
  if (source.run.state[source.t] === erred) state.settling.push(run.base + t);
  if (source.run.state[source.t] !== memory) return;
  setState(state, run, t, memory);
  if ((run.marks[t]! & isWanted) !== 0) tellFinished(state, run, t);
}
