import { plainSettings as settings } from "../messages/client-messages.ts";
import type { Answer, Question } from "../messages/questions.ts";
import type { Peer } from "../messages/worker-messages.ts";
import type { ClientRecord } from "./client-record.ts";
import type { ExpandedColumns, ExpandedGraph } from "./expand.ts";
import { failureOf } from "./losses.ts";
import { hasArrived, isWanted } from "./marks.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { Run } from "./run.ts";
import { tablesOf } from "./run-tables.ts";
import { admit } from "./runs.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { memory, waiting } from "./states.ts";
import { announce, fail, setState } from "./tasks.ts";
import { isScattered } from "./traits.ts";
import type { WorkerRecord } from "./worker-record.ts";

type Scatter = Extract<Question, { kind: "scatter" }>;

/** The run of values that a client has itself; made where it is asked for the first time. */
export function scatteredRun(state: SchedulerState, client: ClientRecord, question: Scatter): Run {
  const known = client.runs.get(question.run);
  if (known !== undefined || client.coming.has(question.run)) {
    if (known?.isScattered === true) return known;
    throw new ProtocolError(`run ${question.run} was submitted before`);
  }
  const { keys, bytes } = question;
  if (keys.length === 0 || keys.length !== bytes.length) {
    throw new ProtocolError(`${keys.length} keys and ${bytes.length} sizes of scattered values`);
  }
  const graph = graphOf(keys);
  const run = admit(state, client, question.run, { graph, settings, functions: new Set() });
  run.isScattered = true;
  run.bytes.set(bytes);
  // No attempt of these slots was or will be like it, so that whatever comes late is known by it.
  for (let t = 0; t < run.size; t++) run.beginAttempt(t);
  return run;
}

/** A task for each value, which nobody runs. */
function graphOf(keys: Scatter["keys"]): ExpandedGraph {
  const size = keys.length;
  const none = new Int32Array(0);
  const edges = { size, offsets: new Int32Array(size + 1), targets: none };
  const columns: ExpandedColumns = {
    size,
    keyOf: (t) => keys[t] as string,
    inputs: edges,
    readers: edges,
    program: new Int32Array(size),
    programs: [],
    constantOffsets: new Int32Array(size + 1),
    constants: [],
    annotation: new Int32Array(size),
    annotations: [undefined],
    traits: new Uint8Array(size).fill(isScattered),
    held: [],
    wanted: Int32Array.from(keys, (_, t) => t),
    stops: undefined,
  };
  return { ...columns, tables: tablesOf(columns, none, settings) };
}

/** Where the values of a run that are not there are to be put: one worker after the other. */
export function placesFor(state: SchedulerState, run: Run): Answer {
  const open = state.staying.filter(({ isPaused }) => !isPaused);
  const workers = open.length > 0 ? open : state.staying;
  const rows: number[] = [];
  const peers = new Map<number, Peer>();
  for (let t = 0; t < run.size && workers.length > 0; t++) {
    if (run.state[t] !== waiting) continue;
    const { epoch, address, host } = workers[state.cursor++ % workers.length] as WorkerRecord;
    rows.push(run.outputOf[t] as number, run.base + t, run.attempt[t] as number, epoch);
    peers.set(epoch, { worker: epoch, address, host });
  }
  return { kind: "places", rows, peers: [...peers.values()] };
}

/** Whether a task waits for a value that a client is to give to a worker. */
export function isAwaited(run: Run, t: number): boolean {
  return run.isScattered && run.state[t] === waiting && (run.marks[t]! & hasArrived) === 0;
}

/** A worker has been given a value that nobody has yet. */
export function arriveAt(state: SchedulerState, run: Run, t: number, worker: WorkerRecord): void {
  run.marks[t]! |= hasArrived;
  run.place[t] = worker.slot;
  run.doneCount++;
  worker.storedBytes += run.bytes[t] as number;
  setState(state, run, t, memory);
  announce(state, run, t);
}

/** Clients have released values before they brought them: where others read one, it is lost. */
export function giveUpScattered(state: SchedulerState): void {
  for (const id of state.abandoned.splice(0)) {
    const run = state.ids.runOf(id);
    const t = id - (run?.base ?? 0);
    if (run === undefined || run.uses[t] === 0 || !isAwaited(run, t)) continue;
    fail(state, run, t, failureOf(run, t, "lost", undefined));
  }
}

/**
 * A value that is needed has no copy: where it had one, it is lost for ever, and so it is where its
 * client has given it up, whoever tries again to read it.
 */
export function deriveScattered(state: SchedulerState, run: Run, t: number): void {
  setState(state, run, t, waiting);
  const isComing = (run.marks[t]! & hasArrived) === 0 && (run.marks[t]! & isWanted) !== 0;
  if (isComing) return;
  fail(state, run, t, failureOf(run, t, "lost", undefined));
}
