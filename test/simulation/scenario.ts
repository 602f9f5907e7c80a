/**
 * All that a simulated run depends on, as plain values: it can be printed, kept as JSON, and made
 * smaller piece by piece. The seed only orders delays. Numbers that name something count modulo how
 * many there are, so that every scenario makes sense.
 */
export interface Scenario {
  readonly seed: number;
  readonly workers: readonly WorkerPlan[];
  readonly clientCount: number;
  readonly tuning: Tuning;
  readonly graphs: readonly GraphPlan[];
  readonly workload: readonly Deed[];
  readonly faults: readonly Fault[];
}

export interface WorkerPlan {
  readonly threads: number;
  readonly host: number;
  readonly gpu: number;
}

export interface Tuning {
  readonly windowUs: number;
  readonly windowTasksMax: number;
  /** Tasks that are placed with one event, where many are ready at once. */
  readonly placedAtOnce: number;
  /** Tasks that are let go of with one event, where nobody needs many. */
  readonly letGoAtOnce: number;
  readonly unknownTaskUs: number;
  readonly allowedFailures: number;
  readonly noWorkersTimeoutMs: number;
  readonly workerTimeoutMs: number;
  /** Mean delay of a frame on any connection. */
  readonly delayMs: number;
  /** How long the scheduler gathers events before it handles them. */
  readonly gatherMs: number;
  /** A thread says that a task has begun when it has run for so long. */
  readonly startedMs: number;
  /** Values beyond so many bytes are written to disk. */
  readonly spillBytes: number;
  readonly peersMax: number;
  readonly answerBytesMax: number;
  readonly fetchBytesMax: number;
  /** Whether functions that no run needs are forgotten at once. */
  readonly forgetsFunctions: boolean;
}

export interface GraphPlan {
  readonly tasks: readonly TaskPlan[];
  /** Tasks whose values are asked for. */
  readonly wanted: readonly number[];
  /** Whether outputs of earlier runs are asked for as well, as they are. */
  readonly asksForHeld: boolean;
  /** None or one: the last task is read by so many blocks, which are dealt out into parts. */
  readonly shuffles: readonly { readonly blocks: number; readonly parts: number }[];
  readonly optimize: boolean;
}

export const doings = [
  "returns",
  "awaits",
  "varies",
  "throws",
  /** Throws every other time, `times` or not. */
  "falters",
  "cannot-travel",
  "exits",
  "runs-out-of-memory",
  "takes-too-long",
  "kills",
] as const;

/** What a task does when it runs. */
export type Doing = (typeof doings)[number];

export const demands = [
  "nothing",
  "gpu",
  "half-gpu",
  "worker",
  "worker-if-possible",
  "hurry",
  "leisure",
] as const;

/** What a task asks for. */
export type Demand = (typeof demands)[number];

export interface TaskPlan {
  /** Earlier tasks, or outputs of earlier runs, that it reads. */
  readonly reads: readonly number[];
  readonly does: Doing;
  /** How many attempts go so; later ones return. `always` for all. */
  readonly times: number;
  readonly ms: number;
  readonly bytes: number;
  readonly demand: Demand;
  /** The worker that it wants, where it wants one. */
  readonly worker: number;
}

/** As many attempts as there will ever be. */
export const always = 99;

export const deedKinds = [
  "collect",
  "stream",
  "hold",
  "scatter",
  "release",
  "again",
  "retry",
  "reconnect",
  "replicate",
  "rebalance",
  "ask-who-has",
] as const;

/** Longer than any run; a number, unlike Infinity, in JSON as well. */
export const forEverMs = 1e9;

/** What a client does. */
export interface Deed {
  readonly atMs: number;
  readonly client: number;
  readonly kind: (typeof deedKinds)[number];
  /** The graph to submit, or the run to release or to try again. */
  readonly graph: number;
  /** How many outputs of earlier runs the tasks may read. */
  readonly holds: number;
  readonly lookahead: number;
  readonly priority: number;
  readonly retries: number;
  /** How long the reader of a stream takes for an output. */
  readonly readMs: number;
}

export const faultKinds = [
  "crash",
  "crash-silently",
  "crash-at-point",
  "drop",
  "cut",
  "mute",
  "deafen",
  "cut-peers",
  "cut-client",
  "pause",
  "slow",
  "lag",
  "pressure",
  "lose-values",
  "corrupt-values",
  "resend",
  "join",
  "leave",
  "retire",
  "stall-scheduler",
  "restart-scheduler",
  "lie",
] as const;

/** Something that goes wrong with worker number `worker`. */
export interface Fault {
  readonly atMs: number;
  readonly kind: (typeof faultKinds)[number];
  readonly worker: number;
  /** The other worker, the client, or the point, where there is one. */
  readonly other: number;
  readonly lastMs: number;
}

/** Where a worker can be made to crash. */
export const crashPoints = [
  "on-compute",
  "on-question",
  "on-done",
  "on-free",
  "on-fetched",
] as const;

export type CrashPoint = (typeof crashPoints)[number];

/** A scenario in which nothing goes wrong, to be changed. */
export const calm: Scenario = {
  seed: 1,
  workers: [{ threads: 1, host: 0, gpu: 0 }],
  clientCount: 1,
  tuning: {
    windowUs: 2_000,
    windowTasksMax: 1_024,
    placedAtOnce: 10_000,
    letGoAtOnce: 50_000,
    unknownTaskUs: 10_000,
    allowedFailures: 3,
    noWorkersTimeoutMs: forEverMs,
    workerTimeoutMs: 15_000,
    delayMs: 0.5,
    gatherMs: 0,
    startedMs: 1,
    spillBytes: 1e9,
    peersMax: 10,
    answerBytesMax: 50e6,
    fetchBytesMax: 200e6,
    forgetsFunctions: false,
  },
  graphs: [],
  workload: [],
  faults: [],
};

export const plainTask: TaskPlan = {
  reads: [],
  does: "returns",
  times: always,
  ms: 1,
  bytes: 100,
  demand: "nothing",
  worker: 0,
};

export const plainDeed: Deed = {
  atMs: 0,
  client: 0,
  kind: "collect",
  graph: 0,
  holds: 0,
  lookahead: 1,
  priority: 0,
  retries: 0,
  readMs: 0,
};
