import type { TaskFailure } from "../messages/failure.ts";
import { settleCopiesOf } from "./copies.ts";
import { holds } from "./ready.ts";
import { leaveStaying } from "./retire.ts";
import { returnRoots } from "./roots.ts";
import type { Run } from "./run.ts";
import { hasStarted, isSuspect } from "./marks.ts";
import { nowhere } from "./run.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { findAttempt, outboxOf, setIdle, touchIdle, updateRich } from "./scheduler-state.ts";
import { memory, processing, queued, waiting } from "./states.ts";
import { fail, leaveWorker, setState } from "./tasks.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Names of workers that are gone are remembered, up to so many. */
const formerNamesMax = 1_024;

/** A worker is gone, with the values that it alone held and the tasks that it had. */
export function loseWorker(state: SchedulerState, worker: WorkerRecord, reason: string): void {
  const wasSolitary = worker.isSolitary;
  let tasks = 0;
  let values = 0;
  worker.isGone = true;
  state.workers.delete(worker.epoch);
  state.slots[worker.slot] = undefined;
  state.freeSlots.push(worker.slot);
  state.workerList.splice(state.workerList.indexOf(worker), 1);
  leaveStaying(state, worker);
  state.retiring.delete(worker);
  settleCopiesOf(state, worker);
  returnRoots(state, worker);
  worker.queuedCount = 0;
  updateRich(state, worker);
  setIdle(state, worker, false);
  for (const run of state.runs) {
    const { place } = run;
    const { slot } = worker;
    for (let t = place.indexOf(slot); t >= 0; t = place.indexOf(slot, t + 1)) {
      switch (run.state[t] as number) {
        case processing:
          tasks++;
          loseTask(state, run, t, worker, wasSolitary);
          break;
        case memory:
          loseHolder(state, run, t, slot);
          if (run.place[t] === nowhere) values++;
          break;
        case queued:
          state.stale.add(run);
          break;
        default:
          break;
      }
    }
    for (const [t, others] of run.replicas) dropReplica(run, t, others, slot);
    for (const known of run.gatherKnown.values()) known.delete(slot);
  }
  if (worker.activeCount > worker.threads) state.crowdedCount--;
  // Those with nothing to do look for what this one leaves.
  touchIdle(state, Infinity);
  const { name, epoch } = worker;
  rememberName(state, worker);
  const facts = { kind: "worker-left", worker: name, epoch, reason } as const;
  state.journal.note(state.nowMs, { ...facts, tasks, values });
}

/** What is told of a worker later names it by its epoch. */
function rememberName({ formerNames }: SchedulerState, { epoch, name }: WorkerRecord): void {
  formerNames.set(epoch, name);
  if (formerNames.size <= formerNamesMax) return;
  const [oldest] = formerNames.keys() as Iterable<number>;
  formerNames.delete(oldest as number);
}

/** An attempt ended with its worker; what it took nobody knows. */
function noteLost(state: SchedulerState, run: Run, t: number, { epoch }: WorkerRecord): void {
  const group = run.groupOf(t);
  group.lostCount++;
  const attempt = run.attempt[t] as number;
  const { attempts, nowMs } = state;
  attempts.note(run.base + t, attempt, run.arrival, group.number, epoch, nowMs, 0, "lost");
}

/**
 * A worker died with a task. It may have died of it where the task was known to have begun, or ran
 * alone, or may have begun unheard, which it cannot have where all threads were busy with others.
 * Such a task is a suspect and runs alone the next time; the last death that it is blamed for must
 * be a certain one.
 */
function loseTask(
  state: SchedulerState,
  run: Run,
  t: number,
  worker: WorkerRecord,
  wasSolitary: boolean,
): void {
  state.stale.add(run);
  noteLost(state, run, t, worker);
  const isCertain = wasSolitary || (run.marks[t]! & hasStarted) !== 0;
  // Who was sent away for something else did not die of its tasks.
  if (!worker.isDistrusted && (isCertain || worker.startedCount < worker.threads)) {
    run.deaths[t]!++;
    run.marks[t]! |= isSuspect;
    noteFailedOn(run, t, worker.name);
    noteKilled(run, t, worker);
    if (isCertain && (run.deaths[t] as number) >= state.settings.allowedFailures) {
      fail(state, run, t, failureOf(run, t, "killed", undefined));
      return;
    }
  }
  leaveWorker(state, run, t);
  setState(state, run, t, waiting);
}

/** Remembers that a task failed on a worker. */
export function noteFailedOn(run: Run, t: number, name: string): void {
  const names = run.failedOn.get(t);
  if (names === undefined) run.failedOn.set(t, [name]);
  else names.push(name);
}

/** Remembers that a worker died of a task, as it seems. */
function noteKilled(run: Run, t: number, { name, epoch }: WorkerRecord): void {
  run.killed.set(t, [...(run.killed.get(t) ?? []), { worker: name, epoch }]);
}

/** What the client is told of a task that failed for good. */
export function failureOf(
  run: Run,
  t: number,
  kind: TaskFailure["kind"],
  thrown: TaskFailure["thrown"],
): TaskFailure {
  const workers = run.failedOn.get(t) ?? [];
  const failure = { kind, key: run.keyOf(t), attempts: workers.length, workers, thrown };
  if (kind !== "killed") return failure;
  return { ...failure, deaths: run.killed.get(t)?.slice(-(run.deaths[t] as number)) ?? [] };
}

/** One worker fewer has a value; where none is left, the value is lost. */
export function loseHolder(state: SchedulerState, run: Run, t: number, worker: number): void {
  const others = run.replicas.get(t);
  if (run.place[t] !== worker) {
    if (others !== undefined) dropReplica(run, t, others, worker);
    return;
  }
  const next = others?.find((number) => number !== worker && state.slots[number] !== undefined);
  if (next !== undefined && others !== undefined) {
    run.place[t] = next;
    dropReplica(run, t, others, next);
    return;
  }
  run.place[t] = nowhere;
  run.replicas.delete(t);
  run.doneCount--;
  setState(state, run, t, waiting);
  state.stale.add(run);
  for (const id of run.aliases.get(t) ?? []) {
    const other = state.ids.runOf(id) as Run;
    if (other.state[id - other.base] !== memory) continue;
    setState(state, other, id - other.base, waiting);
    state.stale.add(other);
  }
}

function dropReplica(run: Run, t: number, others: number[], worker: number): void {
  const at = others.indexOf(worker);
  if (at >= 0) others.splice(at, 1);
  if (others.length === 0) run.replicas.delete(t);
}

/**
 * A value could not be had from a worker, named by its epoch, that was said to hold it. Gives the
 * task where nobody else has its value.
 */
export function missValue(
  state: SchedulerState,
  epoch: number,
  id: number,
  version: number,
): Place | undefined {
  const holder = state.workers.get(epoch);
  const found = findAttempt(state, id, version);
  if (holder === undefined || found?.run.state[found.t] !== memory) return undefined;
  // Another task missed it there before: its holder may be getting it anew by now.
  if (!holds(found.run, found.t, holder.slot)) return undefined;
  // It may be there after all and only out of reach: then it goes, so that nothing is forgotten.
  outboxOf(state, holder).free(id, version);
  loseValue(state, holder, id, version);
  return (found.run.state[found.t] as number) === memory ? undefined : found;
}

/** A value was found to be unreadable on the worker that holds it. */
export function loseValue(
  state: SchedulerState,
  worker: WorkerRecord,
  id: number,
  version: number,
): void {
  const found = findAttempt(state, id, version);
  if (found === undefined || found.run.state[found.t] !== memory) return;
  if (!holds(found.run, found.t, worker.slot)) return;
  const { arrival } = found.run;
  const key = found.run.keyOf(found.t);
  const facts = { kind: "value-lost", run: arrival, key, worker: worker.name } as const;
  state.journal.note(state.nowMs, facts);
  worker.storedBytes -= found.run.bytes[found.t] as number;
  loseHolder(state, found.run, found.t, worker.slot);
}
