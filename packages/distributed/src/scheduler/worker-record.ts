import type { FunctionName } from "../messages/shipped.ts";
import type { WorkerOffer } from "../messages/worker-messages.ts";
import type { ReadyHeap } from "./ready-heap.ts";
import type { Rule } from "./rules.ts";
import type { Run } from "./run.ts";
import { WorkerOutbox } from "./worker-outbox.ts";

/** A part of the roots of a run that one worker has to itself, until others take some of it. */
export interface RootInterval {
  readonly run: Run;
  /** Positions in the roots of the run: the next one to start, and the end. */
  next: number;
  end: number;
}

/** An amount of something that tasks need and give back. */
export interface ResourcePool {
  readonly total: number;
  free: number;
}

/** Tasks that a worker remembers as near to it. */
export const nearbyMax = 8;
/** The part of its work that a worker may spend waiting for more of its own. */
const patienceShare = 0.04;

/** A worker that is connected: what it can do, what it has to do, what it holds. */
export class WorkerRecord {
  /** The number of its connection, which is what others call it. */
  readonly epoch: number;
  /** Where it stands in the tables here; another worker may have the slot later. */
  readonly slot: number;
  readonly name: string;
  readonly address: string;
  readonly host: string;
  readonly threads: number;
  readonly memoryBytesMax: number;
  readonly resources: ReadonlyMap<string, ResourcePool>;
  /** Its connection is gone; what still refers to it must not be heeded. */
  isGone = false;
  /** Too little memory is free: it gets no tasks. */
  isPaused = false;
  /** Tasks were asked back from it: until it ends one, it gets no more than it has threads. */
  isStuck = false;
  /** When they were asked back last. */
  recalledMs = 0;
  /** It gets no tasks until it has none, and then one that must run alone. */
  isDraining = false;
  /** Such a task runs here now. */
  isSolitary = false;
  /** Ready tasks that shall run here, and how many of the entries are meant. */
  readonly queue: ReadyHeap;
  queuedCount = 0;
  queuedUs = 0;
  /** Those of them that not every worker may run at any time, by their rule. */
  readonly constrained: Map<Rule, ReadyHeap> = new Map();
  interval: RootInterval | undefined;
  /** Tasks that it was sent and has not answered, and those of them that take a thread. */
  sentCount = 0;
  activeCount = 0;
  activeUs = 0;
  /** Those that take a thread and are known to have begun. */
  startedCount = 0;
  /** Bytes of the values that it holds. */
  storedBytes = 0;
  /** Where it stands in the list of those with something that others may take, or -1. */
  richAt = -1;
  /** Where it stands in the list of those with a free slot and nothing to do, or -1. */
  idleAt = -1;
  /** Since when it has been in that list. */
  idleSinceMs = 0;
  /** How long it may still wait for work of its own before it takes any that others have. */
  patienceUs = 0;
  /** The task whose value it made last, or -1. */
  lastMade = -1;
  /**
   * Tasks that went to others though it holds some of their inputs: the last few, in a ring, of
   * which most have long run.
   */
  readonly nearby: number[] = [];
  nearbyCount = 0;
  /** It is in the list of those that are told something. */
  isTalkedTo = false;
  /** It is in the list of those to be looked at before the event ends. */
  isTouched = false;
  lastSeenMs: number;
  /** When it ended a task last, or got the first one. */
  lastDoneMs: number;
  readonly knownFunctions: Set<FunctionName> = new Set();
  /** The program of the task sent last, which it knows; -1 where that is not certain. */
  lastProgram = -1;
  readonly knownPrograms: Set<number> = new Set();
  readonly knownPeers: Set<number> = new Set();
  readonly outbox: WorkerOutbox = new WorkerOutbox();

  constructor(
    place: { readonly epoch: number; readonly slot: number },
    offer: WorkerOffer,
    queue: ReadyHeap,
    nowMs: number,
  ) {
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
    this.lastSeenMs = nowMs;
    this.lastDoneMs = nowMs;
  }

  /** It has ended a task, and has earned some patience. */
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
