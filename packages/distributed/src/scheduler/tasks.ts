import type { TaskFailure } from "../messages/failure.ts";
import { isGathering } from "./traits.ts";
import { noteAttempt } from "./groups.ts";
import { noteDuration } from "./programs.ts";
import { useResources } from "./rules.ts";
import type { Run } from "./run.ts";
import { hasStarted, isAwaiting, isRoot, isSuspect, isWanted } from "./marks.ts";
import { nowhere } from "./run.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { outboxOf, sourceOf, touch, updateRich } from "./scheduler-state.ts";
import {
  erred,
  isAllowed,
  memory,
  parked,
  processing,
  queued,
  released,
  stateCount,
  stateNames,
  waiting,
} from "./states.ts";
import { tellFailed, tellFinished } from "./tell-client.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Changes the state of a task and notes it in the story. Counts of states are the caller's. */
export function setState(state: SchedulerState, run: Run, t: number, to: number): void {
  const from = run.state[t] as number;
  if (from === to) return;
  if (state.settings.checked && !isAllowed(from, to)) {
    const change = `${stateNames[from]} to ${stateNames[to]}`;
    throw new Error(`no such change of state: ${change}, task ${run.keyOf(t)}`);
  }
  run.state[t] = to;
  const row = (run.graph.program[t] as number) * stateCount;
  run.counts[row + from]!--;
  run.counts[row + to]!++;
  const worker = state.slots[run.place[t] as number]?.epoch ?? -1;
  state.story.note(state.nowMs, run.base + t, from, to, run.attempt[t] as number, worker);
}

/** Takes a queued task out of its queue; its entry there is stale from now on. */
export function leaveQueue(state: SchedulerState, run: Run, t: number): void {
  run.marks[t]! &= ~isRoot;
  const worker = state.slots[run.place[t] as number];
  run.place[t] = nowhere;
  if (worker === undefined) return;
  worker.queuedCount--;
  worker.queuedUs -= run.expectedUs[t] as number;
  if (worker.queuedCount > 0) return;
  // The sum starts anew, without the errors of rounding, and stale entries are dropped.
  worker.queuedUs = 0;
  worker.queue.clear();
  if (worker.constrained.size > 0) worker.constrained.clear();
  updateRich(state, worker);
}

/** A task that was sent to a worker is there no more: its slot and resources are free. */
export function leaveWorker(state: SchedulerState, run: Run, t: number): void {
  const worker = state.slots[run.place[t] as number];
  const marks = run.marks[t] as number;
  run.marks[t]! &= ~(hasStarted | isAwaiting);
  run.place[t] = nowhere;
  run.runningCount--;
  if ((marks & hasStarted) !== 0) state.started.delete(run.base + t);
  if (worker === undefined) return;
  worker.sentCount--;
  if ((marks & isAwaiting) === 0) {
    freeSlot(state, worker, run, t);
    if ((marks & hasStarted) !== 0) worker.startedCount--;
  }
  if (worker.sentCount === 0) worker.isSolitary = false;
  const rule = run.ruleOf(t);
  if (rule.resources.size > 0) useResources(rule, worker, 1);
  touch(state, worker);
}

/** A task takes no thread of its worker: it has ended, or waits. */
export function freeSlot(state: SchedulerState, worker: WorkerRecord, run: Run, t: number): void {
  if (worker.activeCount-- === worker.threads + 1) state.crowdedCount--;
  worker.activeUs = worker.activeCount === 0 ? 0 : worker.activeUs - (run.expectedUs[t] as number);
}

/** A worker has made the value of a task. */
export function finish(
  state: SchedulerState,
  run: Run,
  t: number,
  bytes: number,
  us: number,
): void {
  const worker = state.slots[run.place[t] as number] as WorkerRecord;
  leaveWorker(state, run, t);
  noteDuration(run.programOf(t), us);
  const group = run.groupOf(t);
  noteAttempt(group, "doneCount", us);
  group.madeBytes += bytes;
  run.place[t] = worker.slot;
  const { offsets } = run.graph.readers;
  if (offsets[t] !== offsets[t + 1]) worker.noteMade(run.base + t, us);
  run.bytes[t] = bytes;
  if (run.failedOn.size > 0) forgive(run, t);
  run.doneCount++;
  worker.storedBytes += run.bytes[t];
  setState(state, run, t, memory);
  dropInputs(state, run, t);
  announce(state, run, t);
}

/** What went wrong with a task does not count any more when it has run well. */
function forgive(run: Run, t: number): void {
  run.deaths[t] = 0;
  run.failures[t] = 0;
  run.marks[t]! &= ~isSuspect;
}

/** A value is in memory now: tells all who wait for it. */
export function announce(state: SchedulerState, run: Run, t: number): void {
  if (((run.marks[t] as number) & isWanted) !== 0) tellFinished(state, run, t);
  const { offsets, targets } = run.graph.readers;
  const end = offsets[t + 1] as number;
  for (let e = offsets[t] as number; e < end; e++) {
    const reader = targets[e] as number;
    if (run.state[reader] !== waiting) continue;
    if (--run.waiting[reader]! === 0) state.ready.push(run.base + reader);
  }
  const aliases = run.aliases.get(t);
  if (aliases !== undefined) for (const id of aliases) settle(state, id);
  if (run.uses[t] === 0) letGo(state, run, t);
}

/** A waiting task follows what it stands for, or fails with an input that has failed. */
export function settle(state: SchedulerState, id: number): void {
  const run = state.ids.runOf(id);
  if (run === undefined || run.state[id - run.base] !== waiting) return;
  const t = id - run.base;
  const failure = run.sources.has(t)
    ? failureAt(sourceOf(state, run, t))
    : run.graph.inputs.targets
        .subarray(run.graph.inputs.offsets[t], run.graph.inputs.offsets[t + 1])
        .reduce<TaskFailure | undefined>(
          (found, i) => found ?? failureAt({ run, t: i }),
          undefined,
        );
  if (failure !== undefined) fail(state, run, t, failure);
  else if (run.sources.has(t)) {
    setState(state, run, t, memory);
    announce(state, run, t);
  }
}

/** Why a task failed, by itself or with something that it reads. */
function failureAt({ run, t }: Place): TaskFailure | undefined {
  return run.failed.get(run.blamed.get(t) ?? t);
}

/** A task needs its inputs no more: it has run, or will not. */
export function dropInputs(state: SchedulerState, run: Run, t: number): void {
  const { offsets, targets } = run.graph.inputs;
  const end = offsets[t + 1] as number;
  for (let e = offsets[t] as number; e < end; e++) dropUse(state, run, targets[e] as number);
}

/** One reader fewer needs a task. */
export function dropUse(state: SchedulerState, run: Run, t: number): void {
  if (--run.uses[t]! === 0) letGo(state, run, t);
}

/**
 * Nobody needs a task any more: its value goes, or it will not run, and what it reads is needed by
 * one reader fewer. Walks on without recursion inside the run; what is too much for one event is
 * put aside.
 */
export function letGo(state: SchedulerState, run: Run, first: number): void {
  const { offsets, targets } = run.graph.inputs;
  // Most let go of nothing else.
  let stack: number[] | undefined;
  for (let t: number | undefined = first; t !== undefined; t = stack?.pop()) {
    if (state.lettingRoom-- <= 0) {
      state.unneeded.push(run.base + t);
      continue;
    }
    const holdsInputs = retire(state, run, t);
    if (!holdsInputs) continue;
    const end = offsets[t + 1] as number;
    for (let e = offsets[t] as number; e < end; e++) {
      const input = targets[e] as number;
      if (--run.uses[input]! === 0) (stack ??= []).push(input);
    }
  }
}

/** Makes a task that nobody needs `released`; tells whether it was counted among those who read. */
export function retire(state: SchedulerState, run: Run, t: number): boolean {
  switch (run.state[t] as number) {
    case memory: {
      const gathers = ((run.graph.traits[t] as number) & isGathering) !== 0;
      if (gathers) forgetGathering(state, run, t);
      else if (run.sources.has(t)) dropSource(state, run, t);
      else freeValue(state, run, t);
      setState(state, run, t, released);
      return gathers;
    }
    case processing:
      cancel(state, run, t);
      break;
    default:
      if (!leavePlace(state, run, t)) return false;
  }
  setState(state, run, t, released);
  return true;
}

/** Takes a task that is still to begin out of where it waits; false where it is not. */
function leavePlace(state: SchedulerState, run: Run, t: number): boolean {
  switch (run.state[t] as number) {
    case waiting:
      if (run.sources.has(t)) dropSource(state, run, t);
      return true;
    case parked:
      run.parkedCount--;
      return true;
    case queued:
      leaveQueue(state, run, t);
      return true;
    default:
      return false;
  }
}

/** Lets go of as many of the tasks that were put aside as one event may. */
export function letGoOfMore(state: SchedulerState): void {
  const { unneeded, ids } = state;
  while (state.lettingRoom > 0) {
    const id = unneeded.pop();
    if (id === undefined) return;
    const run = ids.runOf(id);
    // It may have gone by itself meanwhile, or may be needed again.
    if (run?.uses[id - run.base] === 0) letGo(state, run, id - run.base);
    else state.lettingRoom--;
  }
}

/** Tells the worker that has a task to stop it. */
export function cancel(state: SchedulerState, run: Run, t: number): void {
  const worker = state.slots[run.place[t] as number];
  if (worker !== undefined) {
    outboxOf(state, worker).cancel(run.base + t, run.attempt[t] as number);
  }
  leaveWorker(state, run, t);
}

/** Whether a task that stands for an output of another run is counted among those who need it. */
export function usesSource(run: Run, t: number): boolean {
  return run.state[t] !== released && run.state[t] !== erred;
}

function dropSource(state: SchedulerState, run: Run, t: number): void {
  const source = sourceOf(state, run, t);
  dropUse(state, source.run, source.t);
}

/** Tells all who hold a value that it may go. */
export function freeValue(state: SchedulerState, run: Run, t: number): void {
  freeAt(state, run, t, run.place[t] as number);
  run.place[t] = nowhere;
  const others = run.replicas.size > 0 ? run.replicas.get(t) : undefined;
  if (others === undefined) return;
  run.replicas.delete(t);
  for (const slot of others) freeAt(state, run, t, slot);
}

function freeAt(state: SchedulerState, run: Run, t: number, slot: number): void {
  const worker = state.slots[slot];
  if (worker === undefined) return;
  worker.storedBytes -= run.bytes[t] as number;
  outboxOf(state, worker).free(run.base + t, run.attempt[t] as number);
  touch(state, worker);
}

/** Workers that know who the members of a gathering task are may forget it. */
export function forgetGathering(state: SchedulerState, run: Run, t: number): void {
  const known = run.gatherKnown.get(t);
  if (known === undefined) return;
  run.gatherKnown.delete(t);
  for (const number of known) {
    const worker = state.slots[number];
    if (worker === undefined) continue;
    outboxOf(state, worker).free(run.base + t, run.attempt[t] as number);
  }
}

/** A task has failed for good, and with it all that read it. */
export function fail(state: SchedulerState, run: Run, t: number, failure: TaskFailure): void {
  failAll(state, run, [t], failure);
}

/** The same for tasks that fail together: the first of them has the failure, others point at it. */
export function failAll(
  state: SchedulerState,
  run: Run,
  tasks: readonly number[],
  failure: TaskFailure,
): void {
  const first = tasks[0] as number;
  run.failed.set(first, failure);
  noteFailure(state, run, failure);
  const { offsets, targets } = run.graph.readers;
  const lost: number[] = [];
  const stack = tasks.toReversed();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (!giveUp(state, run, next)) continue;
    if (next !== first) run.blamed.set(next, first);
    if (((run.marks[next] as number) & isWanted) !== 0) lost.push(run.outputOf[next] as number);
    const end = offsets[next + 1] as number;
    for (let e = offsets[next] as number; e < end; e++) stack.push(targets[e] as number);
    for (const id of run.aliases.get(next) ?? []) settle(state, id);
  }
  if (lost.length > 0) tellFailed(state, run, lost, failure);
}

function noteFailure({ journal, nowMs }: SchedulerState, run: Run, failure: TaskFailure): void {
  const { kind, key, attempts, workers } = failure;
  const facts = { kind: "task-failed", run: run.arrival, key, failure: kind } as const;
  journal.note(nowMs, { ...facts, attempts, workers });
}

/** Makes a task `erred` that was still to come; false where it was not. */
function giveUp(state: SchedulerState, run: Run, t: number): boolean {
  if (run.state[t] === processing) leaveWorker(state, run, t);
  else if (!leavePlace(state, run, t)) return false;
  setState(state, run, t, erred);
  dropInputs(state, run, t);
  return true;
}
