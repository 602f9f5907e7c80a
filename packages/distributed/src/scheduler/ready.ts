import { isGathering } from "./traits.ts";
import { expectedOf } from "./programs.ts";
import { ReadyHeap } from "./ready-heap.ts";
import type { Rule } from "./rules.ts";
import { suits } from "./rules.ts";
import type { Run } from "./run.ts";
import { isSuspect } from "./marks.ts";
import { nowhere } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import {
  empty,
  expectStranded,
  setIdle,
  sourceOf,
  suitableFor,
  touch,
  updateRich,
} from "./scheduler-state.ts";
import { memory, parked, queued, waiting } from "./states.ts";
import { announce, setState } from "./tasks.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Inputs that are looked at to find a place for a task; wide tasks are cheap to place anywhere. */
const inputsSeenMax = 16;
/** Workers that are compared where a task has no inputs, or none of them may run it. */
const sampleMax = 4;

/** Places all tasks whose last input has come, also those that become ready by it. */
export function placeReady(state: SchedulerState): void {
  const { ready, ids } = state;
  for (let n = 0; n < ready.length; n++) {
    const id = ready[n] as number;
    const run = ids.runOf(id);
    // What came later in the event may have changed its mind.
    if (run === undefined || run.state[id - run.base] !== waiting) continue;
    if (run.waiting[id - run.base] === 0) makeReady(state, run, id - run.base);
  }
  empty(ready);
}

/** All inputs of a task are in memory: it goes to the queue of the worker where it is best off. */
function makeReady(state: SchedulerState, run: Run, t: number): void {
  const traits = run.graph.traits[t] as number;
  if ((traits & isGathering) !== 0) {
    run.beginAttempt(t);
    setState(state, run, t, memory);
    announce(state, run, t);
  } else if (t >= run.limit) {
    park(state, run, t);
    run.beyond.push(t);
  } else if (((run.marks[t] as number) & isSuspect) !== 0 && hasSuitable(state, run, t)) {
    park(state, run, t);
    state.suspects.push(run.base + t);
  } else {
    place(state, run, t);
  }
}

function park(state: SchedulerState, run: Run, t: number): void {
  if (run.state[t] === parked) return;
  run.parkedCount++;
  setState(state, run, t, parked);
}

/** Puts a ready task into the queue of a worker; where none may run it, it waits for one. */
export function place(state: SchedulerState, run: Run, t: number): void {
  const rule = run.ruleOf(t);
  const worker =
    whoMissed(state, run, t, rule) ??
    (rule.isConstrained ? bestSuitable(state, run, t, rule) : bestWorker(state, run, t));
  if (worker !== undefined) enqueue(state, run, t, worker);
  else {
    park(state, run, t);
    state.unplaced.push({ id: run.base + t, sinceMs: state.nowMs });
    expectStranded(state);
  }
}

/** The worker that could get the value from nobody: made there it need not travel. */
function whoMissed(
  state: SchedulerState,
  run: Run,
  t: number,
  rule: Rule,
): WorkerRecord | undefined {
  if (run.missedBy.size === 0) return undefined;
  const worker = state.slots[run.missedBy.get(t) ?? nowhere];
  run.missedBy.delete(t);
  const isFit = worker !== undefined && !worker.isPaused && !worker.isRetiring;
  return isFit && suits(rule, worker) ? worker : undefined;
}

/** Puts a ready task into the queue of a worker. */
export function enqueue(state: SchedulerState, run: Run, t: number, worker: WorkerRecord): void {
  const us = expectedOf(run.programOf(t), state.settings.unknownTaskUs);
  run.place[t] = worker.slot;
  run.expectedUs[t] = us;
  worker.queuedCount++;
  // As it is rounded in the table, so that taking it off again leaves nothing.
  worker.queuedUs += run.expectedUs[t];
  queueFor(state, worker, run.ruleOf(t)).push(run.base + t);
  setState(state, run, t, queued);
  updateRich(state, worker);
  setIdle(state, worker, false);
  touch(state, worker);
}

function hasSuitable(state: SchedulerState, run: Run, t: number): boolean {
  const rule = run.ruleOf(t);
  return (rule.isConstrained ? suitableFor(state, rule) : state.staying).length > 0;
}

function queueFor({ ids }: SchedulerState, worker: WorkerRecord, rule: Rule): ReadyHeap {
  if (!rule.isConstrained) return worker.queue;
  let queue = worker.constrained.get(rule);
  if (queue === undefined) worker.constrained.set(rule, (queue = new ReadyHeap(ids)));
  return queue;
}

function bestSuitable(
  state: SchedulerState,
  run: Run,
  t: number,
  rule: Rule,
): WorkerRecord | undefined {
  const suitable = suitableFor(state, rule);
  const preferred = rule.preferred;
  if (preferred !== undefined) {
    const wished = suitable.filter(({ name }) => preferred.has(name));
    if (wished.length > 0) return cheapest(state, run, t, wished);
  }
  return cheapest(state, run, t, suitable);
}

/** The best of a few of the workers of a list, holders of inputs among them. */
function cheapest(
  state: SchedulerState,
  run: Run,
  t: number,
  list: readonly WorkerRecord[],
): WorkerRecord | undefined {
  let best: WorkerRecord | undefined;
  let bestUs = Infinity;
  const count = Math.min(list.length, inputsSeenMax);
  for (let n = 0; n < count; n++) {
    const worker = list[state.cursor++ % list.length] as WorkerRecord;
    const us = worker.waitUs(state.nowMs) + transferUs(state, run, t, worker);
    if (us >= bestUs) continue;
    best = worker;
    bestUs = us;
  }
  return best;
}

/** Workers that have inputs of the task looked at, and what fetching these inputs would take. */
const holderSlots = new Int32Array(2 * inputsSeenMax);
const heldUs = new Float64Array(2 * inputsSeenMax);

/**
 * The worker where a task is best off: one that has inputs of it, or one that has nothing to do,
 * nor expects anything, where fetching all of them takes less time than waiting.
 */
function bestWorker(state: SchedulerState, run: Run, t: number): WorkerRecord | undefined {
  const { offsets, targets } = run.graph.inputs;
  const first = offsets[t] as number;
  const end = Math.min(offsets[t + 1] as number, first + inputsSeenMax);
  let count = 0;
  let allUs = 0;
  for (let e = first; e < end; e++) {
    const input = targets[e] as number;
    const us = fetchUs(state, run, input);
    allUs += us;
    count = noteHolders(state, run, input, us, count);
  }
  const best = bestHolder(state, count, allUs);
  const other = state.idle.at(-1);
  if (best === undefined) return other ?? leastBusy(state);
  const isFree = other !== undefined && best.waitUs(state.nowMs) > allUs;
  if (isFree && !expectsWork(state, other)) return other;
  for (let n = 0; n < count; n++) {
    const worker = state.slots[holderSlots[n] as number];
    if (worker !== undefined && worker !== best) worker.noteNearby(run.base + t);
  }
  return best;
}

/**
 * The one that has most of the inputs, by what it takes to fetch them: what reads the value is
 * likely to be there as well. Between those that have more than half as much the time decides.
 */
function bestHolder(state: SchedulerState, count: number, allUs: number): WorkerRecord | undefined {
  let mostUs = 0;
  for (let n = 0; n < count; n++) {
    const isPaused = state.slots[holderSlots[n] as number]?.isPaused ?? true;
    if (!isPaused) mostUs = Math.max(mostUs, heldUs[n] as number);
  }
  let best: WorkerRecord | undefined;
  let bestUs = Infinity;
  for (let n = 0; n < count; n++) {
    const worker = state.slots[holderSlots[n] as number];
    const isOut = worker === undefined || worker.isPaused || worker.isRetiring;
    if (isOut || 2 * heldUs[n]! <= mostUs) continue;
    const us = worker.waitUs(state.nowMs) + allUs - heldUs[n]!;
    if (us > bestUs || (us === bestUs && worker.storedBytes >= best!.storedBytes)) continue;
    best = worker;
    bestUs = us;
  }
  return best;
}

/**
 * Whether more work is likely to come to a worker by itself: what reads the value that it made last
 * still waits for other inputs, and not for so many that it may as well run anywhere.
 */
export function expectsWork({ ids }: SchedulerState, { lastMade }: WorkerRecord): boolean {
  const run = ids.runOf(lastMade);
  if (run === undefined) return false;
  const { inputs, readers } = run.graph;
  const first = readers.offsets[lastMade - run.base] as number;
  const end = Math.min(readers.offsets[lastMade - run.base + 1] as number, first + inputsSeenMax);
  for (let e = first; e < end; e++) {
    const reader = readers.targets[e] as number;
    const inputCount = inputs.offsets[reader + 1]! - inputs.offsets[reader]!;
    if (run.state[reader] === waiting && inputCount <= inputsSeenMax) return true;
  }
  return false;
}

/** Adds the holders of an input to the list; gives its new length. */
function noteHolders(
  state: SchedulerState,
  run: Run,
  input: number,
  us: number,
  count: number,
): number {
  if (us === 0) return count;
  if (run.sources.size > 0 && run.sources.has(input)) {
    const source = sourceOf(state, run, input);
    return noteHolders(state, source.run, source.t, us, count);
  }
  let next = noteHolder(run.place[input] as number, us, count);
  if (run.replicas.size === 0) return next;
  for (const slot of run.replicas.get(input) ?? []) {
    if (next < holderSlots.length) next = noteHolder(slot, us, next);
  }
  return next;
}

function noteHolder(slot: number, us: number, count: number): number {
  let n = 0;
  while (n < count && holderSlots[n] !== slot) n++;
  if (n === count) {
    holderSlots[n] = slot;
    heldUs[n] = 0;
  }
  heldUs[n]! += us;
  return Math.max(count, n + 1);
}

/** What it takes to bring an input to a worker that has it not, microseconds. */
function fetchUs(state: SchedulerState, run: Run, input: number): number {
  // What a shuffle gathers comes from everywhere, wherever the task runs.
  if (((run.graph.traits[input] as number) & isGathering) !== 0) return 0;
  const { transferUs: once, transferBytesPerUs } = state.settings;
  if (run.sources.size > 0 && run.sources.has(input)) {
    const source = sourceOf(state, run, input);
    return once + (source.run.bytes[source.t] as number) / transferBytesPerUs;
  }
  return once + (run.bytes[input] as number) / transferBytesPerUs;
}

/** The least busy of a few workers, paused ones only where there are no others. */
function leastBusy(state: SchedulerState): WorkerRecord | undefined {
  const { staying: all, nowMs } = state;
  let best: WorkerRecord | undefined;
  for (let n = 0; n < Math.min(sampleMax, all.length); n++) {
    const worker = all[state.cursor++ % all.length] as WorkerRecord;
    const isBetter =
      best === undefined ||
      (worker.isPaused === best.isPaused
        ? worker.waitUs(nowMs) < best.waitUs(nowMs)
        : best.isPaused);
    if (isBetter) best = worker;
  }
  return best;
}

/** How long it takes to bring a worker what a task reads and the worker has not, microseconds. */
export function transferUs(
  state: SchedulerState,
  run: Run,
  t: number,
  worker: WorkerRecord,
): number {
  const { offsets, targets } = run.graph.inputs;
  const first = offsets[t] as number;
  const end = Math.min(offsets[t + 1] as number, first + inputsSeenMax);
  let us = 0;
  for (let e = first; e < end; e++) {
    const input = targets[e] as number;
    if (!hasInput(state, run, input, worker.slot)) us += fetchUs(state, run, input);
  }
  return us;
}

function hasInput(state: SchedulerState, run: Run, input: number, slot: number): boolean {
  if (run.sources.size === 0 || !run.sources.has(input)) return holds(run, input, slot);
  const source = sourceOf(state, run, input);
  return holds(source.run, source.t, slot);
}

/** Whether a worker has the value of a task. */
export function holds(run: Run, t: number, slot: number): boolean {
  if (run.place[t] === slot) return true;
  return run.replicas.size > 0 && run.replicas.get(t)?.includes(slot) === true;
}
