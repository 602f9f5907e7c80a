import { expect, it } from "vitest";

import { drawScenario } from "./draw-scenario.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./scenario-arbitrary.ts";
import { states } from "./states.ts";

/** Seeds in the suite: some half a minute. `npm run simulate` takes as many as one has time for. */
const seedCount = 4_000;

it(`${seedCount} seeds keep all that must hold, and reach every state of interest`, () => {
  const reached = new Map<string, number>();
  for (let seed = 0; seed < seedCount; seed++) {
    for (const what of attempt(seed).reached) reached.set(what, 1 + (reached.get(what) ?? 0));
  }
  const rare = states.filter((what) => (reached.get(what) ?? 0) === 0);
  expect(rare).toEqual([]);
}, 600_000);

it.each([
  [500_227, "a scattered value that was given up is tried to be read again"],
  [508_698, "a copy fails whose slot is that of an alias by now"],
  [9_002_148, "a held output takes the slot of a task that was ready"],
])("seed %i, which has failed: %s", (seed) => {
  expect(attempt(seed).reached.size).toBeGreaterThan(0);
});

it("one seed gives the same run to the last message, time after time", () => {
  for (let seed = 0; seed < 40; seed++) {
    const traces = [1, 2].map(() => {
      const lines: string[] = [];
      runScenario(drawScenario(seed), (line) => lines.push(line));
      return lines;
    });
    expect(traces[0]).toEqual(traces[1]);
  }
});

it("a scenario that fails is made small, and still fails", () => {
  const large = Array.from({ length: 100 }, (_, seed) => drawScenario(seed)).find(
    ({ faults, graphs }) => faults.length > 3 && graphs.length > 1,
  ) as Scenario;
  const fails = ({ faults }: Scenario): string | undefined =>
    faults.length > 1 ? "two faults" : undefined;
  const { scenario, message } = shrink(large, fails);
  expect(message).toBe("two faults");
  expect({ ...scenario, faults: scenario.faults.length }).toMatchObject({
    workers: [],
    graphs: [],
    workload: [],
    faults: 2,
  });
});

function attempt(seed: number): ReturnType<typeof runScenario> {
  try {
    return runScenario(drawScenario(seed));
  } catch (error) {
    throw new Error(`seed ${seed}: npm run simulate -- --seed ${seed} --shrink 1 --trace 1`, {
      cause: error,
    });
  }
}
