import type { WorkerMessage } from "../messages/worker-messages.ts";
import type { AttemptOutcome } from "./attempt-ring.ts";
import { settleCopy } from "./copies.ts";
import { forgiveDenial } from "./distrust.ts";
import { noteAttempt } from "./groups.ts";
import { failureOf, loseValue, missValue, noteFailedOn } from "./losses.ts";
import type { Run } from "./run.ts";
import { hasStarted, isAwaiting, isSuspect } from "./marks.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { findAttempt, outboxOf, runOfAttempt, touch } from "./scheduler-state.ts";
import { arriveAt, isAwaited } from "./scatter.ts";
import { memory, processing, waiting } from "./states.ts";
import { fail, finish, freeSlot, leaveWorker, setState } from "./tasks.ts";
import { tellAttempt, tellProgress } from "./tell-client.ts";
import type { WorkerRecord } from "./worker-record.ts";

type Message<K extends WorkerMessage["kind"]> = Extract<WorkerMessage, { kind: K }>;

/** The task of an attempt that a worker speaks of, if that is with this worker still. */
function findSent(
  state: SchedulerState,
  worker: WorkerRecord,
  id: number,
  attempt: number,
): Place | undefined {
  const run = runOfSent(state, worker, id, attempt);
  return run === undefined ? undefined : { run, t: id - run.base };
}

/** The same without the task, which the slot tells. */
function runOfSent(
  state: SchedulerState,
  worker: WorkerRecord,
  id: number,
  attempt: number,
): Run | undefined {
  const run = runOfAttempt(state, id, attempt);
  if (run === undefined) return undefined;
  const t = id - run.base;
  return run.state[t] === processing && run.place[t] === worker.slot ? run : undefined;
}

/** What a worker has done since it spoke last. What is not awaited any more is told to go. */
export function handleReport(
  state: SchedulerState,
  worker: WorkerRecord,
  { done, started, awaiting, acquired, lost, values }: Message<"report">,
): void {
  for (const value of values) state.short.set(value.task, value);
  for (let n = 0; n < acquired.length; n += 2) {
    noteAcquired(state, worker, acquired[n]!, acquired[n + 1]!);
  }
  for (let n = 0; n < started.length; n += 2) {
    const found = findSent(state, worker, started[n]!, started[n + 1]!);
    if (found !== undefined) noteStarted(state, worker, found);
  }
  for (let n = 0; n < awaiting.length; n += 2) {
    noteAwaiting(state, worker, awaiting[n]!, awaiting[n + 1]!);
  }
  for (let n = 0; n < done.length; n += 4) {
    noteDone(state, worker, done[n]!, done[n + 1]!, done[n + 2]!, done[n + 3]!);
  }
  for (let n = 0; n < lost.length; n += 2) {
    forgiveDenial(worker, lost[n]!, lost[n + 1]!);
    loseValue(state, worker, lost[n]!, lost[n + 1]!);
  }
  state.short.clear();
  if (done.length > 0) {
    noteMoves(state, worker);
    worker.doneCount += done.length / 4;
    for (let n = 3; n < done.length; n += 4) worker.busyUs += done[n]!;
  }
  touch(state, worker);
}

/** A worker has ended a task: it is not stuck. */
function noteMoves({ nowMs }: SchedulerState, worker: WorkerRecord): void {
  worker.lastDoneMs = nowMs;
  worker.isStuck = false;
}

function noteDone(
  state: SchedulerState,
  worker: WorkerRecord,
  id: number,
  attempt: number,
  bytes: number,
  us: number,
): void {
  const run = runOfSent(state, worker, id, attempt);
  if (run === undefined) {
    outboxOf(state, worker).free(id, attempt);
    return;
  }
  const t = id - run.base;
  finish(state, run, t, bytes, us);
  noteEnd(state, worker, run, t, us, "done");
  tellProgress(state, run);
  tellEnd(state, run, t, us / 1000, "done");
}

/** An attempt that a worker had is over. */
function noteEnd(
  state: SchedulerState,
  { epoch }: WorkerRecord,
  run: Run,
  t: number,
  us: number,
  outcome: AttemptOutcome,
): void {
  const { attempts, nowMs } = state;
  const { number } = run.groupOf(t);
  const attempt = run.attempt[t] as number;
  attempts.note(run.base + t, attempt, run.arrival, number, epoch, nowMs, us, outcome);
}

function tellEnd(
  state: SchedulerState,
  run: Run,
  t: number,
  tookMs: number,
  outcome: "done" | "failed",
): void {
  if (!run.settings.events) return;
  const attempt = 1 + (run.failedOn.get(t)?.length ?? 0) - (outcome === "failed" ? 1 : 0);
  const { nowMs } = state;
  tellAttempt(state, run, {
    key: run.keyOf(t),
    attempt,
    startMs: nowMs - tookMs,
    endMs: nowMs,
    outcome,
  });
}

function noteStarted(state: SchedulerState, worker: WorkerRecord, { run, t }: Place): void {
  if ((run.marks[t]! & hasStarted) !== 0) return;
  run.marks[t]! |= hasStarted;
  state.started.set(run.base + t, state.nowMs);
  worker.startedCount++;
}

function noteAwaiting(
  state: SchedulerState,
  worker: WorkerRecord,
  id: number,
  attempt: number,
): void {
  const found = findSent(state, worker, id, attempt);
  if (found === undefined || (found.run.marks[found.t]! & isAwaiting) !== 0) return;
  noteStarted(state, worker, found);
  found.run.marks[found.t]! |= isAwaiting;
  worker.startedCount--;
  freeSlot(state, worker, found.run, found.t);
}

/** A worker has fetched a value from another one and holds it as well now. */
function noteAcquired(
  state: SchedulerState,
  worker: WorkerRecord,
  id: number,
  version: number,
): void {
  if (worker.copyingCount > 0) settleCopy(state, worker, id, version);
  const found = findAttempt(state, id, version);
  if (found !== undefined && isAwaited(found.run, found.t)) {
    arriveAt(state, found.run, found.t, worker);
    return;
  }
  if (found === undefined || found.run.state[found.t] !== memory) {
    outboxOf(state, worker).free(id, version);
    return;
  }
  const { run, t } = found;
  if (run.place[t] === worker.slot) return;
  const others = run.replicas.get(t);
  if (others?.includes(worker.slot) === true) return;
  if (others === undefined) run.replicas.set(t, [worker.slot]);
  else others.push(worker.slot);
  worker.storedBytes += run.bytes[t] as number;
}

/** A task failed: it is tried again as often as its rule allows. */
export function handleFailed(
  state: SchedulerState,
  worker: WorkerRecord,
  { task, attempt, us, failure }: Message<"failed">,
): void {
  const found = findSent(state, worker, task, attempt);
  if (found === undefined) return;
  const { run, t } = found;
  noteMoves(state, worker);
  worker.failedCount++;
  worker.busyUs += us;
  noteFailedOn(run, t, worker.name);
  noteAttempt(run.groupOf(t), "failedCount", us);
  noteEnd(state, worker, run, t, us, "failed");
  tellEnd(state, run, t, us / 1000, "failed");
  // Whoever ran out of memory beside others gets a second chance alone.
  const isFirstOutOfMemory = failure.kind === "out-of-memory" && (run.marks[t]! & isSuspect) === 0;
  if (isFirstOutOfMemory) run.marks[t]! |= isSuspect;
  else if (failure.kind === "not-serializable" || run.failures[t]! >= run.ruleOf(t).retries) {
    fail(state, run, t, failureOf(run, t, failure.kind, failure.thrown));
    tellProgress(state, run);
    return;
  } else run.failures[t]!++;
  run.retriedCount++;
  reschedule(state, run, t);
  tellProgress(state, run);
}

/** A worker could not get inputs of a task: those who were to have them are not asked again. */
export function handleMissing(
  state: SchedulerState,
  worker: WorkerRecord,
  { task, attempt, rows }: Message<"missing">,
): void {
  for (let n = 0; n < rows.length; n += 3) {
    const input = missValue(state, rows[n + 2]!, rows[n]!, rows[n + 1]!);
    if (input !== undefined) input.run.missedBy.set(input.t, worker.slot);
  }
  const found = findSent(state, worker, task, attempt);
  if (found === undefined) return;
  const { run, t } = found;
  const { offsets, targets } = run.graph.inputs;
  for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
    const input = targets[e] as number;
    if (run.gatherKnown.get(input)?.delete(worker.slot) !== true) continue;
    // The members of what it gathers may be with others by now: it is told anew.
    outboxOf(state, worker).free(run.base + input, run.attempt[input] as number);
  }
  reschedule(state, run, t);
}

/** Tasks came back that had not begun. */
export function handleRecalled(
  state: SchedulerState,
  worker: WorkerRecord,
  { rows }: Message<"recalled">,
): void {
  for (let n = 0; n < rows.length; n += 2) {
    const found = findSent(state, worker, rows[n]!, rows[n + 1]!);
    if (found !== undefined) reschedule(state, found.run, found.t);
  }
}

/** A task that was with a worker waits for its turn again. */
function reschedule(state: SchedulerState, run: Run, t: number): void {
  leaveWorker(state, run, t);
  setState(state, run, t, waiting);
  const { offsets, targets } = run.graph.inputs;
  let missing = 0;
  for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
    if (run.state[targets[e] as number] !== memory) missing++;
  }
  run.waiting[t] = missing;
  if (missing === 0) state.ready.push(run.base + t);
}
