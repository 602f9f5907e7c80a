import { isDeepStrictEqual } from "node:util";

import { expect } from "vitest";

import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import type { PlanNode } from "../../../packages/dataframe/dist/plan/node.js";
import { planText } from "../../../packages/dataframe/dist/plan/plan-text.js";
import type { DrawnPlan } from "./arbitrary-plans.ts";
import { evaluatePlan, keyOf, type Evaluation } from "./evaluate-plan.ts";
import { expectTrueLayouts } from "./true-layouts.ts";

/**
 * Holds a rewritten plan against the one that it came from: the same rows, as far as they are
 * promised, for no more, with layouts that are true. Where the first plan is an error, the second
 * may be anything.
 */
export function expectSameResults(drawn: DrawnPlan, plan: PlanNode): void {
  const before = evaluated(drawn.plan, drawn);
  if (before === undefined) return;
  expectTrueLayouts(before.of);
  const after = evaluated(plan, drawn);
  const text = (): string => `${planText(drawn.plan)}\nbecame\n${planText(plan)}`;
  if (after === undefined) expect.fail(`a new error\n${text()}`);
  const [wanted, got] = [promised(drawn, before), promised(drawn, after)];
  if (!isDeepStrictEqual(got, wanted)) expect(got, text()).toEqual(wanted);
  if (after.cost > before.cost) expect(after.cost, text()).toBeLessThanOrEqual(before.cost);
  expectTrueLayouts(after.of);
}

/** What a plan gives; undefined where its data are an error. */
function evaluated(plan: PlanNode, { held }: DrawnPlan): Evaluation | undefined {
  try {
    return evaluatePlan(plan, held);
  } catch (error) {
    if (error instanceof DataFrameError) return undefined;
    throw error;
  }
}

/** Rows as far as they are promised: partition by partition, in order, or as a bag. */
function promised(drawn: DrawnPlan, { partitions }: Evaluation): unknown {
  const names = drawn.plan.fields.map(({ name }) => name);
  const keys = partitions.map((rows) => rows.map((row) => keyOf(row, names)));
  if (drawn.isExact && drawn.isOrdered) return keys;
  return drawn.isOrdered ? keys.flat() : keys.flat().sort();
}
