import fc from "fast-check";
import { expect, it } from "vitest";

import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import type { PlanNode } from "../../../packages/dataframe/dist/plan/node.js";
import { planText } from "../../../packages/dataframe/dist/plan/plan-text.js";
import {
  optimizePlan,
  optimizePlans,
} from "../../../packages/dataframe/dist/rules/optimize-plan.js";
import { shareScans } from "../../../packages/dataframe/dist/rules/share-scans.js";
import type { DrawnPlan } from "../../lib/dataframe/arbitrary-plans.ts";
import { forests } from "../../lib/dataframe/arbitrary-plans.ts";
import { evaluatePlans } from "../../lib/dataframe/evaluate-plan.ts";
import { expectSameRows } from "../../lib/dataframe/expect-same-results.ts";

function plansOf(drawn: readonly DrawnPlan[]): readonly PlanNode[] {
  return drawn.map(({ plan }) => plan);
}

it("plans that run together give what each gives, with layouts that are true", () => {
  const check = fc.property(forests(), (drawn) => {
    const together = shareScans(optimizePlans(plansOf(drawn)).plans);
    drawn.forEach((one, i) => expectSameRows(one, together[i] as PlanNode));
  });
  fc.assert(check, { numRuns: 500 });
});

/** What plans cost together and each by itself; undefined where their data are an error. */
function costs(
  drawn: readonly DrawnPlan[],
): readonly [together: number, alone: number] | undefined {
  const held = new Map(drawn.flatMap((one) => [...one.held]));
  const alone = new Set(plansOf(drawn).map((plan) => optimizePlan(plan).plan));
  const together = shareScans(optimizePlans(plansOf(drawn)).plans);
  try {
    const sum = [...alone].reduce((all, plan) => all + evaluatePlans([plan], held).cost, 0);
    return [evaluatePlans(together, held).cost, sum];
  } catch (error) {
    if (error instanceof DataFrameError) return undefined;
    throw error;
  }
}

it("plans that run together cost less than each by itself, and never much more", () => {
  const total = [0, 0];
  const check = fc.property(forests(), (drawn) => {
    const [together, alone] = costs(drawn) ?? [0, 0];
    total[0] = (total[0] as number) + together;
    total[1] = (total[1] as number) + alone;
    const text = (): string => plansOf(drawn).map(planText).join("\n\n");
    if (together > 3 * alone + 30) expect(together, text()).toBeLessThanOrEqual(3 * alone + 30);
  });
  fc.assert(check, { numRuns: 500 });
  expect(total[0]).toBeLessThan(0.95 * (total[1] as number));
});

it("a second run together changes nothing", () => {
  const check = fc.property(forests(), (drawn) => {
    const { plans } = optimizePlans(plansOf(drawn));
    expect(optimizePlans(plans).plans.map(planText)).toEqual(plans.map(planText));
  });
  fc.assert(check, { numRuns: 200 });
});
