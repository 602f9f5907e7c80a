import type { ClientMessage } from "../messages/client-messages.ts";
import type { HeldOutput } from "../messages/shipped.ts";
import { makeClient, type ClientRecord } from "./client-record.ts";
import type { ExpandedGraph } from "./expand.ts";
import { missValue } from "./losses.ts";
import {
  admit,
  advance,
  functionsOf,
  isHeldBy,
  release,
  reserve,
  retry,
  unreserve,
} from "./runs.ts";
import { forgetQuestions, takeQuestion } from "./questions.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { Run } from "./run.ts";
import { isWanted } from "./marks.ts";
import { nowhere } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { sourceOf } from "./scheduler-state.ts";
import { memory } from "./states.ts";
import { tell, tellFinished } from "./tell-client.ts";

/** A client has connected. */
export function addClient(state: SchedulerState, epoch: number, name: string): void {
  state.journal.note(state.nowMs, { kind: "client-joined", client: name, epoch });
  state.clients.set(epoch, makeClient(epoch, name));
}

/** A client is gone: nobody wants what it wanted, unless it has shared it. */
export function removeClient(state: SchedulerState, client: ClientRecord, reason: string): void {
  const { epoch, name } = client;
  state.journal.note(state.nowMs, { kind: "client-left", client: name, epoch, reason });
  state.clients.delete(client.epoch);
  client.isGone = true;
  forgetQuestions(state, client);
  for (const number of client.coming.keys()) giveUp(state, client, number);
  // Later runs may stand for outputs of earlier ones, never the other way round.
  for (const run of [...client.runs.values()].toSorted((a, b) => b.arrival - a.arrival)) {
    if (!run.dropped) release(state, run, undefined);
  }
}

/** What a client says. What it says of runs that are not known any more is late, and nothing. */
export function handleClientMessage(
  state: SchedulerState,
  client: ClientRecord,
  message: ClientMessage,
): void {
  switch (message.kind) {
    case "submit":
      submit(state, client, message);
      return;
    case "supply":
      state.functions.add(message.functions);
      takeIn(state, client);
      return;
    case "advance": {
      const coming = client.coming.get(message.run);
      if (coming !== undefined) coming.consumed = message.consumed;
      const run = client.runs.get(message.run);
      if (run !== undefined) advance(state, run, message.consumed);
      return;
    }
    case "release": {
      // Single outputs of a run are not released before the client has heard of it.
      if (message.outputs === undefined) releaseComing(state, client, message.run);
      const run = client.runs.get(message.run);
      if (run !== undefined) release(state, run, message.outputs);
      return;
    }
    case "missing": {
      const run = client.runs.get(message.run);
      if (run !== undefined) missOutput(state, run, message);
      return;
    }
    case "retry": {
      const run = client.runs.get(message.run);
      if (run === undefined) return;
      run.round = message.round;
      retry(state, run);
      return;
    }
    case "ask":
      takeQuestion(state, client, message.request, message.question);
      return;
  }
}

function submit(
  state: SchedulerState,
  client: ClientRecord,
  { run, functions, holds, settings, ...given }: Extract<ClientMessage, { kind: "submit" }>,
): void {
  if (client.coming.has(run) || client.runs.has(run)) {
    throw new ProtocolError(`run ${run} was submitted before`);
  }
  state.functions.add(functions);
  // Runs that are on their way in themselves are asked when they are there.
  const known = holds.filter((of) => !client.coming.has(of.run));
  const gone = known.find((of) => !isHeldBy(client, of));
  if (gone !== undefined) {
    // That run may have been rejected while this one was on its way.
    const error = new Error(`output ${gone.output} of run ${gone.run} is not held`);
    noteRejected(state, client, error);
    tell(state, client, { kind: "rejected", run, error });
    return;
  }
  const reserved = known.map((of) => reserve(client, of));
  const coming = { settings, graph: undefined, holds, reserved, isReleased: false, consumed: 0 };
  client.coming.set(run, coming);
  const { graph, keys, source } = given;
  const asked = { graph, keys, source, settings };
  state.instructions.push({ kind: "expand", epoch: client.epoch, run, ...asked });
}

/**
 * A client could not get an output. The worker may have it and be out of the client's reach alone:
 * then the value goes from there all the same, so that the client is sent elsewhere.
 */
function missOutput(
  state: SchedulerState,
  run: Run,
  { output, task, version, worker }: Extract<ClientMessage, { kind: "missing" }>,
): void {
  const t = run.graph.wanted[output];
  if (t === undefined || (run.marks[t]! & isWanted) === 0) return;
  const source = sourceOf(state, run, t);
  const isMeant = source.run.base + source.t === task && source.run.attempt[source.t] === version;
  const lost = isMeant ? missValue(state, worker, task, version) : undefined;
  // Made there again it could be as far away from the client as before.
  if (lost !== undefined) lost.run.missedBy.set(lost.t, otherThan(state, worker));
  // A copy elsewhere is as good; a value that is computed anew will be told of when it is there.
  if (run.state[t] === memory) tellFinished(state, run, t);
}

/** The slot of a worker that is not the one of an epoch, of another one each time. */
function otherThan(state: SchedulerState, epoch: number): number {
  const others = state.workerList.filter((each) => each.epoch !== epoch && !each.isPaused);
  return others[state.cursor++ % others.length]?.slot ?? nowhere;
}

/** The tasks of a submitted graph are written out. */
export function handleExpanded(
  state: SchedulerState,
  client: ClientRecord,
  number: number,
  graph: ExpandedGraph,
): void {
  const coming = client.coming.get(number);
  if (coming === undefined) return;
  const named = new Set(coming.holds.map(nameOf));
  if (!graph.held.every(({ of }) => named.has(nameOf(of)))) {
    throw new ProtocolError(`run ${number} stands for outputs that it does not name`);
  }
  coming.graph = graph;
  takeIn(state, client);
}

function nameOf({ run, output }: HeldOutput): string {
  return `${run}/${output}`;
}

/** The graph of a run is no good, and no run that stands for outputs of it can be. */
export function handleNotExpanded(
  state: SchedulerState,
  client: ClientRecord,
  run: number,
  error: unknown,
): void {
  if (!client.coming.has(run)) return;
  giveUp(state, client, run);
  noteRejected(state, client, error);
  tell(state, client, { kind: "rejected", run, error });
  for (const later of holdersOf(client, run)) handleNotExpanded(state, client, later, error);
}

function noteRejected({ journal, nowMs }: SchedulerState, { name }: ClientRecord, error: unknown) {
  const reason = error instanceof Error ? error.message : String(error);
  journal.note(nowMs, { kind: "run-rejected", client: name, reason });
}

/** Numbers of the runs on their way in that may stand for outputs of another one. */
function holdersOf({ coming }: ClientRecord, run: number): number[] {
  return [...coming].flatMap(([number, { holds }]) =>
    holds.some((of) => of.run === run) ? [number] : [],
  );
}

/** A run will not come in after all. */
function giveUp(state: SchedulerState, client: ClientRecord, number: number): void {
  const coming = client.coming.get(number);
  client.coming.delete(number);
  for (const place of coming?.reserved ?? []) unreserve(state, place);
}

/** A run that is on its way in is not wanted any more; it comes in where a later one needs it. */
function releaseComing(state: SchedulerState, client: ClientRecord, number: number): void {
  const coming = client.coming.get(number);
  if (coming === undefined) return;
  if (holdersOf(client, number).length > 0) coming.isReleased = true;
  else giveUp(state, client, number);
}

/**
 * Takes in all runs whose tasks are written out and for which all functions and values are here.
 */
function takeIn(state: SchedulerState, client: ClientRecord): void {
  for (const [number, coming] of client.coming) {
    const { graph, settings, holds, reserved, consumed } = coming;
    if (graph === undefined || reserved.length < holds.length) continue;
    const functions = functionsOf(graph);
    const missing = state.functions.missing(functions);
    if (missing.length > 0) {
      tell(state, client, { kind: "need", run: number, functions: missing });
      continue;
    }
    client.coming.delete(number);
    const run = admit(state, client, number, { graph, settings, functions });
    for (const place of reserved) unreserve(state, place);
    for (const later of client.coming.values()) {
      const ours = later.holds.filter((of) => of.run === number);
      if (!ours.every((of) => isHeldBy(client, of))) {
        throw new ProtocolError(`run ${number} has no such output`);
      }
      later.reserved.push(...ours.map((of) => reserve(client, of)));
    }
    if (coming.isReleased) release(state, run, undefined);
    else if (consumed > 0) advance(state, run, consumed);
  }
}
