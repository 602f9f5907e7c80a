import type { Answer, Question } from "../messages/questions.ts";
import type { Rows } from "../messages/rows.ts";
import type { Peer } from "../messages/worker-messages.ts";
import type { ClientRecord } from "./client-record.ts";
import type { CopyItem, CopyWork } from "./copies.ts";
import { newCopyWork, pumpCopies } from "./copies.ts";
import { holdersOf, stayingHolders } from "./holders.ts";
import { releaseCopy, spread } from "./rebalance.ts";
import type { Run } from "./run.ts";
import { placesFor, scatteredRun } from "./scatter.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { expectStranded, sourceOf } from "./scheduler-state.ts";
import { memory } from "./states.ts";
import { tell } from "./tell-client.ts";

/** A question of a client whose answer takes its time: values are copied first. */
export interface OpenQuestion {
  readonly client: ClientRecord;
  readonly request: number;
  readonly question: Extract<Question, { kind: "replicate" | "rebalance" }>;
  readonly work: CopyWork;
  /** Of values that move, the epoch of the worker whose copy goes. */
  readonly from: ReadonlyMap<CopyItem, number>;
  copiedCount: number;
}

/** A client that has values and no worker to give them to. */
export interface UnplacedScatter {
  readonly client: ClientRecord;
  readonly request: number;
  readonly question: Extract<Question, { kind: "scatter" }>;
  readonly sinceMs: number;
}

/** A client asks something. */
export function takeQuestion(
  state: SchedulerState,
  client: ClientRecord,
  request: number,
  question: Question,
): void {
  if (question.kind === "rebalance") {
    const { queue, from } = spread(state);
    const work = { ...newCopyWork(), queue };
    state.questions.add({ client, request, question, work, from, copiedCount: 0 });
    return;
  }
  if (question.kind === "scatter") {
    const scattered = scatteredRun(state, client, question);
    if (state.staying.length === 0) {
      state.unplacedScatters.push({ client, request, question, sinceMs: state.nowMs });
      expectStranded(state);
    } else reply(state, client, request, placesFor(state, scattered));
    return;
  }
  const run = client.runs.get(question.run);
  const count = run?.graph.wanted.length ?? 0;
  const outputs = question.outputs ?? Array.from({ length: count }, (_, output) => output);
  if (run === undefined || outputs.some((output) => run.graph.wanted[output] === undefined)) {
    const reason = `run ${question.run} is not known, or has no such output`;
    reply(state, client, request, { kind: "refused", reason });
  } else if (question.kind === "who-has") {
    reply(state, client, request, whoHas(state, run, outputs));
  } else {
    const work = { ...newCopyWork(), queue: copiesOf(state, run, outputs, question.copies) };
    const open = { client, request, work, from: new Map<CopyItem, number>(), copiedCount: 0 };
    state.questions.add({ ...open, question: { ...question, outputs } });
  }
}

/** A worker has come: those are answered who had none to give values to. */
export function placeScatters(state: SchedulerState): void {
  const { unplacedScatters } = state;
  state.unplacedScatters = [];
  for (const { client, request, question } of unplacedScatters) {
    const run = client.runs.get(question.run);
    const reason = `run ${question.run} was released`;
    reply(
      state,
      client,
      request,
      run === undefined ? { kind: "refused", reason } : placesFor(state, run),
    );
  }
}

/** Nobody is going to bring these values to a worker. */
export function refuseScatter(
  state: SchedulerState,
  { client, request }: UnplacedScatter,
  reason: string,
): void {
  reply(state, client, request, { kind: "refused", reason });
}

function reply(state: SchedulerState, client: ClientRecord, request: number, answer: Answer): void {
  tell(state, client, { kind: "answer", request, answer });
}

function whoHas(state: SchedulerState, run: Run, outputs: Rows): Answer {
  const rows: number[] = [];
  const peers = new Map<number, Peer>();
  for (const output of outputs) {
    const t = run.graph.wanted[output] as number;
    const isThere = run.state[t] === memory;
    const source = sourceOf(state, run, t);
    const holders = isThere ? holdersOf(state, source.run, source.t) : [];
    rows.push(output, isThere ? (source.run.bytes[source.t] as number) : 0, holders.length);
    for (const { epoch, address, host } of holders) {
      rows.push(epoch);
      peers.set(epoch, { worker: epoch, address, host });
    }
  }
  return { kind: "holders", rows, peers: [...peers.values()] };
}

/** One item for each copy that is missing, the last output first: they are taken from the end. */
function copiesOf(
  state: SchedulerState,
  run: Run,
  outputs: Rows,
  asked: number | undefined,
): CopyItem[] {
  const copies = Math.min(asked ?? Infinity, state.staying.length);
  const items: CopyItem[] = [];
  for (const output of outputs.toReversed()) {
    const t = run.graph.wanted[output] as number;
    if (run.state[t] !== memory) continue;
    const source = sourceOf(state, run, t);
    const id = source.run.base + source.t;
    const version = source.run.attempt[source.t] as number;
    const missing = copies - stayingHolders(state, source.run, source.t);
    for (let n = 0; n < missing; n++) {
      items.push({ id, version, copies, to: undefined, tried: new Set() });
    }
  }
  return items;
}

/** Goes on with all questions that wait for copies, and answers those that wait no longer. */
export function pumpQuestions(state: SchedulerState): void {
  for (const open of state.questions) {
    const { client, request, work, from } = open;
    pumpCopies(state, work);
    open.copiedCount += work.copied.length;
    for (const item of work.copied) {
      const epoch = from.get(item);
      if (epoch !== undefined) releaseCopy(state, item, epoch);
    }
    work.copied = [];
    if (work.queue.length + work.movingCount > 0) continue;
    state.questions.delete(open);
    reply(state, client, request, answerTo(state, open));
  }
}

function answerTo(
  state: SchedulerState,
  { client, question, work, copiedCount }: OpenQuestion,
): Answer {
  if (question.kind === "rebalance") {
    return { kind: "rebalanced", moved: copiedCount, stuck: work.stuck.length };
  }
  const run = client.runs.get(question.run);
  const wanted = question.copies ?? state.staying.length;
  const short = (question.outputs ?? []).filter((output) => {
    const t = run?.graph.wanted[output];
    if (run === undefined || t === undefined || run.state[t] !== memory) return true;
    const source = sourceOf(state, run, t);
    return stayingHolders(state, source.run, source.t) < wanted;
  });
  return { kind: "replicated", copied: copiedCount, short };
}

/** A client is gone: nobody waits for its answers. Copies that are on their way stay. */
export function forgetQuestions(state: SchedulerState, client: ClientRecord): void {
  for (const open of state.questions) if (open.client === client) state.questions.delete(open);
  state.unplacedScatters = state.unplacedScatters.filter((each) => each.client !== client);
}
