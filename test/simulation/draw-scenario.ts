import { Random } from "../lib/random.ts";
import type {
  Deed,
  Demand,
  Doing,
  Fault,
  GraphPlan,
  Scenario,
  TaskPlan,
  Tuning,
  WorkerPlan,
} from "./scenario.ts";
import { always, crashPoints, faultKinds, forEverMs } from "./scenario.ts";

/**
 * The scenario of a seed. Every seed has its own leanings: how large graphs are, which faults there
 * are and how often, how slow everything is; so that rare mixtures come up.
 */
export function drawScenario(seed: number): Scenario {
  const random = new Random(seed, "scenario");
  const endMs = random.pick([30, 100, 300]);
  const workerCount = random.chance(0.05) ? 0 : random.between(1, random.pick([2, 4, 8]));
  const graphs = Array.from({ length: random.between(1, 3) }, () => drawGraph(random));
  // Of the seed itself, so that all else is what it was for seeds that have failed once.
  const letGoAtOnce = [1, 3, 50_000][seed % 3] as number;
  return {
    seed,
    workers: Array.from({ length: workerCount }, () => drawWorker(random)),
    clientCount: random.pick([1, 1, 2, 3]),
    tuning: drawTuning(random, letGoAtOnce),
    graphs,
    workload: drawWorkload(random, endMs),
    faults: [...drawFaults(random, endMs), ...drawLies(seed, endMs)],
  };
}

function drawWorker(random: Random): WorkerPlan {
  return { threads: random.between(1, 3), host: random.below(2), gpu: random.pick([0, 0, 1, 2]) };
}

function drawTuning(random: Random, letGoAtOnce: number): Tuning {
  return {
    windowUs: random.pick([1, 2_000, 20_000, 200_000]),
    windowTasksMax: random.pick([1, 4, 1_024]),
    placedAtOnce: random.pick([1, 3, 10_000]),
    unknownTaskUs: random.pick([100, 1_000, 10_000]),
    allowedFailures: random.pick([1, 2, 3, 3]),
    noWorkersTimeoutMs: random.chance(0.9) ? forEverMs : 300,
    workerTimeoutMs: random.pick([300, 15_000]),
    delayMs: random.pick([0.1, 0.5, 5]),
    gatherMs: random.pick([0, 0, 1, 5]),
    startedMs: random.pick([0, 2, 1e6]),
    spillBytes: random.pick([0, 500, 1e9]),
    peersMax: random.pick([1, 2, 10]),
    answerBytesMax: random.pick([100, 1_000, 50e6]),
    fetchBytesMax: random.pick([100, 1_000, 200e6]),
    forgetsFunctions: random.chance(0.3),
    letGoAtOnce,
  };
}

function drawGraph(random: Random): GraphPlan {
  const count = random.between(1, random.pick([3, 8, 25]));
  const width = random.pick([1, 2, 4]);
  const faulty = random.pick([0, 0, 0.05, 0.3]);
  const picky = random.pick([0, 0, 0.2]);
  const ms = random.pick([0, 1, 5, 20]);
  const tasks = Array.from({ length: count }, (_, t) =>
    drawTask(random, { t, width, faulty, picky, ms }),
  );
  const wantedShare = random.pick([0.1, 0.4, 1]);
  const wanted = tasks.flatMap((_, t) => (random.chance(wantedShare) ? [t] : []));
  const shuffles = random.chance(0.3)
    ? [{ blocks: random.between(1, 4), parts: random.between(1, 4) }]
    : [];
  const optimize = random.chance(0.3);
  return { tasks, wanted, shuffles, optimize, asksForHeld: random.chance(0.3) };
}

const faultyDoings: readonly Doing[] = [
  "throws",
  "throws",
  "cannot-travel",
  "exits",
  "runs-out-of-memory",
  "takes-too-long",
  "kills",
];

const pickyDemands: readonly Demand[] = [
  "gpu",
  "half-gpu",
  "worker",
  "worker-if-possible",
  "hurry",
  "leisure",
];

function drawTask(
  random: Random,
  leaning: { t: number; width: number; faulty: number; picky: number; ms: number },
): TaskPlan {
  const { t, width, faulty, picky, ms } = leaning;
  const isFaulty = random.chance(faulty);
  const usual: Doing = random.chance(0.1) ? "awaits" : random.chance(0.05) ? "varies" : "returns";
  return {
    // Near ones more often, so that there are chains.
    reads: Array.from({ length: random.below(width + 1) }, () =>
      random.chance(0.5) ? Math.max(0, t - 1 - random.below(3)) : random.below(1_000),
    ),
    does: isFaulty ? random.pick(faultyDoings) : usual,
    times: isFaulty ? random.pick([1, 1, 2, always]) : 0,
    ms: Math.ceil(random.exponential(ms)),
    bytes: random.pick([10, 100, 1_000]),
    demand: random.chance(picky) ? random.pick(pickyDemands) : "nothing",
    worker: random.below(8),
  };
}

const laterDeeds = [
  "release",
  "again",
  "again",
  "retry",
  "retry",
  "reconnect",
  "replicate",
  "rebalance",
  "ask-who-has",
] as const;

function drawWorkload(random: Random, endMs: number): Deed[] {
  const count = random.between(1, random.pick([1, 3, 8]));
  const doesMore = random.pick([0, 0.3]);
  return Array.from({ length: count }, (_, n) => ({
    atMs: n === 0 ? 0 : random.below(endMs),
    client: random.below(3),
    kind:
      n > 0 && random.chance(doesMore)
        ? random.pick(laterDeeds)
        : random.pick(["collect", "collect", "stream", "hold", "hold", "scatter"] as const),
    graph: random.below(8),
    holds: random.pick([0, 1, 2]),
    lookahead: random.between(1, 3),
    priority: random.pick([0, 0, 1]),
    retries: random.pick([0, 0, 1, 3]),
    readMs: random.pick([0, 1, 10]),
  })).toSorted((a, b) => a.atMs - b.atMs);
}

const usualKinds = faultKinds.filter((kind) => kind !== "lie");

/** In some seeds a worker lies; numbers of its own leave all others as they were. */
function drawLies(seed: number, endMs: number): Fault[] {
  const random = new Random(seed, "lies");
  if (!random.chance(0.15)) return [];
  const atMs = random.chance(0.5) ? 0 : random.below(endMs);
  return [{ atMs, kind: "lie", worker: random.below(8), other: random.below(2), lastMs: 1 }];
}

function drawFaults(random: Random, endMs: number): Fault[] {
  if (random.chance(0.1)) return [];
  const kinds = usualKinds.filter(() => random.chance(0.3));
  if (!random.chance(0.1)) {
    const restarts = kinds.indexOf("restart-scheduler");
    if (restarts >= 0) kinds.splice(restarts, 1);
  }
  if (kinds.length === 0) return [];
  const count = random.between(1, random.pick([2, 5, 10]));
  const longest = random.pick([20, 200, 30_000]);
  return Array.from({ length: count }, () => ({
    atMs: random.below(endMs),
    kind: random.pick(kinds),
    worker: random.below(8),
    other: random.below(8 * crashPoints.length),
    lastMs: random.chance(0.1) ? 0 : random.between(1, longest),
  })).toSorted((a, b) => a.atMs - b.atMs);
}
