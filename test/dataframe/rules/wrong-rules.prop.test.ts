import fc from "fast-check";
import { expect, it } from "vitest";

import { callNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { limit } from "../../../packages/dataframe/dist/plan/order.js";
import { filter } from "../../../packages/dataframe/dist/plan/rows.js";
import { withInputs } from "../../../packages/dataframe/dist/plan/walk.js";
import { optimizePlan } from "../../../packages/dataframe/dist/rules/optimize-plan.js";
import type { Rule } from "../../../packages/dataframe/dist/rules/rule.js";
import { plans } from "../../lib/dataframe/arbitrary-plans.ts";
import { expectSameResults } from "../../lib/dataframe/expect-same-results.ts";

/** Mistakes that one can make; the property that holds for every rule must see each of them. */
const wrongRules: readonly Omit<Rule, "why" | "scope">[] = [
  {
    name: "a filter below a limit",
    apply: (node) =>
      node.kind === "filter" && node.input.kind === "limit"
        ? withInputs(node.input, [filter(node.input.input, node.predicate)])
        : undefined,
  },
  {
    name: "filters as one, though the second can fail",
    apply: (node) =>
      node.kind === "filter" && node.input.kind === "filter"
        ? filter(
            node.input.input,
            callNode("and", [node.input.predicate, node.predicate], node.predicate.dtype),
          )
        : undefined,
  },
  {
    name: "a filter below a distinct, whatever it reads",
    apply: (node) =>
      node.kind === "filter" && node.input.kind === "distinct"
        ? withInputs(node.input, [filter(node.input.input, node.predicate)])
        : undefined,
  },
  {
    name: "the last rows of the first ones",
    apply: (node) =>
      node.kind === "limit" && node.input.kind === "limit" && node.from !== node.input.from
        ? limit(node.input.input, Math.min(node.count, node.input.count), node.from)
        : undefined,
  },
];

it.each(wrongRules)("the property sees a wrong rule: $name", (wrong) => {
  const rule: Rule = { ...wrong, why: "", scope: "node" };
  const check = fc.property(plans(), (drawn) => {
    expectSameResults(drawn, optimizePlan(drawn.plan, { rules: [rule] }).plan);
  });
  expect(fc.check(check, { numRuns: 4_000, endOnFailure: true }).failed).toBe(true);
});
