import type { Peer, WorkerMessage, WorkerOffer } from "../messages/worker-messages.ts";
import type { FetchLimits, Wanted } from "./fetching.ts";
import { Fetching } from "./fetching.ts";
import type { PieceSource } from "./pieces-read.ts";
import { Report } from "./report.ts";
import type { RunnableTask, ValueName, WorkerInstruction } from "./worker-events.ts";

/** What a worker goes by. Times are milliseconds. */
export interface WorkerSettings {
  readonly fetch: FetchLimits;
  /** How often it says that it is there; Infinity where nobody need ask. */
  readonly heartbeatMs: number;
  /** A scheduler that was not heard for so long is taken to be out of reach. */
  readonly silenceMs: number;
}

/** The settings of a worker that is told nothing. */
export const workerDefaults: WorkerSettings = {
  fetch: { peersMax: 10, answerBytesMax: 50e6, bytesMax: 200e6 },
  heartbeatMs: 5_000,
  silenceMs: 15_000,
};

/** A task that the scheduler has sent. */
export interface WorkerTask extends RunnableTask {
  /** Values that it waits for; undefined where it never waited, as most do not. */
  missing: Set<Value> | undefined;
  /** Pieces that were fetched for it alone, if there are any; they go with it. */
  pieces: Value[] | undefined;
  /** Its threads have it. */
  isHanded: boolean;
  /** What is known of it since it began: a task that awaits takes no thread. */
  begun: "started" | "awaiting" | undefined;
}

/** A value that is here or on its way. */
export interface Value {
  readonly name: ValueName;
  isHere: boolean;
  /** Tasks that wait for it; undefined where none ever did. */
  readers: Set<WorkerTask> | undefined;
  /** The scheduler wants it here, whether a task reads it or not, and waits for an answer. */
  isOrdered: boolean;
  /** How it is fetched, until it is here. */
  wanted: Wanted | undefined;
}

/** One of the values that a gathering task stands for. */
export interface Member {
  readonly name: ValueName;
  readonly bytes: number;
  /** Workers that have it; none where this one does. */
  readonly holders: readonly number[];
}

/** Who the members of a gathering task are. */
export interface Gathering {
  readonly version: number;
  readonly members: readonly Member[];
}

/** All that a worker knows. The modules beside this one change it, event by event. */
export class WorkerState {
  readonly offer: WorkerOffer;
  readonly settings: WorkerSettings;
  readonly fetching: Fetching;
  /** The last attempt sent of each task that has no answer yet. */
  readonly tasks: Map<number, WorkerTask> = new Map();
  /** Tasks that were given up while threads had them, until nothing of them runs. */
  readonly ending: Map<number, WorkerTask> = new Map();
  /** By the task that made them: there is one version of each. */
  readonly values: Map<number, Value> = new Map();
  readonly gatherings: Map<number, Gathering> = new Map();
  readonly peers: Map<number, Peer> = new Map();
  /** Of programs, the inputs of which they read only pieces. */
  readonly piecesRead: Map<number, ReadonlyMap<number, PieceSource>> = new Map();
  readonly report: Report = new Report();
  instructions: WorkerInstruction[] = [];
  /** What the scheduler calls it; -1 before it has said so. */
  number = -1;
  /** Names given to pieces. */
  pieceCount = 0;
  /** It was told to go when it can. */
  isRetiring = false;

  constructor(offer: WorkerOffer, settings: Partial<WorkerSettings>) {
    this.offer = offer;
    this.settings = { ...workerDefaults, ...settings };
    this.fetching = new Fetching(offer.host, this.settings.fetch);
  }
}

/** Says something to the scheduler, after all that was said before. */
export function tell(state: WorkerState, message: WorkerMessage): void {
  flushReport(state);
  state.instructions.push({ kind: "tell", message });
}

/** Says what has been gathered to be said. */
export function flushReport({ report, instructions }: WorkerState): void {
  for (const message of report.take()) instructions.push({ kind: "tell", message });
}

/** Hands a task to the threads if nothing keeps it: no value, and no earlier attempt. */
export function handOver(state: WorkerState, task: WorkerTask): void {
  if (task.isHanded || isWaiting(task) || state.ending.has(task.task)) return;
  task.isHanded = true;
  state.instructions.push({ kind: "run", task });
}

/** Whether a task waits for a value. */
export function isWaiting({ missing }: WorkerTask): boolean {
  return missing !== undefined && missing.size > 0;
}

/** Has a value deleted from the store, in one go with those dropped just before. */
export function dropValue({ instructions }: WorkerState, name: ValueName): void {
  const last = instructions.at(-1);
  if (last?.kind === "drop") last.values.push(name);
  else instructions.push({ kind: "drop", values: [name] });
}
