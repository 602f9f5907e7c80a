import { isGathering } from "./traits.ts";
import { readsInputs } from "./derive.ts";
import { holds } from "./ready.ts";
import type { Run } from "./run.ts";
import { hasStarted, isAwaiting, isRoot, isSuspect, isWanted } from "./marks.ts";
import { nowhere } from "./run.ts";
import { isAwaited } from "./scatter.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { sourceOf } from "./scheduler-state.ts";
import {
  erred,
  memory,
  parked,
  processing,
  queued,
  released,
  stateCount,
  stateNames,
  waiting,
} from "./states.ts";
import { usesSource } from "./tasks.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** What the tables of the runs say of one worker. */
interface Tally {
  queued: number;
  queuedUs: number;
  sent: number;
  active: number;
  activeUs: number;
  bytes: number;
  started: number;
  suspects: number;
  readonly used: Map<string, number>;
}

/**
 * Checks that all counters, lists and places follow from the states of the tasks, and that these
 * fit together; throws at the first that does not. Cost: everything is looked at.
 */
export function validate(state: SchedulerState): void {
  const tallies = new Map(state.workerList.map((worker) => [worker.slot, emptyTally()]));
  const findable = findableTasks(state);
  const unneeded = new Set(state.unneeded);
  for (const run of state.runs) {
    validateRun(state, run);
    for (let t = 0; t < run.size; t++) {
      validateTask(state, run, t, findable, unneeded);
      count(run, t, tallies);
    }
  }
  for (const worker of state.workerList) {
    validateWorker(state, worker, tallies.get(worker.slot) as Tally);
  }
  validateCounts(state);
  const crowded = state.workerList.filter((worker) => worker.activeCount > worker.threads);
  check(crowded.length === state.crowdedCount, "crowdedCount", state.crowdedCount);
  validateCopies(state);
  const draining = state.workerList.filter((worker) => worker.isDraining);
  check(draining.length === state.drainingCount, "drainingCount", state.drainingCount);
}

/** Tasks are counted by program and state, and programs by group. */
function validateCounts({ runs, groups }: SchedulerState): void {
  const uses = new Map(Array.from(groups.all, (group) => [group, 0]));
  for (const run of runs) {
    const counts = new Int32Array(run.counts.length);
    for (let t = 0; t < run.size; t++) {
      counts[(run.graph.program[t] as number) * stateCount + (run.state[t] as number)]!++;
    }
    check(String(run.counts) === String(counts), "counts of run", run.arrival);
    for (const group of run.groups) uses.set(group, 1 + (uses.get(group) ?? NaN));
  }
  for (const [group, count] of uses) check(group.useCount === count, "uses of", group.name);
}

function check(holdsTrue: boolean, what: string, ...details: unknown[]): void {
  if (!holdsTrue)
    throw new Error(`the scheduler is at odds with itself: ${what} ${details.join(" ")}`);
}

function emptyTally(): Tally {
  return {
    queued: 0,
    queuedUs: 0,
    sent: 0,
    active: 0,
    activeUs: 0,
    bytes: 0,
    started: 0,
    suspects: 0,
    used: new Map(),
  };
}

/** Slots of ready tasks that somebody will look at: in queues, as roots, or put aside. */
function findableTasks(state: SchedulerState): ReadonlySet<number> {
  const found = new Set<number>([...state.suspects, ...state.unplaced.map(({ id }) => id)]);
  for (const worker of state.workerList) {
    for (const queue of [worker.queue, ...worker.constrained.values()]) {
      for (let n = 0; n < queue.size; n++) found.add(queue.at(n));
    }
    const { rootRun, rootsNext, rootsEnd } = worker;
    if (rootRun === undefined || rootRun.dropped) continue;
    addRoots(rootRun, rootsNext, rootsEnd, found);
  }
  for (const run of state.runs) {
    for (const t of run.beyond) found.add(run.base + t);
    addRoots(run, run.rootsTaken, run.roots.length, found);
    for (const { next, end } of run.spareRoots) addRoots(run, next, end, found);
  }
  for (const { run, tasks, next } of state.backlog) {
    for (let n = next; n < tasks.length; n++) found.add(run.base + (tasks[n] as number));
  }
  return found;
}

function addRoots(run: Run, from: number, to: number, found: Set<number>): void {
  for (let n = from; n < to; n++) found.add(run.base + (run.roots[n] as number));
}

function validateRun(state: SchedulerState, run: Run): void {
  const at = `of run ${run.number}`;
  check(state.ids.runOf(run.base) === run, "slots", at);
  let held = 0;
  let running = 0;
  let parkedOnes = 0;
  for (let t = 0; t < run.size; t++) {
    if ((run.marks[t]! & isWanted) !== 0) held++;
    if (run.state[t] === processing) running++;
    if (run.state[t] === parked) parkedOnes++;
  }
  for (const ids of run.aliases.values()) held += ids.length;
  for (const times of run.reserved.values()) held += times;
  check(held === run.holds && held > 0, "holds", at, held, run.holds);
  check(running === run.runningCount, "runningCount", at, running, run.runningCount);
  check(parkedOnes === run.parkedCount, "parkedCount", at, parkedOnes, run.parkedCount);
  const isListed = state.rootRuns.includes(run);
  const hasRoots = run.rootsTaken < run.rootsEnd || run.spareRoots.length > 0;
  check(isListed === hasRoots, "rootRuns", at);
}

function validateTask(
  state: SchedulerState,
  run: Run,
  t: number,
  findable: ReadonlySet<number>,
  unneeded: ReadonlySet<number>,
): void {
  const name = stateNames[run.state[t] as number] as string;
  const at = `of ${run.keyOf(t)} (${name})`;
  const uses = usesOf(state, run, t, unneeded);
  check(uses === run.uses[t], "uses", at, uses, run.uses[t]);
  const isHeld = uses > 0 || unneeded.has(run.base + t);
  const missing = missingOf(run, t);
  const isAlias = run.sources.has(t);
  const hasWorker = state.slots[run.place[t] as number] !== undefined;
  switch (run.state[t] as number) {
    case released:
      check(uses === 0 && run.place[t] === nowhere, "released", at);
      break;
    case waiting:
      check(isHeld && run.place[t] === nowhere, "waiting", at);
      if (isAlias) {
        const source = sourceOf(state, run, t);
        const found = source.run.state[source.t] as number;
        const comes = found !== memory && found !== erred && found !== released;
        check(comes, "source", at, stateNames[found]);
      } else if (run.isScattered) check(isAwaited(run, t), "nobody brings it", at);
      else {
        const isFound = missing > 0 || findable.has(run.base + t);
        check(isFound && missing === run.waiting[t], "missing", at, missing);
      }
      break;
    case parked:
      check(isHeld && missing === 0 && findable.has(run.base + t), "parked", at);
      break;
    case queued: {
      const isFree = (run.marks[t]! & isRoot) !== 0;
      check(isHeld && missing === 0 && findable.has(run.base + t), "queued", at, missing);
      check(isFree ? run.place[t] === nowhere : hasWorker, "queue", at, run.place[t]);
      break;
    }
    case processing:
      check(isHeld && missing === 0 && hasWorker, "processing", at, missing, run.place[t]);
      break;
    case memory:
      check(isHeld, "memory", at);
      validateMemory(state, run, t, at);
      break;
    case erred:
      check(run.failed.has(t) || run.blamed.has(t), "erred", at);
      break;
    default:
      check(false, "state", at);
  }
}

function validateMemory(state: SchedulerState, run: Run, t: number, at: string): void {
  if ((run.graph.traits[t]! & isGathering) !== 0) {
    check(missingOf(run, t) === 0, "gathers", at);
  } else if (run.sources.has(t)) {
    const source = run.sources.get(t) as number;
    const owner = state.ids.runOf(source);
    check(owner?.state[source - owner.base] === memory, "source", at);
  } else {
    check(state.slots[run.place[t] as number] !== undefined, "holder", at, run.place[t]);
    const others = run.replicas.get(t) ?? [];
    const all = new Set([run.place[t] as number, ...others]);
    check(all.size === others.length + 1, "replicas", at);
    for (const slot of all) check(state.slots[slot] !== undefined, "replica", at, slot);
  }
}

function missingOf(run: Run, t: number): number {
  const { offsets, targets } = run.graph.inputs;
  let missing = 0;
  for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
    if (run.state[targets[e] as number] !== memory) missing++;
  }
  return missing;
}

function usesOf(state: SchedulerState, run: Run, t: number, unneeded: ReadonlySet<number>): number {
  const { offsets, targets } = run.graph.readers;
  let uses = ((run.marks[t]! & isWanted) === 0 ? 0 : 1) + (run.reserved.get(t) ?? 0);
  for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
    const reader = targets[e] as number;
    // Who is not let go of yet is still counted.
    const isThere = run.state[reader] !== released;
    const counts = (run.uses[reader] as number) > 0 || (isThere && unneeded.has(run.base + reader));
    if (counts && readsInputs(run, reader)) uses++;
  }
  for (const id of run.aliases.get(t) ?? []) {
    const other = state.ids.runOf(id) as Run;
    if (usesSource(other, id - other.base)) uses++;
  }
  return uses;
}

function count(run: Run, t: number, tallies: ReadonlyMap<number, Tally>): void {
  const tally = tallies.get(run.place[t] as number);
  const us = run.expectedUs[t] as number;
  switch (run.state[t] as number) {
    case queued:
      if (tally === undefined) return;
      tally.queued++;
      tally.queuedUs += us;
      return;
    case processing:
      if (tally === undefined) return;
      tally.sent++;
      for (const [name, amount] of run.ruleOf(t).resources) {
        tally.used.set(name, (tally.used.get(name) ?? 0) + amount);
      }
      if ((run.marks[t]! & isSuspect) !== 0) tally.suspects++;
      if ((run.marks[t]! & isAwaiting) !== 0) return;
      if ((run.marks[t]! & hasStarted) !== 0) tally.started++;
      tally.active++;
      tally.activeUs += us;
      return;
    case memory:
      for (const [number, other] of tallies) {
        if (holds(run, t, number)) other.bytes += run.bytes[t] as number;
      }
      return;
    default:
      return;
  }
}

function validateWorker(state: SchedulerState, worker: WorkerRecord, tally: Tally): void {
  const at = `of worker ${worker.epoch}`;
  check(state.workers.get(worker.epoch) === worker, "workers", at);
  check(state.slots[worker.slot] === worker, "slots", at);
  check(tally.queued === worker.queuedCount, "queuedCount", at, tally.queued, worker.queuedCount);
  check(tally.sent === worker.sentCount, "sentCount", at, tally.sent, worker.sentCount);
  check(tally.active === worker.activeCount, "activeCount", at, tally.active, worker.activeCount);
  check(isNear(tally.queuedUs, worker.queuedUs), "queuedUs", at, tally.queuedUs, worker.queuedUs);
  check(isNear(tally.activeUs, worker.activeUs), "activeUs", at, tally.activeUs, worker.activeUs);
  check(
    isNear(tally.bytes, worker.storedBytes),
    "storedBytes",
    at,
    tally.bytes,
    worker.storedBytes,
  );
  for (const [name, { total, free }] of worker.resources) {
    const used = tally.used.get(name) ?? 0;
    check(isNear(total - used, free), `resource ${name}`, at, total, used, free);
  }
  check(tally.started === worker.startedCount, "startedCount", at, tally.started);
  check(tally.suspects === 0 || worker.isSolitary, "a suspect in company", at);
  check(!worker.isSolitary || worker.sentCount === 1, "solitary", at, worker.sentCount);
  check(worker.richAt >= 0 === worker.isRich, "rich", at);
  check(worker.richAt < 0 || state.rich[worker.richAt] === worker, "richAt", at);
  check(worker.idleAt < 0 || state.idle[worker.idleAt] === worker, "idleAt", at);
}

function validateCopies({
  copying,
  retiring,
  questions,
  workerList,
  staying,
}: SchedulerState): void {
  const all = [...copying.values()].flat();
  for (const worker of workerList) {
    const at = `of worker ${worker.epoch}`;
    const own = all.filter((one) => one.worker === worker);
    check(own.length === worker.copyingCount, "copyingCount", at, worker.copyingCount);
    const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
    check(isNear(bytes, worker.copyingBytes), "copyingBytes", at, worker.copyingBytes);
    check(staying.includes(worker) === !worker.isRetiring, "staying", at);
    check(!worker.isRetiring || worker.queuedCount === 0, "queued while retiring", at);
  }
  check(
    all.every(({ worker }) => !worker.isGone),
    "copies by workers that are gone",
  );
  for (const { client, work } of questions) {
    const waiting = all.flatMap((one) => one.waiting.filter((each) => each.work === work));
    check(waiting.length === work.movingCount && waiting.length > 0, "a question that waits");
    check(!client.isGone, "a question of nobody");
  }
  for (const { worker, work } of retiring.values()) {
    const waiting = all.flatMap((one) => one.waiting.filter((each) => each.work === work));
    check(waiting.length === work.movingCount, "movingCount", `of worker ${worker.epoch}`);
    check(worker.isRetiring && !worker.isGone, "retiring", `of worker ${worker.epoch}`);
  }
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(a), Math.abs(b));
}
