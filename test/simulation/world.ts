import type { TaskFailure } from "../../packages/distributed/src/messages/failure.ts";
import { Audit } from "./audit.ts";
import { Clock } from "./clock.ts";
import type { Fate, PlannedGraph } from "./plan-graph.ts";
import { plansByLabel } from "./plan-graph.ts";
import type { Scenario, TaskPlan, WorkerPlan } from "./scenario.ts";
import { forEverMs } from "./scenario.ts";
import { VirtualClient } from "./virtual-client.ts";
import { VirtualScheduler } from "./virtual-scheduler.ts";
import { VirtualWorker } from "./virtual-worker.ts";

/** One time that a planned task ran. */
export interface Execution {
  readonly key: string;
  readonly worker: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Everything that is simulated in one run of a scenario. */
export class World {
  readonly scenario: Scenario;
  readonly clock = new Clock();
  readonly plans: ReadonlyMap<number, TaskPlan>;
  readonly audit: Audit;
  readonly scheduler: VirtualScheduler;
  readonly workers: VirtualWorker[] = [];
  readonly clients: VirtualClient[] = [];
  /** How often tasks have failed, or run where they falter, by the number of their plan. */
  readonly failureCounts = new Map<number, number>();
  readonly executions: Execution[] = [];
  /** What became of the outputs of runs that are over, by client, run and key. */
  readonly outcomes = new Map<string, string>();
  /** The most bytes that were in all stores together. */
  peakBytes = 0;
  /** Interesting things that have happened. */
  readonly reached = new Set<string>();
  hasRestarted = false;
  /** Frames that were kept back when all was mended are here by then. */
  lateUntilMs = 0;
  /** Pairs of names that cannot reach one another, and until when. */
  readonly #cuts = new Map<string, number>();
  readonly #print: ((line: string) => void) | undefined;
  #unchecked: (() => void)[] = [];

  constructor(scenario: Scenario, print?: (line: string) => void) {
    this.scenario = scenario;
    this.#print = print;
    this.plans = plansByLabel(scenario);
    this.audit = new Audit(this);
    this.scheduler = new VirtualScheduler(this);
    for (const [n, plan] of scenario.workers.entries()) this.addWorker(`w${n}`, plan);
    for (let n = 0; n < scenario.clientCount; n++) {
      const client = new VirtualClient(this, `c${n}`);
      this.clients.push(client);
      client.connect();
    }
  }

  addWorker(name: string, plan: WorkerPlan): void {
    const worker = new VirtualWorker(this, name, plan);
    this.workers.push(worker);
    worker.start();
  }

  workerNamed(name: string): VirtualWorker | undefined {
    return this.workers.find((worker) => worker.name === name);
  }

  mark(what: string): void {
    this.reached.add(what);
  }

  cut(one: string, other: string, untilMs: number): void {
    this.#cuts.set(`${one}|${other}`, untilMs);
    this.#cuts.set(`${other}|${one}`, untilMs);
  }

  isCut(one: string, other: string): boolean {
    return (this.#cuts.get(`${one}|${other}`) ?? 0) > this.clock.nowMs;
  }

  /** Ends all that is cut. */
  heal(): void {
    this.#cuts.clear();
  }

  /** Checks an invariant when what happens now has happened. */
  checkSoon(check: () => void): void {
    this.#unchecked.push(check);
  }

  /** A worker has one value more. */
  notePeak(): void {
    const bytes = this.workers.reduce((sum, { store }) => sum + store.bytes, 0);
    this.peakBytes = Math.max(this.peakBytes, bytes);
  }

  checkNow(): void {
    if (this.#unchecked.length === 0) return;
    const checks = this.#unchecked;
    this.#unchecked = [];
    for (const check of checks) check();
  }

  /** A failure must be one that something can have caused. */
  checkFailure(
    { kind, key, attempts, workers, deaths = [] }: TaskFailure,
    fate: Fate,
    { keys }: PlannedGraph,
  ): void {
    const { tuning } = this.scenario;
    if (kind === "killed") {
      const most = Math.max(0, ...this.audit.deaths.values());
      const isRight = workers.length >= tuning.allowedFailures && most >= tuning.allowedFailures;
      if (!isRight)
        throw new Error(`${key} was killed by ${workers.length} deaths, ${most} at most`);
      const epochs = new Set(deaths.map(({ epoch }) => epoch));
      const isTold = deaths.length >= tuning.allowedFailures && epochs.size === deaths.length;
      if (!isTold || deaths.some(({ worker }) => !workers.includes(worker)))
        throw new Error(`${key} was killed by ${JSON.stringify(deaths)}`);
    } else if (kind === "unrunnable") {
      if (tuning.noWorkersTimeoutMs === forEverMs) throw new Error(`${key} waits for no worker`);
    } else if (!fate.failures.has(kind)) {
      throw new Error(`${keys.join()}: ${key} cannot fail as ${kind} after ${attempts}`);
    }
    this.mark(`failed as ${kind}`);
  }

  trace(who: string, what: unknown): void {
    if (this.#print === undefined) return;
    this.#print(`${this.clock.nowMs.toFixed(2)} ${who} ${textOf(what)}`);
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === "graph" || key === "functions" || key === "spec") return "…";
    if (inner instanceof Set || inner instanceof Map) return [...inner].length;
    return inner;
  });
}
