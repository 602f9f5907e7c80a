import type { Attempt, ToClientMessage } from "../messages/client-messages.ts";
import type { TaskFailure } from "../messages/failure.ts";
import { noShortValues, shortValuesMax } from "../messages/short-value.ts";
import type { Peer } from "../messages/worker-messages.ts";
import type { ClientRecord } from "./client-record.ts";
import type { Run } from "./run.ts";
import type { SchedulerInstruction } from "./scheduler-events.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { empty, sourceOf } from "./scheduler-state.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Between two reports of how far a run has come, milliseconds. */
export const progressIntervalMs = 50;

/** The client will hear a message. */
export function tell(state: SchedulerState, client: ClientRecord, message: ToClientMessage): void {
  // Others may have what a client that is gone had shared.
  if (client.isGone) return;
  client.outbox.push(message);
  noteTalking(state, client);
}

function noteTalking({ talkingClients }: SchedulerState, client: ClientRecord): void {
  if (client.isTalkedTo) return;
  client.isTalkedTo = true;
  talkingClients.push(client);
}

function note(state: SchedulerState, run: Run): void {
  if (run.client.isGone) return;
  if (!run.hasNews) {
    run.hasNews = true;
    run.client.news.push(run);
  }
  noteTalking(state, run.client);
}

/** The client will hear where the value of an output is, and what it is if that has just come. */
export function tellFinished(state: SchedulerState, run: Run, t: number): void {
  const source = sourceOf(state, run, t);
  const task = source.run.base + source.t;
  const version = source.run.attempt[source.t] as number;
  run.finished.push(run.outputOf[t] as number);
  run.finished.push(task);
  run.finished.push(version);
  const short = state.short.get(task);
  const { newValues } = run.client;
  if (short?.version === version && newValues.length < shortValuesMax) {
    run.client.newValues = [...newValues, short];
  }
  const worker = state.slots[source.run.place[source.t] as number] as WorkerRecord;
  introduce(run.client, worker);
  run.finished.push(worker.epoch);
  run.finished.push(source.run.bytes[source.t] as number);
  note(state, run);
}

/** The client will hear where a worker is, unless it has. */
function introduce(client: ClientRecord, { epoch, address, host }: WorkerRecord): void {
  if (client.knownPeers.has(epoch)) return;
  client.knownPeers.add(epoch);
  client.newPeers.push({ worker: epoch, address, host });
}

/** The client will hear that outputs have failed. */
export function tellFailed(
  state: SchedulerState,
  run: Run,
  outputs: readonly number[],
  failure: TaskFailure,
): void {
  // What had finished before it failed anew is told of first.
  tellNews(run);
  const { client, number, round } = run;
  tell(state, client, { kind: "failed", run: number, round, outputs, failure });
}

/** The client will hear of an attempt that has ended. */
export function tellAttempt(state: SchedulerState, run: Run, attempt: Attempt): void {
  run.attempts.push(attempt);
  note(state, run);
}

/** The client will hear how far a run has come, now or soon, if it asked for that. */
export function tellProgress(state: SchedulerState, run: Run): void {
  if (run.settings.progress) state.progressing.add(run);
}

/** Adds what a client is to be told to a list, the news of runs first; nothing is left. */
export function takeMessages(client: ClientRecord, instructions: SchedulerInstruction[]): void {
  const { epoch, news, outbox } = client;
  for (const run of news) {
    run.hasNews = false;
    if (!run.dropped) tellNews(run);
  }
  empty(news);
  for (const message of outbox) instructions.push({ kind: "tell-client", epoch, message });
  empty(outbox);
}

function tellNews(run: Run): void {
  const { number, attempts, finished, client } = run;
  const { outbox } = client;
  if (attempts.length > 0) {
    outbox.push({ kind: "attempts", run: number, attempts });
    run.attempts = [];
  }
  if (finished.isEmpty) return;
  const [peers, values] = [takePeers(client), client.newValues];
  client.newValues = noShortValues;
  outbox.push({ kind: "finished", run: number, rows: finished.take(), peers, values });
}

const noPeers: readonly Peer[] = Object.freeze([]);

function takePeers(client: ClientRecord): readonly Peer[] {
  const peers = client.newPeers;
  if (peers.length === 0) return noPeers;
  client.newPeers = [];
  return peers;
}

/** Says of runs how far they have come, where that was not said just before. */
export function flushProgress(state: SchedulerState): void {
  const { progressing, nowMs } = state;
  if (progressing.size === 0) return;
  for (const run of progressing) {
    // The same sum as where the tick was asked for: rounded otherwise it might never be over.
    if (nowMs < run.progressMs + progressIntervalMs) continue;
    progressing.delete(run);
    run.progressMs = nowMs;
    const { number, doneCount: done, runningCount: running, retriedCount: retried } = run;
    tell(state, run.client, { kind: "progress", run: number, done, running, retried });
  }
}
