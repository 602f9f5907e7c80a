import type { VitalsTold } from "../messages/worker-vitals.ts";
import type { AttemptRecord } from "../scheduler/attempt-ring.ts";
import type { Run } from "../scheduler/run.ts";
import type { StoryEntry } from "../scheduler/story.ts";
import type { CountedGroup, SchedulerView, TaskCursor, TaskView } from "../scheduler/view.ts";
import { statusOf } from "../scheduler/view.ts";
import type { WorkerRecord } from "../scheduler/worker-record.ts";
import type {
  ApiAttempt,
  ApiCluster,
  ApiEvents,
  ApiGroup,
  ApiGroups,
  ApiProcess,
  ApiRun,
  ApiRuns,
  ApiStories,
  ApiStory,
  ApiStoryEntry,
  ApiTask,
  ApiTasks,
  ApiTaskStream,
  ApiWorker,
  ApiWorkers,
} from "./api.ts";
import type { Query } from "./query.ts";
import { BadRequest } from "./query.ts";
import type { Watched } from "./watched.ts";
import { stateNames } from "../scheduler/states.ts";

/** Items of one answer, unless told otherwise, and at most. */
const limitDefault = 100;
export const limitMax = 1_000;
/** Of functions of a group, how many are named. */
const functionsMax = 16;
/** How many tasks are looked at before others have their turn. */
const sliceTasks = 10_000;

/** Parameters by which a list is read in parts, and a ring. */
export const pageParameters = ["limit", "cursor"] as const;
export const ringParameters = ["limit", "since"] as const;

/** See `ApiCluster`. */
export function clusterOf(watched: Watched): ApiCluster {
  const { view, version, url, startedMs } = watched;
  const { workers, threads, clients, runs, arrivals } = view.totals;
  const { workerTimeoutMs, allowedFailures, storyMax, attemptsMax, journalMax } = view.settings;
  const records = view.workers;
  return {
    version,
    node: process.version,
    url,
    pid: process.pid,
    startedMs,
    nowMs: Date.now(),
    workerCount: workers,
    threadCount: threads,
    clientCount: clients,
    runCount: runs,
    runsAcceptedCount: arrivals,
    tasks: view.counts(),
    attempts: attemptsOf(view.groups),
    storedBytes: sum(records, ({ storedBytes }) => storedBytes),
    memoryBytesMax: sum(records, ({ memoryBytesMax }) => memoryBytesMax),
    limits: {
      workerTimeoutMs: Number.isFinite(workerTimeoutMs) ? workerTimeoutMs : null,
      allowedFailures,
      storyMax,
      attemptsMax,
      eventsMax: journalMax,
      pageMax: limitMax,
    },
  };
}

function attemptsOf(groups: readonly CountedGroup[]): ApiCluster["attempts"] {
  return {
    done: sum(groups, ({ group }) => group.doneCount),
    failed: sum(groups, ({ group }) => group.failedCount),
    lost: sum(groups, ({ group }) => group.lostCount),
    totalSeconds: sum(groups, ({ group }) => group.totalUs) / 1e6,
  };
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0);
}

/** See `ApiWorkers`. */
export function workersOf(watched: Watched, query: Query): ApiWorkers {
  const from = query.whole("cursor") ?? 0;
  const limit = limitOf(query);
  const found = watched.view.workers.filter(({ epoch }) => epoch >= from);
  return {
    workers: found.slice(0, limit).map((worker) => workerOf(worker, watched)),
    next: textOrNull(found[limit]?.epoch),
  };
}

function limitOf(query: Query): number {
  return query.whole("limit", limitMax) ?? limitDefault;
}

function textOrNull(cursor: number | undefined): string | null {
  return cursor === undefined ? null : String(cursor);
}

/** A worker as the API shows it. */
export function workerOf(worker: WorkerRecord, { wall, vitalsOf }: Watched): ApiWorker {
  const { name, epoch, address, host, threads, memoryBytesMax, storedBytes } = worker;
  const { sentCount, activeCount, queuedCount, doneCount, failedCount } = worker;
  return {
    name,
    epoch,
    address,
    host,
    status: workerStatusOf(worker),
    threads,
    memoryBytesMax,
    storedBytes,
    sentCount,
    activeCount,
    queuedCount,
    doneCount,
    failedCount,
    busySeconds: worker.busyUs / 1e6,
    joinedMs: wall(worker.joinedMs),
    lastSeenMs: wall(worker.lastSeenMs),
    resources: Object.fromEntries(
      Array.from(worker.resources, ([name_, { total, free }]) => [name_, { total, free }]),
    ),
    process: processOf(vitalsOf(epoch)),
  };
}

function workerStatusOf({ isRetiring, isPaused, isDraining }: WorkerRecord): ApiWorker["status"] {
  if (isRetiring) return "retiring";
  if (isPaused) return "paused";
  return isDraining ? "draining" : "running";
}

function processOf(vitals: VitalsTold | undefined): ApiProcess | null {
  if (vitals === undefined) return null;
  const { kind: _kind, ...told } = vitals;
  return told;
}

/** See `ApiRuns`. */
export function runsOf(watched: Watched, query: Query): ApiRuns {
  const to = query.whole("cursor") ?? Infinity;
  const limit = limitOf(query);
  const found = watched.view.runs.filter(({ arrival }) => arrival <= to).toReversed();
  const { wall } = watched;
  return {
    runs: found.slice(0, limit).map((run) => runOf(run, watched.view, wall)),
    next: textOrNull(found[limit]?.arrival),
  };
}

/** A run as the API shows it. */
export function runOf(run: Run, view: SchedulerView, wall: (atMs: number) => number): ApiRun {
  return {
    run: run.arrival,
    client: run.client.name,
    clientEpoch: run.client.epoch,
    clientRun: run.number,
    status: statusOf(run),
    startedMs: wall(run.startMs),
    taskCount: run.taskCount,
    tasks: view.counts(run),
    retriedCount: run.retriedCount,
    outputCount: run.graph.wanted.length,
    priority: run.priority,
  };
}

/** See `ApiTasks`. */
export function tasksOf({ view }: Watched, query: Query): ApiTasks {
  const run = query.whole("run");
  const state = query.oneOf("state", stateNames);
  const limit = limitOf(query);
  const from = cursorOf(query);
  const only = run === undefined ? undefined : view.runAt(run);
  const counts = run !== undefined && only === undefined ? noCounts : view.counts(only);
  if (run === undefined && state === undefined) return { counts, tasks: [], next: null };
  const { tasks, next } = view.tasks({ run, state }, from, limit);
  return {
    counts,
    tasks: tasks.map((task) => taskOf(task, view)),
    next: next === undefined ? null : `${next.run}.${next.task}`,
  };
}

const noCounts = Object.freeze(
  Object.fromEntries(stateNames.map((name) => [name, 0])),
) as ApiTasks["counts"];

function cursorOf(query: Query): TaskCursor | undefined {
  const text = query.text("cursor");
  if (text === undefined) return undefined;
  const match = /^(\d{1,15})\.(\d{1,10})$/.exec(text);
  if (match === null) throw new BadRequest("bad cursor, wanted one that was in `next`");
  return { run: Number(match[1]), task: Number(match[2]) };
}

function taskOf({ id, worker, bytes, ...task }: TaskView, view: SchedulerView): ApiTask {
  return {
    ...task,
    task: id,
    worker: nameOf(view, worker ?? -1),
    bytes: bytes ?? null,
  };
}

/** What a worker is called, or was, in words where its name is forgotten. */
function nameOf(view: SchedulerView, epoch: number): string | null {
  return epoch < 0 ? null : (view.nameOf(epoch) ?? `worker of connection ${epoch}`);
}

/** See `ApiGroups`. */
export function groupsOf({ view }: Watched, query: Query): ApiGroups {
  const from = query.whole("cursor") ?? 0;
  const limit = limitOf(query);
  const found = view.groups.filter(({ group }) => group.number >= from);
  return {
    groups: found.slice(0, limit).map(groupOf),
    next: textOrNull(found[limit]?.group.number),
  };
}

/** A group as the API shows it. */
export function groupOf({ group, counts }: CountedGroup): ApiGroup {
  const { number, name, functions, doneCount, failedCount, lostCount, madeBytes } = group;
  const endedCount = doneCount + failedCount;
  return {
    group: number,
    name,
    functions: functions.slice(0, functionsMax),
    tasks: counts,
    doneCount,
    failedCount,
    lostCount,
    totalSeconds: group.totalUs / 1e6,
    meanSeconds: endedCount === 0 ? null : group.totalUs / 1e6 / endedCount,
    longestSeconds: group.longestUs / 1e6,
    madeBytes,
  };
}

/** Where a ring is read from: without `since`, so that the newest are in the answer. */
function ringOf(query: Query, end: number): { since: number; limit: number } {
  const limit = limitOf(query);
  return { limit, since: query.whole("since") ?? Math.max(0, end - limit) };
}

/** See `ApiEvents`. */
export function eventsOf(watched: Watched, query: Query): ApiEvents {
  const { since, limit } = ringOf(query, watched.view.ends.journal);
  const { entries, next, forgotten } = watched.view.journal(since, limit);
  const { wall } = watched;
  return {
    events: entries.map((entry) => ({ ...entry, atMs: wall(entry.atMs) })),
    next,
    forgotten,
  };
}

/** See `ApiTaskStream`. */
export function taskStreamOf(watched: Watched, query: Query): ApiTaskStream {
  const { view } = watched;
  const { since, limit } = ringOf(query, view.ends.attempts);
  const { entries, next, forgotten } = view.attempts(since, limit);
  const { wall } = watched;
  return { attempts: entries.map((entry) => attemptOf(entry, view, wall)), next, forgotten };
}

function attemptOf(
  { number, task, attempt, arrival, group, worker, endMs, us, outcome }: AttemptRecord,
  view: SchedulerView,
  wall: (atMs: number) => number,
): ApiAttempt {
  return {
    number,
    key: view.keyOf(task, (run) => run.arrival === arrival) ?? null,
    run: arrival,
    task,
    attempt,
    group: view.groupName(group) ?? null,
    worker: nameOf(view, worker),
    workerEpoch: worker,
    startMs: outcome === "lost" ? null : wall(endMs - us / 1_000),
    endMs: wall(endMs),
    outcome,
  };
}

/** See `ApiStories`. */
export function storiesOf(watched: Watched, query: Query): ApiStories {
  const { view } = watched;
  const { since, limit } = ringOf(query, view.ends.story);
  const { entries, next, forgotten } = view.story(since, limit);
  const { wall } = watched;
  const story = entries.map((entry) => storyEntryOf(entry, keyThen(view, entry), view, wall));
  return { story, next, forgotten };
}

/** A run that has come since has the slot for other tasks, and begins after all that was before. */
function keyThen(view: SchedulerView, { task, attempt, atMs }: StoryEntry): string | undefined {
  return view.keyOf(task, (run) => run.startMs < atMs + 1 && run.attemptsBefore <= attempt);
}

function storyEntryOf(
  { atMs, from, to, attempt, task, worker }: StoryEntry,
  key: string | undefined,
  view: SchedulerView,
  wall: (atMs: number) => number,
): ApiStoryEntry {
  const name = nameOf(view, worker);
  return { atMs: wall(atMs), key: key ?? null, task, attempt, from, to, worker: name };
}

/**
 * See `ApiStory`. All keys are looked through, so many at a time that nobody waits for long;
 * `pause` lets others have their turn.
 */
export async function storyOf(
  watched: Watched,
  query: Query,
  pause: () => Promise<void>,
): Promise<ApiStory> {
  const { view } = watched;
  const key = query.text("key");
  if (key === undefined) throw new BadRequest("the parameter key is missing");
  const limit = limitOf(query);
  const found: TaskView[] = [];
  let from: TaskCursor | undefined;
  do {
    const page = view.find(key, from, sliceTasks);
    found.push(...page.tasks);
    from = page.next;
    if (from !== undefined) await pause();
  } while (from !== undefined && found.length < limit);
  const tasks = found.slice(0, limit);
  const { wall } = watched;
  const entries = view.storyOf(new Set(tasks.map(({ id }) => id)));
  return {
    tasks: tasks.map((task) => taskOf(task, view)),
    story: entries
      .filter((entry) => keyThen(view, entry) === key)
      .slice(-limit)
      .map((entry) => storyEntryOf(entry, key, view, wall)),
  };
}
