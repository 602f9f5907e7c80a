import type { FunctionName } from "../messages/shipped.ts";
import type { WorkerOffer } from "../messages/worker-messages.ts";
import type { ReadyHeap } from "./ready-heap.ts";
import type { Rule } from "./rules.ts";
import type { Run } from "./run.ts";
import type { WorkerOutbox } from "./worker-outbox.ts";

/** An amount of something that tasks need and give back. */
export interface ResourcePool {
  readonly total: number;
  free: number;
}

/** A value that a worker was said to hold and that another one did not get from it. */
export interface Denial {
  readonly id: number;
  readonly version: number;
  /** The epoch of the worker that tells of it. */
  readonly teller: number;
  readonly atMs: number;
}

/** Columns of a row. */
const [activeUs, queuedUs, storedBytes, lastSeenMs, lastDoneMs] = [0, 1, 2, 3, 4] as const;
const [idleSinceMs, patienceUs, lastMade] = [5, 6, 7] as const;
/** A row fills a cache line. */
const columns = 8;

/** What changes with every report of a worker and is no small number: a row a worker, by slot. */
export class WorkerLoads {
  cells: Float64Array = new Float64Array(0);

  /** Where the row of a slot begins, all 0. */
  rowOf(slot: number): number {
    const at = slot * columns;
    if (at >= this.cells.length) {
      const { cells } = this;
      this.cells = new Float64Array(2 * (at + columns));
      this.cells.set(cells);
    }
    this.cells.fill(0, at, at + columns);
    return at;
  }
}

/** Tasks that a worker remembers as near to it. */
export const nearbyMax = 8;
/** The part of its work that a worker may spend waiting for more of its own. */
const patienceShare = 0.04;

/**
 * A worker that is connected: what it can do, what it has to do, what it holds. With many workers
 * each report finds its worker in no cache, so what every report needs stands together: the fields
 * up to `lastProgram`, and a row of {@link WorkerLoads}.
 */
export class WorkerRecord {
  readonly #loads: WorkerLoads;
  /** Where its row begins. */
  readonly #at: number;
  /** The number of its connection, which is what others call it. */
  readonly epoch: number;
  /** Where it stands in the tables here; another worker may have the slot later. */
  readonly slot: number;
  readonly threads: number;
  /** Tasks that it was sent and has not answered, and those of them that take a thread. */
  sentCount = 0;
  activeCount = 0;
  /** Those that take a thread and are known to have begun. */
  startedCount = 0;
  /** Its connection is gone; what still refers to it must not be heeded. */
  isGone = false;
  /** Too little memory is free: it gets no tasks. */
  isPaused = false;
  /** It wants to go: nothing is placed on it. */
  isRetiring = false;
  /** Tasks were asked back from it: until it ends one, it gets no more than it has threads. */
  isStuck = false;
  /** When they were asked back last. */
  recalledMs = 0;
  /** It gets no tasks until it has none, and then one that must run alone. */
  isDraining = false;
  /** Such a task runs here now. */
  isSolitary = false;
  /** It is in the list of those to be looked at before the event ends. */
  isTouched = false;
  /** What it is to be told at the end of this event, where there is anything. */
  outbox: WorkerOutbox | undefined;
  /**
   * The run of which it has a part of the roots to itself, until others take some of it; and the
   * positions in the roots of that run of the next one to start, and of the end.
   */
  rootRun: Run | undefined;
  rootsNext = 0;
  rootsEnd = 0;
  /** Ready tasks that shall run here. */
  queuedCount = 0;
  /** Where it stands in the list of those with something that others may take, or -1. */
  richAt = -1;
  /** Where it stands in the list of those with a free slot and nothing to do, or -1. */
  idleAt = -1;
  /**
   * Tasks that went to others though it holds some of their inputs: the last few, in a ring, of
   * which most have long run.
   */
  readonly nearby: number[] = [];
  nearbyCount = 0;
  /** The program of the task sent last, which it knows; -1 where that is not certain. */
  lastProgram = -1;
  /** Its queued tasks, stale entries among them. */
  readonly queue: ReadyHeap;
  /** Those that need resources, by what they need. */
  readonly constrained: Map<Rule, ReadyHeap> = new Map();
  /** Values that it was told to fetch for no task, and their bytes. */
  copyingCount = 0;
  copyingBytes = 0;
  /** Attempts that it has ended well, and by an error; and what they took together. */
  doneCount = 0;
  failedCount = 0;
  busyUs = 0;
  /** What it did not give of late; a few at most. */
  denials: readonly Denial[] = [];
  /** It was sent away for them. */
  isDistrusted = false;
  readonly joinedMs: number;
  readonly name: string;
  readonly address: string;
  readonly host: string;
  readonly memoryBytesMax: number;
  readonly resources: ReadonlyMap<string, ResourcePool>;
  readonly knownFunctions: Set<FunctionName> = new Set();
  readonly knownPrograms: Set<number> = new Set();
  readonly knownPeers: Set<number> = new Set();

  constructor(
    place: { readonly epoch: number; readonly slot: number },
    offer: WorkerOffer,
    queue: ReadyHeap,
    loads: WorkerLoads,
    nowMs: number,
  ) {
    this.#loads = loads;
    this.#at = loads.rowOf(place.slot);
    this.epoch = place.epoch;
    this.slot = place.slot;
    this.name = offer.name;
    this.address = offer.address;
    this.host = offer.host;
    this.threads = offer.threads;
    this.memoryBytesMax = offer.memoryBytesMax;
    this.resources = new Map(
      Object.entries(offer.resources).map(([name, total]) => [name, { total, free: total }]),
    );
    this.queue = queue;
    this.joinedMs = nowMs;
    this.lastSeenMs = nowMs;
    this.lastDoneMs = nowMs;
    this.lastMade = -1;
  }

  /** What the tasks that take a thread are expected to take. */
  get activeUs(): number {
    return this.#loads.cells[this.#at + activeUs] as number;
  }

  set activeUs(us: number) {
    this.#loads.cells[this.#at + activeUs] = us;
  }

  /** And those that are queued. */
  get queuedUs(): number {
    return this.#loads.cells[this.#at + queuedUs] as number;
  }

  set queuedUs(us: number) {
    this.#loads.cells[this.#at + queuedUs] = us;
  }

  /** Bytes of the values that it holds. */
  get storedBytes(): number {
    return this.#loads.cells[this.#at + storedBytes] as number;
  }

  set storedBytes(bytes: number) {
    this.#loads.cells[this.#at + storedBytes] = bytes;
  }

  /** When it spoke last. */
  get lastSeenMs(): number {
    return this.#loads.cells[this.#at + lastSeenMs] as number;
  }

  set lastSeenMs(ms: number) {
    this.#loads.cells[this.#at + lastSeenMs] = ms;
  }

  /** When it ended a task last, or got the first one. */
  get lastDoneMs(): number {
    return this.#loads.cells[this.#at + lastDoneMs] as number;
  }

  set lastDoneMs(ms: number) {
    this.#loads.cells[this.#at + lastDoneMs] = ms;
  }

  /** Since when it has had a free slot and nothing to do. */
  get idleSinceMs(): number {
    return this.#loads.cells[this.#at + idleSinceMs] as number;
  }

  set idleSinceMs(ms: number) {
    this.#loads.cells[this.#at + idleSinceMs] = ms;
  }

  /** How long it may still wait for work of its own before it takes any that others have. */
  get patienceUs(): number {
    return this.#loads.cells[this.#at + patienceUs] as number;
  }

  set patienceUs(us: number) {
    this.#loads.cells[this.#at + patienceUs] = us;
  }

  /** The task whose value it made last, or -1. */
  get lastMade(): number {
    return this.#loads.cells[this.#at + lastMade] as number;
  }

  set lastMade(id: number) {
    this.#loads.cells[this.#at + lastMade] = id;
  }

  /** Others may take something from it. */
  get isRich(): boolean {
    return this.queuedCount > 0 || (this.rootRun !== undefined && this.rootsNext < this.rootsEnd);
  }

  /** It has ended a task that others read, and has earned some patience. */
  noteMade(id: number, us: number): void {
    this.lastMade = id;
    this.patienceUs += (patienceShare * us) / this.threads;
  }

  /** Remembers a task that it might run at little cost. */
  noteNearby(id: number): void {
    this.nearby[this.nearbyCount++ % nearbyMax] = id;
  }

  /**
   * How long a task that is queued now would wait for a thread, in microseconds: as long as all
   * before it is expected to take. What has taken far longer already will go on for a while.
   */
  waitUs(nowMs: number): number {
    if (this.activeCount < this.threads && this.queuedCount === 0) return 0;
    const expectedUs = (this.activeUs + this.queuedUs) / this.threads;
    if (this.activeCount < this.threads) return expectedUs;
    return Math.max(expectedUs, ((nowMs - this.lastDoneMs) * 1000) / 2);
  }
}
