import type { Key } from "@millrace/graph";
import type { Attempt, RunSettings } from "../messages/client-messages.ts";
import { RowsWriter } from "../messages/rows.ts";
import type { FunctionName } from "../messages/shipped.ts";
import type { TaskFailure } from "../messages/failure.ts";
import type { ClientRecord } from "./client-record.ts";
import type { ExpandedGraph } from "./expand.ts";
import type { GroupRecord } from "./groups.ts";
import type { ProgramRecord } from "./programs.ts";
import type { Rule } from "./rules.ts";
import { stateCount } from "./states.ts";

/** The slot of no worker, where a task is with none. */
export const nowhere = 0;

/**
 * The tasks of one submitted graph: a column an attribute, a row a task, some 60 bytes each and 8
 * more an edge. Task `t` has the slot `base + t`. A task comes after all that it reads.
 */
export class Run {
  readonly client: ClientRecord;
  /** The client's own number for it. */
  readonly number: number;
  /** Position among all runs by the time of their coming. */
  readonly arrival: number;
  readonly base: number;
  readonly size: number;
  readonly graph: ExpandedGraph;
  readonly settings: RunSettings;
  /** The highest of the priorities of its tasks: against other runs it counts as a whole. */
  readonly priority: number;
  /** What the tasks run, by the index in `graph.program`. */
  readonly programs: readonly ProgramRecord[];
  /** All functions that its tasks may need. */
  readonly functions: ReadonlySet<FunctionName>;
  /** Where tasks are counted, by the index in `graph.program`. */
  groups: readonly GroupRecord[] = [];
  /** How many tasks are in each state: a row a program, a column a state. */
  readonly counts: Int32Array;
  /** Attempts that were made in its slots before it came. */
  readonly attemptsBefore: number;
  /** When it was taken in. */
  readonly startMs: number;
  /** What the tasks ask for, by the index in `graph.annotation`. */
  readonly rules: readonly Rule[];

  readonly state: Uint8Array;
  /** Inputs that are not in memory; counts only in the state `waiting`. */
  readonly waiting: Int32Array;
  /** Readers that need it and have not run, one more for an output that is wanted. */
  readonly uses: Int32Array;
  /** The slot of the worker that has it in its queue, runs it, or holds its value; or `nowhere`. */
  readonly place: Int32Array;
  readonly bytes: Float32Array;
  /** The last attempt made; of a value in memory, its version. */
  readonly attempt: Int32Array;
  /** The highest of them. */
  lastAttempt: number;
  /** What it was expected to take when it was queued or sent: loads are sums of these. */
  readonly expectedUs: Float32Array;
  readonly failures: Uint8Array;
  /** Workers that died while they had it, since it last ran well. */
  readonly deaths: Uint8Array;
  readonly marks: Uint8Array;
  /** Which output each task is that is one. */
  readonly outputOf: Int32Array;
  /** Workers that hold a value beside `place`. */
  readonly replicas: Map<number, number[]> = new Map();
  /** Why tasks failed by themselves. */
  readonly failed: Map<number, TaskFailure> = new Map();
  /** Of tasks that failed with something that they read, which one it was. */
  readonly blamed: Map<number, number> = new Map();
  /** Names of workers that a task failed on. */
  readonly failedOn: Map<number, string[]> = new Map();
  /** Of tasks that workers died of, these workers; what is older than `deaths` is forgiven. */
  readonly killed: Map<number, { readonly worker: string; readonly epoch: number }[]> = new Map();
  /** Of tasks that stand for outputs of other runs, the slot of that output. */
  readonly sources: Map<number, number> = new Map();
  /** Of outputs that runs on their way in may stand for, how many of these there are. */
  readonly reserved: Map<number, number> = new Map();
  /** Of tasks that other runs stand in for, the slots of those. */
  readonly aliases: Map<number, number[]> = new Map();
  /**
   * Of values that could be had from nobody, the worker where they are made anew: the one that
   * needs them, or for a client one that it may be able to reach.
   */
  readonly missedBy: Map<number, number> = new Map();
  /** Workers that know the members of a gathering task. */
  readonly gatherKnown: Map<number, Set<number>> = new Map();

  /**
   * Ready tasks that need nothing, neighbours together; those before `rootsTaken` are with workers.
   * Ascending in a stream, where they become ready in this order.
   */
  readonly roots: Int32Array;
  /** Tasks that will run: those that gather or stand for others do no work. */
  readonly taskCount: number;
  rootsTaken = 0;
  /** The roots from here on are beyond `limit`. */
  rootsEnd = 0;
  /**
   * Parts of the roots that workers had taken and lost: positions of the first and behind the last.
   */
  readonly spareRoots: { readonly next: number; readonly end: number }[] = [];
  /** Tasks from this one on are not started: the reader of the stream is not so far. */
  limit = 0;
  /** How many tasks are in the state `parked`. */
  parkedCount = 0;
  /** Ready tasks from `limit` on. */
  beyond: number[] = [];
  /** Outputs that are wanted, and how often other runs stand for one or may come to. */
  holds = 0;
  doneCount = 0;
  runningCount = 0;
  retriedCount = 0;
  /** Rows of `finished` that the client has not been told yet. */
  readonly finished: RowsWriter = new RowsWriter();
  /** Attempts that the client has not been told of yet. */
  attempts: Attempt[] = [];
  /** It is in the list of the client's runs with news. */
  hasNews = false;
  /** How often the client has asked to try again what failed, as far as was heard. */
  round = 0;
  /** When the client was told last how far the run has come. */
  progressMs: number = -Infinity;
  /** Its values come from its client: see `scatter.ts`. */
  isScattered = false;
  /** Its client knows that tasks of it wait for a worker. */
  isStrandedTold = false;
  /** Its slots have been given back. */
  dropped = false;

  constructor(options: {
    readonly client: ClientRecord;
    readonly number: number;
    readonly arrival: number;
    readonly startMs: number;
    readonly base: number;
    readonly attempts: number;
    readonly graph: ExpandedGraph;
    readonly settings: RunSettings;
    readonly programs: readonly ProgramRecord[];
    readonly functions: ReadonlySet<FunctionName>;
    readonly rules: readonly Rule[];
  }) {
    const { graph, settings, attempts } = options;
    const { size, wanted } = graph;
    this.client = options.client;
    this.number = options.number;
    this.arrival = options.arrival;
    this.startMs = options.startMs;
    this.attemptsBefore = attempts;
    this.base = options.base;
    this.size = size;
    this.graph = graph;
    this.settings = settings;
    this.priority = Math.max(...options.rules.map(({ priority }) => priority));
    this.programs = options.programs;
    this.functions = options.functions;
    this.rules = options.rules;
    const { tables } = graph;
    this.counts = tables.counts;
    this.state = tables.state;
    this.waiting = tables.waiting;
    this.uses = tables.uses;
    this.marks = tables.marks;
    this.outputOf = tables.outputOf;
    this.roots = tables.roots;
    this.taskCount = tables.taskCount;
    // As zeros these cost nothing yet.
    this.place = new Int32Array(size);
    this.bytes = new Float32Array(size);
    this.attempt = new Int32Array(size);
    if (attempts > 0) this.attempt.fill(attempts);
    this.lastAttempt = attempts;
    this.expectedUs = new Float32Array(size);
    this.failures = new Uint8Array(size);
    this.deaths = new Uint8Array(size);
    this.holds = wanted.length;
    this.raiseLimit(limitAt(graph.stops, settings.lookahead, 0));
  }

  /** Lets tasks below `limit` start; it never falls. */
  raiseLimit(limit: number): void {
    this.limit = Math.max(this.limit, limit);
    if (this.limit >= this.size) this.rootsEnd = this.roots.length;
    while (
      this.rootsEnd < this.roots.length &&
      (this.roots[this.rootsEnd] as number) < this.limit
    ) {
      this.rootsEnd++;
    }
  }

  keyOf(t: number): Key {
    return this.graph.keyOf(t);
  }

  ruleOf(t: number): Rule {
    return this.rules[this.graph.annotation[t] as number] as Rule;
  }

  programOf(t: number): ProgramRecord {
    return this.programs[this.graph.program[t] as number] as ProgramRecord;
  }

  /** How many of its tasks are in a state. */
  countOf(state: number): number {
    let count = 0;
    for (let at = state; at < this.counts.length; at += stateCount) {
      count += this.counts[at] as number;
    }
    return count;
  }

  /** Counts one more attempt at a task. */
  beginAttempt(t: number): void {
    const attempt = ++this.attempt[t]!;
    if (attempt > this.lastAttempt) this.lastAttempt = attempt;
  }

  /**
   * Visits the tasks that are in a state when their turn comes, in their order. Cost: little more
   * than those that are.
   */
  eachIn(state: number, visit: (t: number) => void): void {
    const all = this.state;
    for (let t = all.indexOf(state); t >= 0; t = all.indexOf(state, t + 1)) visit(t);
  }

  groupOf(t: number): GroupRecord {
    return this.groups[this.graph.program[t] as number] as GroupRecord;
  }
}

/** The first task that must not start yet: that which no output below the horizon needs. */
export function limitAt(
  stops: Int32Array | undefined,
  lookahead: number | undefined,
  consumed: number,
): number {
  if (stops === undefined || lookahead === undefined) return Infinity;
  return stops[Math.min(stops.length - 1, consumed + lookahead)] as number;
}
