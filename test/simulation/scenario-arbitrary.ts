import fc from "fast-check";
import type { Scenario } from "./scenario.ts";
import { deedKinds, demands, doings, faultKinds, forEverMs } from "./scenario.ts";

const natural = fc.nat({ max: 1_000_000_000 });
const some = fc.nat({ max: 100_000 });

/** Numbers that may be of any size, smaller ones simpler. */
const amount = fc.double({ min: 0, max: 1e9, noNaN: true });

const taskPlan = fc.record({
  reads: fc.array(some, { maxLength: 8, size: "max" }),
  does: fc.constantFrom(...doings),
  times: fc.nat({ max: 99 }),
  ms: some,
  bytes: some,
  demand: fc.constantFrom(...demands),
  worker: some,
});

const graphPlan = fc.record({
  tasks: fc.array(taskPlan, { minLength: 1, maxLength: 40, size: "max" }),
  wanted: fc.array(some, { maxLength: 40, size: "max" }),
  shuffles: fc.array(
    fc.record({ blocks: fc.integer({ min: 1, max: 8 }), parts: fc.integer({ min: 1, max: 8 }) }),
    { maxLength: 1 },
  ),
  optimize: fc.boolean(),
  asksForHeld: fc.boolean(),
});

/**
 * All scenarios that there are. Seeds are drawn with leanings of their own (`drawScenario`), which
 * find more; this is what makes a scenario that fails smaller, step by step.
 */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  workers: fc.array(
    fc.record({
      threads: fc.integer({ min: 1, max: 8 }),
      host: fc.nat({ max: 3 }),
      gpu: fc.nat({ max: 3 }),
    }),
    { maxLength: 8, size: "max" },
  ),
  clientCount: fc.integer({ min: 1, max: 3 }),
  tuning: fc.record({
    windowUs: natural,
    windowTasksMax: fc.integer({ min: 1, max: 1_024 }),
    placedAtOnce: fc.integer({ min: 1, max: 10_000 }),
    letGoAtOnce: fc.integer({ min: 1, max: 10_000 }),
    unknownTaskUs: natural,
    allowedFailures: fc.integer({ min: 1, max: 10 }),
    noWorkersTimeoutMs: fc.constantFrom(forEverMs, 300, 0),
    workerTimeoutMs: fc.constantFrom(15_000, 300),
    delayMs: amount,
    gatherMs: amount,
    startedMs: amount,
    spillBytes: amount,
    peersMax: fc.integer({ min: 1, max: 100 }),
    answerBytesMax: natural,
    fetchBytesMax: natural,
    forgetsFunctions: fc.boolean(),
  }),
  graphs: fc.array(graphPlan, { maxLength: 4, size: "max" }),
  workload: fc.array(
    fc.record({
      atMs: some,
      client: some,
      kind: fc.constantFrom(...deedKinds),
      graph: some,
      holds: fc.nat({ max: 8 }),
      lookahead: fc.nat({ max: 100 }),
      priority: fc.nat({ max: 9 }),
      retries: fc.nat({ max: 20 }),
      readMs: some,
    }),
    { maxLength: 40, size: "max" },
  ),
  faults: fc.array(
    fc.record({
      atMs: some,
      kind: fc.constantFrom(...faultKinds),
      worker: some,
      other: some,
      lastMs: some,
    }),
    { maxLength: 40, size: "max" },
  ),
});

/** Makes a scenario that fails smaller, as long as it fails; gives it with what it says. */
export function shrink(
  scenario: Scenario,
  fails: (scenario: Scenario) => string | undefined,
): { readonly scenario: Scenario; readonly message: string } {
  const first = fails(scenario);
  if (first === undefined) throw new Error("the scenario does not fail");
  const property = fc.property(scenarios, (other) => fails(other) === undefined);
  const { counterexample } = fc.check(property, {
    examples: [[scenario]],
    numRuns: 1,
    seed: 1,
    // Making it smaller ends in time, however slow the scenario is.
    interruptAfterTimeLimit: 60_000,
  });
  const smaller = counterexample?.[0] ?? scenario;
  return { scenario: smaller, message: fails(smaller) ?? first };
}
