import type { WorkerMessage, WorkerOffer } from "../messages/worker-messages.ts";
import { placeLater } from "./backlog.ts";
import { settleCopy } from "./copies.ts";
import { handleDenied } from "./distrust.ts";
import { loseWorker } from "./losses.ts";
import { placeScatters } from "./questions.ts";
import { ReadyHeap } from "./ready-heap.ts";
import { handleFailed, handleMissing, handleRecalled, handleReport } from "./reports.ts";
import { retireWorker, stirRetirements } from "./retire.ts";
import { suits } from "./rules.ts";
import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { outboxOf, touch } from "./scheduler-state.ts";
import { waiting } from "./states.ts";
import { runOfStranded } from "./stranded.ts";
import { setState } from "./tasks.ts";
import { WorkerRecord } from "./worker-record.ts";

/** A worker has connected and says what it offers. */
export function addWorker(state: SchedulerState, epoch: number, offer: WorkerOffer): void {
  const place = { epoch, slot: state.freeSlots.pop() ?? state.slots.length };
  const worker = new WorkerRecord(place, offer, new ReadyHeap(state.ids), state.loads, state.nowMs);
  state.workers.set(epoch, worker);
  state.slots[place.slot] = worker;
  state.workerList.push(worker);
  state.staying.push(worker);
  state.threadCount += offer.threads;
  const { name, address, threads } = offer;
  const facts = { kind: "worker-joined", worker: name, epoch } as const;
  state.journal.note(state.nowMs, { ...facts, address, threads });
  state.suitable.clear();
  outboxOf(state, worker).welcome(epoch);
  placeAgain(state, worker);
  placeScatters(state);
  stirRetirements(state);
  touch(state, worker);
}

/** Tasks that nobody might run and that this worker may are ready anew; others wait on. */
function placeAgain(state: SchedulerState, worker: WorkerRecord): void {
  const { unplaced } = state;
  state.unplaced = [];
  const again = new Map<Run, number[]>();
  for (const each of unplaced) {
    const run = runOfStranded(state, each);
    if (run === undefined) continue;
    const t = each.id - run.base;
    if (!suits(run.ruleOf(t), worker)) state.unplaced.push(each);
    else {
      run.parkedCount--;
      setState(state, run, t, waiting);
      const tasks = again.get(run);
      if (tasks === undefined) again.set(run, [t]);
      else tasks.push(t);
    }
  }
  for (const [run, tasks] of again) placeLater(state, run, tasks);
}

/** What a worker says. */
export function handleWorkerMessage(
  state: SchedulerState,
  worker: WorkerRecord,
  message: WorkerMessage,
): void {
  worker.lastSeenMs = state.nowMs;
  switch (message.kind) {
    case "offer":
      return;
    case "report":
      handleReport(state, worker, message);
      return;
    case "failed":
      handleFailed(state, worker, message);
      return;
    case "missing":
      handleMissing(state, worker, message);
      return;
    case "denied":
      handleDenied(state, worker, message);
      return;
    case "recalled":
      handleRecalled(state, worker, message);
      return;
    case "memory":
      notePause(state, worker, message.paused);
      worker.isPaused = message.paused;
      if (!worker.isPaused) stirRetirements(state);
      touch(state, worker);
      return;
    case "not-acquired":
      for (let n = 0; n < message.rows.length; n += 2) {
        settleCopy(state, worker, message.rows[n]!, message.rows[n + 1]!);
      }
      return;
    case "retire":
      retireWorker(state, worker, message.hurry);
      return;
    case "heartbeat":
      outboxOf(state, worker).echo(message.sentMs);
      return;
  }
}

function notePause(
  { journal, nowMs }: SchedulerState,
  { name, epoch, isPaused }: WorkerRecord,
  paused: boolean,
): void {
  if (isPaused === paused) return;
  journal.note(nowMs, { kind: paused ? "worker-paused" : "worker-resumed", worker: name, epoch });
}

/** Ends the connections of workers that have been silent for too long. */
export function expireWorkers(state: SchedulerState): void {
  const { workerTimeoutMs } = state.settings;
  state.expiryMs = state.nowMs;
  const silent = state.workerList.filter(
    ({ lastSeenMs }) => state.nowMs - lastSeenMs >= workerTimeoutMs,
  );
  for (const worker of silent) {
    const reason = `silent for ${Math.round(state.nowMs - worker.lastSeenMs)} ms`;
    state.instructions.push({ kind: "disconnect", epoch: worker.epoch, reason });
    loseWorker(state, worker, reason);
  }
}
