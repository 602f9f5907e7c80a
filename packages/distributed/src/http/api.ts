/**
 * What the HTTP interface of a scheduler answers, path by path. Times named `…Ms` are milliseconds
 * since 1970 on the clock of the scheduler, where nothing else is said.
 */

/** The states of a task; docs/internals/scheduler.md says what each means. */
export type ApiTaskState =
  "released" | "waiting" | "parked" | "queued" | "processing" | "memory" | "erred";

/** How many tasks are in each state. */
export type ApiStateCounts = Readonly<Record<ApiTaskState, number>>;

/** `/health`: somebody is there. */
export interface ApiHealth {
  readonly status: "ok";
}

/** Whatever was refused, with a status of 400 or more. */
export interface ApiError {
  readonly error: string;
}

/** `/api/v1/cluster`: the scheduler, and how much there is. */
export interface ApiCluster {
  /** Of its package. */
  readonly version: string;
  readonly node: string;
  readonly url: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly workerCount: number;
  /** Of all workers together. */
  readonly threadCount: number;
  readonly clientCount: number;
  /** Runs of which something is wanted. */
  readonly runCount: number;
  /** All that have come since the start. */
  readonly runsAcceptedCount: number;
  readonly tasks: ApiStateCounts;
  /** Attempts that have ended since the start. */
  readonly attempts: {
    readonly done: number;
    readonly failed: number;
    readonly lost: number;
    readonly totalSeconds: number;
  };
  /** Bytes of all values that workers hold. */
  readonly storedBytes: number;
  readonly memoryBytesMax: number;
  readonly limits: {
    /** A worker that is silent for so long is taken for dead; null where none can be. */
    readonly workerTimeoutMs: number | null;
    /** So many workers may die of a task. */
    readonly allowedFailures: number;
    /** How much of each is remembered. */
    readonly storyMax: number;
    readonly attemptsMax: number;
    readonly eventsMax: number;
    /** Items of one answer. */
    readonly pageMax: number;
  };
}

/** A part of a list. */
export interface ApiPage {
  /** Pass it as `cursor` to get what follows; null where there is no more. */
  readonly next: string | null;
}

/** A part of what happened, of which the oldest is forgotten. */
export interface ApiRing {
  /** Pass it as `since` to get what happens from here on. */
  readonly next: number;
  /** How many from the number asked for are gone. */
  readonly forgotten: number;
}

/** An amount of something that tasks occupy. */
export interface ApiResource {
  readonly total: number;
  readonly free: number;
}

/** A worker that is connected. */
export interface ApiWorker {
  readonly name: string;
  /** The number of its connection, which never comes again. */
  readonly epoch: number;
  /** Where others fetch values of it. */
  readonly address: string;
  /** Workers with one host share a machine. */
  readonly host: string;
  /**
   * Paused: it takes no tasks until memory is free. Draining: it is kept free for one task.
   * Retiring: it hands over what it has, and goes.
   */
  readonly status: "running" | "paused" | "draining" | "retiring";
  readonly threads: number;
  readonly memoryBytesMax: number;
  readonly storedBytes: number;
  /** Tasks that it was sent and has not answered, and those of them that take a thread. */
  readonly sentCount: number;
  readonly activeCount: number;
  /** Ready tasks that wait for it in the scheduler. */
  readonly queuedCount: number;
  /** Attempts that it has ended, and what they took together. */
  readonly doneCount: number;
  readonly failedCount: number;
  readonly busySeconds: number;
  readonly joinedMs: number;
  readonly lastSeenMs: number;
  readonly resources: Readonly<Record<string, ApiResource>>;
  /** As it was some seconds ago; null before the worker has said it. */
  readonly process: ApiProcess | null;
}

/** The process of a worker, in which other workers may live too. */
export interface ApiProcess {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** Values that this worker has in memory, and those that it has on disk only. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** `/api/v1/workers` */
export interface ApiWorkers extends ApiPage {
  readonly workers: readonly ApiWorker[];
}

/** A run of which something is wanted. */
export interface ApiRun {
  /** Its place among all runs, from 0. */
  readonly run: number;
  readonly client: string;
  /** The epoch of the client, and the number by which that knows the run. */
  readonly clientEpoch: number;
  readonly clientRun: number;
  /** Done: all there is to do is done, and values are kept as long as they are wanted. */
  readonly status: "running" | "done" | "failed";
  readonly startedMs: number;
  /** Tasks that it runs. */
  readonly taskCount: number;
  /** All that it is made of: also what stands for many tasks, or for values of other runs. */
  readonly tasks: ApiStateCounts;
  readonly retriedCount: number;
  readonly outputCount: number;
  readonly priority: number;
}

/** `/api/v1/runs`, the newest first. */
export interface ApiRuns extends ApiPage {
  readonly runs: readonly ApiRun[];
}

/** A task as it is now. */
export interface ApiTask {
  readonly key: string;
  readonly run: number;
  /** Its number among all tasks that are here; another may have it later. */
  readonly task: number;
  readonly group: string;
  readonly state: ApiTaskState;
  /** How often it was begun, by the count of its number. */
  readonly attempt: number;
  /** Who has it, or its value; null where nobody does. */
  readonly worker: string | null;
  /** Of its value; null where there is none. */
  readonly bytes: number | null;
  readonly copies: number;
  /** Attempts that failed, and workers that died with it, since it last ran well. */
  readonly failures: number;
  readonly deaths: number;
  /** Workers may have died of it: it runs alone. */
  readonly isSuspect: boolean;
}

/** `/api/v1/tasks`: counts always, tasks where a run or a state is asked for. */
export interface ApiTasks extends ApiPage {
  readonly counts: ApiStateCounts;
  readonly tasks: readonly ApiTask[];
}

/** What tasks of one name and code cost, in all runs. */
export interface ApiGroup {
  readonly group: number;
  /** The part that their keys share. */
  readonly name: string;
  /** Hashes of the functions that they call; the first of many. */
  readonly functions: readonly string[];
  /** Tasks of runs that are here. */
  readonly tasks: ApiStateCounts;
  /** Attempts since the scheduler knows the group. */
  readonly doneCount: number;
  readonly failedCount: number;
  readonly lostCount: number;
  readonly totalSeconds: number;
  /** Of attempts that ended; null before the first. */
  readonly meanSeconds: number | null;
  readonly longestSeconds: number;
  /** Of all values made. */
  readonly madeBytes: number;
}

/** `/api/v1/groups`, the dearest first. */
export interface ApiGroups extends ApiPage {
  readonly groups: readonly ApiGroup[];
}

/** Something that happened. */
export type ApiEvent = {
  /** Its place among all events, from 0. */
  readonly number: number;
  readonly atMs: number;
} & (
  | {
      readonly kind: "worker-joined";
      readonly worker: string;
      readonly epoch: number;
      readonly address: string;
      readonly threads: number;
    }
  /** With it went tasks that it had, and values of which it had the last copy. */
  | {
      readonly kind: "worker-left";
      readonly worker: string;
      readonly epoch: number;
      readonly reason: string;
      readonly tasks: number;
      readonly values: number;
    }
  /** Others did not get from it what it claims to hold; it was sent away. */
  | {
      readonly kind: "worker-distrusted";
      readonly worker: string;
      readonly epoch: number;
      readonly reason: string;
    }
  | { readonly kind: "worker-paused"; readonly worker: string; readonly epoch: number }
  | { readonly kind: "worker-resumed"; readonly worker: string; readonly epoch: number }
  | { readonly kind: "client-joined"; readonly client: string; readonly epoch: number }
  | {
      readonly kind: "client-left";
      readonly client: string;
      readonly epoch: number;
      readonly reason: string;
    }
  | { readonly kind: "peer-sent-away"; readonly epoch: number; readonly reason: string }
  | {
      readonly kind: "run-accepted";
      readonly run: number;
      readonly client: string;
      readonly tasks: number;
    }
  | { readonly kind: "run-rejected"; readonly client: string; readonly reason: string }
  | {
      readonly kind: "run-ended";
      readonly run: number;
      readonly client: string;
      readonly tasks: number;
      readonly failed: number;
      readonly tookMs: number;
    }
  | {
      readonly kind: "task-failed";
      readonly run: number;
      readonly key: string;
      readonly failure: string;
      readonly attempts: number;
      readonly workers: readonly string[];
    }
  | {
      readonly kind: "task-slow";
      readonly run: number;
      readonly key: string;
      readonly worker: string;
      readonly tookMs: number;
      readonly medianMs: number;
    }
  | {
      readonly kind: "tasks-stranded";
      readonly client: string;
      readonly tasks: number;
      readonly key: string;
      readonly reason: string;
    }
  | {
      readonly kind: "value-lost";
      readonly run: number;
      readonly key: string;
      readonly worker: string;
    }
);

/** `/api/v1/events` */
export interface ApiEvents extends ApiRing {
  readonly events: readonly ApiEvent[];
}

/** One change of the state of a task. */
export interface ApiStoryEntry {
  readonly atMs: number;
  /** Null where its run is gone. */
  readonly key: string | null;
  readonly task: number;
  readonly attempt: number;
  readonly from: ApiTaskState;
  readonly to: ApiTaskState;
  readonly worker: string | null;
}

/** `/api/v1/story?key=…`: what happened to the tasks of a key, and how they are now. */
export interface ApiStory {
  readonly tasks: readonly ApiTask[];
  readonly story: readonly ApiStoryEntry[];
}

/** `/api/v1/stories`: what happened to all tasks. */
export interface ApiStories extends ApiRing {
  readonly story: readonly ApiStoryEntry[];
}

/** One attempt at a task that has ended. */
export interface ApiAttempt {
  readonly number: number;
  /** Null where its run is gone. */
  readonly key: string | null;
  readonly run: number;
  readonly task: number;
  readonly attempt: number;
  readonly group: string | null;
  readonly worker: string | null;
  readonly workerEpoch: number;
  /** Null where nobody knows: its worker is gone. */
  readonly startMs: number | null;
  /** When the scheduler heard of it. */
  readonly endMs: number;
  readonly outcome: "done" | "failed" | "lost";
}

/** `/api/v1/task-stream` */
export interface ApiTaskStream extends ApiRing {
  readonly attempts: readonly ApiAttempt[];
}

/** `/api/v1/logs`: the last lines of a worker's log, or of the scheduler's. */
export interface ApiLogs {
  /** Null for the scheduler. */
  readonly worker: string | null;
  readonly lines: readonly string[];
}
