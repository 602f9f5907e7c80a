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
  const costs = expectSameRows(drawn, plan);
  if (costs === undefined) return;
  const { before, after } = costs;
  if (after > before) expect(after, textOf(drawn, plan)).toBeLessThanOrEqual(before);
}

/** The same without what it costs, which comes back. */
export function expectSameRows(
  drawn: DrawnPlan,
  plan: PlanNode,
): { readonly before: number; readonly after: number } | undefined {
  const before = evaluated(drawn.plan, drawn);
  if (before === undefined) return undefined;
  expectTrueLayouts(before.of);
  const after = evaluated(plan, drawn);
  if (after === undefined) expect.fail(`a new error\n${textOf(drawn, plan)}`);
  const [wanted, got] = [promised(drawn, before), promised(drawn, after)];
  if (!isDeepStrictEqual(got, wanted)) expect(got, textOf(drawn, plan)).toEqual(wanted);
  expectTrueLayouts(after.of);
  return { before: before.cost, after: after.cost };
}

function textOf(drawn: DrawnPlan, plan: PlanNode): string {
  return `${planText(drawn.plan)}\nbecame\n${planText(plan)}`;
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
