import type { ShortValue } from "../messages/short-value.ts";
import type { Backlog } from "./backlog.ts";
import { AttemptRing } from "./attempt-ring.ts";
import { makeClient, type ClientRecord } from "./client-record.ts";
import type { Copying } from "./copies.ts";
import { Functions } from "./functions.ts";
import { Groups } from "./groups.ts";
import { Journal } from "./journal.ts";
import { Programs } from "./programs.ts";
import { isMoreUrgent } from "./ready-heap.ts";
import type { OpenQuestion, UnplacedScatter } from "./questions.ts";
import type { Retirement } from "./retire.ts";
import type { Rule } from "./rules.ts";
import { suits } from "./rules.ts";
import type { Run } from "./run.ts";
import type { SchedulerInstruction } from "./scheduler-events.ts";
import type { SchedulerSettings } from "./settings.ts";
import { Story } from "./story.ts";
import { TaskIds } from "./task-ids.ts";
import { WorkerOutbox } from "./worker-outbox.ts";
import type { WorkerRecord } from "./worker-record.ts";
import { WorkerLoads } from "./worker-record.ts";

/** A ready task that no worker here may run. */
export interface Stranded {
  readonly id: number;
  readonly sinceMs: number;
}

/** A place in the tables: a run and a task of it. */
export interface Place {
  readonly run: Run;
  readonly t: number;
}

/** All that the scheduler knows. The modules beside this one change it, event by event. */
export class SchedulerState {
  readonly settings: SchedulerSettings;
  readonly ids: TaskIds = new TaskIds();
  readonly programs: Programs = new Programs();
  readonly functions: Functions;
  readonly story: Story;
  readonly groups: Groups = new Groups();
  readonly attempts: AttemptRing;
  readonly journal: Journal;
  /** By the number of the connection. */
  readonly workers: Map<number, WorkerRecord> = new Map();
  /** By slot, which is how the tables of runs name workers; nobody has the first one. */
  readonly slots: (WorkerRecord | undefined)[] = [undefined];
  readonly loads: WorkerLoads = new WorkerLoads();
  /** Slots of workers that are gone, for those to come. */
  readonly freeSlots: number[] = [];
  /** Names of workers that are gone, the last ones, by the number of the connection. */
  readonly formerNames: Map<number, string> = new Map();
  /** The same workers as a list. */
  readonly workerList: WorkerRecord[] = [];
  /** Those that do not retire, for picking some: only they are given anything. */
  readonly staying: WorkerRecord[] = [];
  /** Those that do, and have not been told to go. */
  readonly retiring: Map<WorkerRecord, Retirement> = new Map();
  /** By the slot of their task, values that workers were told to fetch for no task. */
  readonly copying: Map<number, Copying[]> = new Map();
  /** Questions of clients that are answered when values have been copied. */
  readonly questions: Set<OpenQuestion> = new Set();
  unplacedScatters: UnplacedScatter[] = [];
  /** Values that their clients were to bring and have released; settled before the event ends. */
  abandoned: number[] = [];
  readonly clients: Map<number, ClientRecord> = new Map();
  /**
   * Whoever wants what tasks make for which nobody waits: a client like others, so that they are
   * made again where they are lost, but nobody is told what it is told. See `keeper.ts`.
   */
  readonly keeper: ClientRecord = {
    ...makeClient(-1, "fire-and-forget"),
    // Who is taken to be in the list of those that are told something is never put into it.
    isTalkedTo: true,
  };
  readonly runs: Set<Run> = new Set();
  /** Runs with roots that no worker has taken, the most urgent first. */
  readonly rootRuns: Run[] = [];
  /** Tasks whose last input has come with this event; they are placed before it ends. */
  readonly ready: number[] = [];
  /** Others that are ready, of which there may be very many; each event places a part of them. */
  readonly backlog: Backlog[] = [];
  /** Slots of tasks that nobody needs and that are still to be let go of. */
  readonly unneeded: number[] = [];
  /** How many more tasks may be let go of in this event. */
  lettingRoom = 0;
  /** Waiting tasks of which what they wait for has come or failed already. */
  readonly settling: number[] = [];
  /** Runs whose counters do not follow from the facts any more; mended before the event ends. */
  readonly stale: Set<Run> = new Set();
  /** Ready tasks that must run alone. */
  readonly suspects: number[] = [];
  /** How many workers are kept free for them. */
  drainingCount = 0;
  /** Those that wait longest first; each is looked at again when a worker comes. */
  unplaced: Stranded[] = [];
  /** Since when no worker takes tasks, where that is so. */
  desertedMs: number;
  /** Short values that have come with the report that is being read, by slot. */
  readonly short: Map<number, ShortValue> = new Map();
  /** Tasks that have begun, by slot, since when; those that were told of as slow are left out. */
  readonly started: Map<number, number> = new Map();
  /** When these are to be looked through. */
  slowLookMs: number = -Infinity;
  /** When what waits for a worker is to be looked through. */
  strandedLookMs: number = Infinity;
  /** Workers with queued tasks or roots that others may take. */
  readonly rich: WorkerRecord[] = [];
  /** Workers with a free slot that found nothing to do. */
  readonly idle: WorkerRecord[] = [];
  /** Workers to be given tasks before the event ends. */
  readonly touched: WorkerRecord[] = [];
  /** For each rule, the workers that may run its tasks; made when it is asked for. */
  readonly suitable: Map<Rule, WorkerRecord[]> = new Map();
  readonly instructions: SchedulerInstruction[] = [];
  /** Workers and clients that are to be told something before the event ends. */
  readonly talking: WorkerRecord[] = [];
  readonly talkingClients: ClientRecord[] = [];
  /** Outboxes that no worker has now. */
  readonly spareOutboxes: WorkerOutbox[] = [];
  /** Runs whose client is to hear how far they have come, but not yet again. */
  readonly progressing: Set<Run> = new Set();
  /** Outputs that are kept for whoever is given them, by a number of their own. */
  readonly shares: Map<number, readonly Place[]> = new Map();
  /** Workers that have more tasks than threads. */
  crowdedCount = 0;
  /** When the next tick has been asked for. */
  wakeMs: number = -Infinity;
  /** When the workers were last looked through for silent ones. */
  expiryMs: number;
  nowMs: number;
  /** Of the workers that stay. */
  threadCount = 0;
  arrivals = 0;
  /** Where the search for a victim, or among equals, goes on. */
  cursor = 0;

  constructor(settings: SchedulerSettings, nowMs: number) {
    this.settings = settings;
    this.functions = new Functions(settings.idleFunctionBytesMax);
    this.story = new Story(settings.storyMax, nowMs);
    this.attempts = new AttemptRing(settings.attemptsMax);
    this.journal = new Journal(settings.journalMax);
    this.nowMs = nowMs;
    this.expiryMs = nowMs;
    this.desertedMs = nowMs;
  }
}

/**
 * The run of a slot and the task in it, where the attempt is the one that counts. What stands for
 * something else has no attempts: the number that it shows is of whoever had its slot before.
 */
export function findAttempt(state: SchedulerState, id: number, attempt: number): Place | undefined {
  const run = runOfAttempt(state, id, attempt);
  if (run === undefined) return undefined;
  const t = id - run.base;
  return run.sources.has(t) ? undefined : { run, t };
}

/** The same without the task, which the slot tells: where it is asked often, nothing is made. */
export function runOfAttempt(
  { ids }: SchedulerState,
  id: number,
  attempt: number,
): Run | undefined {
  const run = ids.runOf(id);
  if (run === undefined) return undefined;
  const t = id - run.base;
  return t < run.size && run.attempt[t] === attempt ? run : undefined;
}

/** Where the value of a task is kept: with the task itself, or with the one that it stands for. */
export function sourceOf({ ids }: SchedulerState, run: Run, t: number): Place {
  const source = run.sources.get(t);
  if (source === undefined) return { run, t };
  const owner = ids.runOf(source) as Run;
  return { run: owner, t: source - owner.base };
}

/** Has a worker looked at before the event ends: it may have a free slot and something to do. */
export function touch(state: SchedulerState, worker: WorkerRecord): void {
  if (worker.isTouched) return;
  worker.isTouched = true;
  state.touched.push(worker);
}

/** Where what a worker is to be told is gathered. */
export function outboxOf(state: SchedulerState, worker: WorkerRecord): WorkerOutbox {
  let { outbox } = worker;
  if (outbox === undefined) {
    outbox = state.spareOutboxes.pop() ?? new WorkerOutbox();
    worker.outbox = outbox;
    state.talking.push(worker);
  }
  return outbox;
}

/** Empties a list and keeps its room: a new length of 0 would give that back. */
export function empty(list: unknown[]): void {
  while (list.length > 0) list.pop();
}

/**
 * Has workers that found nothing to do look again, as many as there may be tasks for: beside those
 * that do already, since what another run of the same event brings is for these.
 */
export function touchIdle(state: SchedulerState, count: number): void {
  const { idle } = state;
  let left = count;
  for (let n = idle.length - 1; n >= 0 && left > 0; n--) {
    const worker = idle[n] as WorkerRecord;
    if (worker.isTouched) continue;
    touch(state, worker);
    left--;
  }
}

/** Keeps the list of workers from which others may take in step. */
export function updateRich({ rich }: SchedulerState, worker: WorkerRecord): void {
  const { isRich } = worker;
  if (isRich === worker.richAt >= 0) return;
  if (isRich) worker.richAt = rich.push(worker) - 1;
  else {
    moveLast(rich, worker.richAt, (moved, at) => (moved.richAt = at));
    worker.richAt = -1;
  }
}

/** Notes whether a worker has a free slot and nothing to do. */
export function setIdle(
  { idle, nowMs }: SchedulerState,
  worker: WorkerRecord,
  isIdle: boolean,
): void {
  if (isIdle === worker.idleAt >= 0) return;
  if (isIdle) {
    worker.idleAt = idle.push(worker) - 1;
    worker.idleSinceMs = nowMs;
  } else {
    worker.patienceUs = Math.max(0, worker.patienceUs - 1000 * (nowMs - worker.idleSinceMs));
    moveLast(idle, worker.idleAt, (moved, at) => (moved.idleAt = at));
    worker.idleAt = -1;
  }
}

/** Takes one entry out of a list in which order does not matter. */
function moveLast(
  list: WorkerRecord[],
  at: number,
  place: (moved: WorkerRecord, at: number) => void,
): void {
  const last = list.pop() as WorkerRecord;
  if (at === list.length) return;
  list[at] = last;
  place(last, at);
}

/** Keeps the list of runs with free roots in step, in the order of urgency. */
export function updateRootRuns(state: SchedulerState, run: Run): void {
  const { rootRuns, staying } = state;
  const hasRoots = !run.dropped && (run.rootsTaken < run.rootsEnd || run.spareRoots.length > 0);
  const at = rootRuns.indexOf(run);
  if (hasRoots === at >= 0) return;
  if (!hasRoots) rootRuns.splice(at, 1);
  else {
    if (staying.length === 0) expectStranded(state);
    const before = rootRuns.findIndex((other) => isMoreUrgent(run, other));
    rootRuns.splice(before < 0 ? rootRuns.length : before, 0, run);
  }
}

/** Something waits for a worker from now on: that is looked at in time. */
export function expectStranded(state: SchedulerState): void {
  const { noWorkersWarnMs, noWorkersTimeoutMs } = state.settings;
  const afterMs = Math.min(noWorkersWarnMs, noWorkersTimeoutMs);
  state.strandedLookMs = Math.min(state.strandedLookMs, state.nowMs + afterMs);
}

/** The workers that may run the tasks of a rule. */
export function suitableFor({ suitable, staying }: SchedulerState, rule: Rule): WorkerRecord[] {
  let list = suitable.get(rule);
  if (list === undefined) {
    list = staying.filter((worker) => suits(rule, worker));
    suitable.set(rule, list);
  }
  return list;
}
