import { heal, strike } from "./faults.ts";
import { workerNames } from "./plan-graph.ts";
import type { Clock } from "./clock.ts";
import type { Scenario } from "./scenario.ts";
import type { Execution } from "./world.ts";
import { World } from "./world.ts";

/** What came of a run: what it has reached, and how much happened. */
export interface Report {
  /** What became of each output: `value`, or how it failed. */
  readonly outcomes: Readonly<Record<string, string>>;
  readonly executions: readonly Execution[];
  /** The most bytes that were in all stores together. */
  readonly peakBytes: number;
  /** What each worker held when all had come to rest. */
  readonly storedBytes: Readonly<Record<string, number>>;
  readonly reached: ReadonlySet<string>;
  readonly actionCount: number;
  readonly endMs: number;
}

/** Time that the faults and the workload get at the least. */
const unrestMs = 50;
/** Virtual time in which everything must settle once nothing goes wrong any more. */
const settleMs = 120_000;
/** Longer than any question or answer takes. */
const lateMs = 6_000;
/** Actions between two comparisons of the scheduler with the workers, which cost more. */
const agreementEvery = 25;
/** Actions in one run; more are a loop without end. */
const actionsMax = 400_000;

/**
 * Runs a scenario: first all that is to be done and to go wrong, each at its time; then nothing
 * goes wrong any more, and everything must settle; then nothing is wanted any more, and nothing may
 * be left. Throws at the first thing that is not as it must be.
 */
export function runScenario(scenario: Scenario, print?: (line: string) => void): Report {
  const world = new World(scenario, print);
  try {
    return play(world);
  } catch (error) {
    const at = `at ${world.clock.nowMs.toFixed(2)} ms`;
    throw new Error(`${error instanceof Error ? error.message : String(error)} (${at})`, {
      cause: error,
    });
  }
}

function play(world: World): Report {
  const { clock, scenario, clients } = world;
  for (const deed of scenario.workload) {
    clock.at(deed.atMs, () => clients[deed.client % clients.length]?.do(deed));
  }
  for (const [n, fault] of scenario.faults.entries()) {
    clock.at(fault.atMs, () => strike(world, fault, n));
  }
  const times = [...scenario.workload, ...scenario.faults].map(({ atMs }) => atMs);
  advance(world, unrestMs + Math.max(0, ...times));
  world.trace("heal", "");
  heal(world);
  reviveAll(world);
  settle(world);
  comeToRest(world);
  const storedBytes = Object.fromEntries(world.workers.map((one) => [one.name, one.store.bytes]));
  releaseAll(world);
  const { reached, executions, peakBytes } = world;
  const outcomes = Object.fromEntries(world.outcomes);
  return { outcomes, executions, peakBytes, storedBytes, reached, ...countsOf(clock) };
}

function countsOf({ actionCount, nowMs }: Clock): { actionCount: number; endMs: number } {
  return { actionCount, endMs: nowMs };
}

function advance(world: World, untilMs: number): void {
  const { clock } = world;
  while (clock.step(untilMs)) {
    check(world);
  }
}

function check(world: World): void {
  const { actionCount } = world.clock;
  world.checkNow();
  if (actionCount % agreementEvery === 0) checkAgreement(world);
  if (actionCount > actionsMax) throw new Error(`more than ${actionsMax} actions`);
}

/** Sees to it that every task has a worker that may run it. */
function reviveAll(world: World): void {
  const { workers, scenario } = world;
  const [first] = workerNames(scenario);
  if (scenario.workers.length === 0)
    world.addWorker(first as string, { threads: 1, host: 0, gpu: 1 });
  else if (!workers.some(({ plan }) => plan.gpu > 0)) {
    world.addWorker("gpu", { threads: 1, host: 0, gpu: 1 });
  }
}

/** Goes on until all that anybody wants has come, or has failed. */
function settle(world: World): void {
  const { clock, clients } = world;
  const endMs = clock.nowMs + settleMs;
  while (!clients.every((client) => client.isSettled)) {
    if (!clock.step(endMs)) {
      throw new Error(`never settled: ${clients.flatMap((c) => c.unsettled()).join(" ")}`);
    }
    check(world);
  }
}

/** Everything that is on its way arrives; then scheduler and workers must agree, all of them. */
function comeToRest(world: World): void {
  const { clock, scheduler, workers, scenario, lateUntilMs } = world;
  // Long enough for what is on its way to arrive, and late questions to end. A worker may come late
  // on a connection that it has given up, and is silent from then on.
  const quietMs = Math.max(clock.nowMs, lateUntilMs);
  advance(world, quietMs + 1.5 * scenario.tuning.workerTimeoutMs + lateMs);
  for (const { epoch, name } of scheduler.machine.snapshot.workers) {
    if (workers.some(({ connection }) => connection?.epoch === epoch)) continue;
    throw new Error(`worker ${name} of epoch ${epoch} is not there`);
  }
  checkAgreement(world);
}

/** Where nothing is on its way, scheduler and workers must say the same of tasks and values. */
function checkAgreement({ scheduler, workers }: World): void {
  const quiet = scheduler.quietWorkers;
  if (quiet.size === 0) return;
  for (const { epoch, name, sent, held, copying } of scheduler.machine.snapshot.workers) {
    const worker = workers.find(({ connection }) => connection?.epoch === epoch);
    const snapshot = worker?.machine?.snapshot;
    if (!quiet.has(epoch) || worker?.isAwake !== true || snapshot === undefined) continue;
    const tasks = snapshot.tasks.map(({ task, attempt }) => `${task}:${attempt}`).toSorted();
    same(`tasks of ${name}`, pairs(sent), tasks);
    const values = snapshot.values.map(({ id, version }) => `${id}:${version}`).toSorted();
    same(`values of ${name}`, pairs(held), values);
    const ordered = snapshot.ordered.map(({ id, version }) => `${id}:${version}`).toSorted();
    same(`copies by ${name}`, pairs(copying), ordered);
  }
}

function pairs(rows: readonly number[]): string[] {
  const texts: string[] = [];
  for (let n = 0; n < rows.length; n += 2) texts.push(`${rows[n]}:${rows[n + 1]}`);
  return texts.toSorted();
}

function same(what: string, one: readonly string[], other: readonly string[]): void {
  if (one.join() === other.join()) return;
  throw new Error(`${what}: the scheduler says ${one.join(" ")}, the worker ${other.join(" ")}`);
}

/** Nobody wants anything any more: nothing may be left anywhere. */
function releaseAll(world: World): void {
  const { clock, clients, workers, scheduler } = world;
  for (const client of clients) {
    for (const run of [...client.runs.values()].toReversed()) client.release(run);
  }
  advance(world, clock.nowMs + lateMs);
  const { runs } = scheduler.machine.snapshot;
  if (runs.length > 0) throw new Error(`${runs.length} runs are left`);
  const left = workers.map((worker) => worker.leftovers()).filter((text) => text !== "");
  if (left.length > 0) throw new Error(`left: ${left.join(", ")}`);
  for (const { name, machine } of clients) {
    if (machine.runCount > 0) throw new Error(`${name} knows ${machine.runCount} runs`);
  }
}
