import { suits } from "./rules.ts";
import { isSuspect } from "./marks.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { setIdle, touch } from "./scheduler-state.ts";
import { parked } from "./states.ts";
import type { WorkerRecord } from "./worker-record.ts";

/**
 * Tasks that were with a worker when it died may be what it died of. Each runs alone on its worker
 * the next time: if that one dies too, there is no doubt, and nobody else is harmed. Workers are
 * kept free for them, at most every second one.
 */
export function drainForSuspects(state: SchedulerState): void {
  const { suspects, staying } = state;
  if (suspects.length === 0 && state.drainingCount === 0) return;
  for (let n = suspects.length - 1; n >= 0; n--) {
    if (findSuspect(state, suspects[n] as number) === undefined) suspects.splice(n, 1);
  }
  const wanted = Math.min(suspects.length, Math.max(1, Math.floor(staying.length / 2)));
  const useless = staying.filter((worker) => worker.isDraining && !suitsSome(state, worker));
  for (const worker of useless) setDraining(state, worker, false);
  const solitary = staying.filter((worker) => worker.isDraining);
  for (const worker of solitary.slice(wanted)) setDraining(state, worker, false);
  if (solitary.length >= wanted) return;
  const free = staying
    .filter((worker) => !worker.isDraining && !worker.isPaused && suitsSome(state, worker))
    .toSorted((a, b) => a.sentCount - b.sentCount);
  for (const worker of free.slice(0, wanted - solitary.length)) setDraining(state, worker, true);
}

function setDraining(state: SchedulerState, worker: WorkerRecord, isDraining: boolean): void {
  worker.isDraining = isDraining;
  state.drainingCount += isDraining ? 1 : -1;
  setIdle(state, worker, false);
  touch(state, worker);
}

function findSuspect({ ids }: SchedulerState, id: number): Place | undefined {
  const run = ids.runOf(id);
  if (run === undefined) return undefined;
  const t = id - run.base;
  const isMeant = run.state[t] === parked && (run.marks[t]! & isSuspect) !== 0 && t < run.limit;
  return isMeant ? { run, t } : undefined;
}

function suitsSome(state: SchedulerState, worker: WorkerRecord): boolean {
  return state.suspects.some((id) => {
    const found = findSuspect(state, id);
    return found !== undefined && suits(found.run.ruleOf(found.t), worker);
  });
}

/** A task to run alone on a worker that has nothing else. */
export function takeSuspect(state: SchedulerState, worker: WorkerRecord): Place | undefined {
  const { suspects } = state;
  for (let n = 0; n < suspects.length; n++) {
    const found = findSuspect(state, suspects[n] as number);
    if (found === undefined || !suits(found.run.ruleOf(found.t), worker)) continue;
    suspects.splice(n, 1);
    found.run.parkedCount--;
    worker.isSolitary = true;
    return found;
  }
  return undefined;
}
