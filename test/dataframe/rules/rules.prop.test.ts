import fc from "fast-check";
import { expect, it } from "vitest";

import { allRules } from "../../../packages/dataframe/dist/rules/index.js";
import { optimizePlan } from "../../../packages/dataframe/dist/rules/optimize-plan.js";
import { plans } from "../../lib/dataframe/arbitrary-plans.ts";
import { expectSameResults } from "../../lib/dataframe/expect-same-results.ts";

const applied = new Map(allRules.map(({ name }) => [name, 0]));

function countApplied(names: Iterable<string>): void {
  for (const name of names) applied.set(name, (applied.get(name) ?? 0) + 1);
}

it.each(allRules)("$name by itself keeps results, makes nothing dearer, ends at once", (rule) => {
  const check = fc.property(plans(), (drawn) => {
    const { plan, trace } = optimizePlan(drawn.plan, { rules: [rule] });
    if (trace.length === 0) return;
    countApplied([rule.name]);
    expectSameResults(drawn, plan);
    expect(optimizePlan(plan, { rules: [rule] }).trace).toEqual([]);
  });
  fc.assert(check, { numRuns: 100 });
});

it("all rules together keep results, make nothing dearer and end at once", () => {
  const check = fc.property(plans(), (drawn) => {
    const { plan, trace } = optimizePlan(drawn.plan);
    countApplied(new Set(trace.map(({ rule }) => rule)));
    expect(optimizePlan(plan).trace).toEqual([]);
    expectSameResults(drawn, plan);
  });
  fc.assert(check, { numRuns: 600 });
});

it("random plans reach every rule", () => {
  expect([...applied].filter(([, count]) => count === 0)).toEqual([]);
});
