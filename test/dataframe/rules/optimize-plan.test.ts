import { expect, it } from "vitest";

import { bool, float64, int32 } from "../../../packages/dataframe/dist/dtype.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { PlanNode } from "../../../packages/dataframe/dist/plan/node.js";
import { nodesOfPlan, withInputs } from "../../../packages/dataframe/dist/plan/walk.js";
import { limit, sort } from "../../../packages/dataframe/dist/plan/order.js";
import { concat, repartition } from "../../../packages/dataframe/dist/plan/partitions.js";
import { choose, keepingAll, project } from "../../../packages/dataframe/dist/plan/project.js";
import { filter } from "../../../packages/dataframe/dist/plan/rows.js";
import { mergeFilters } from "../../../packages/dataframe/dist/rules/merge-filters.js";
import { optimizePlan } from "../../../packages/dataframe/dist/rules/optimize-plan.js";
import type { Rule } from "../../../packages/dataframe/dist/rules/rule.js";
import { by, compared, flight, flights } from "../../lib/dataframe/typical-plans.ts";

function rule(name: string, apply: Rule["apply"]): Rule {
  return { name, why: "a mistake", scope: "node", apply };
}

const late = filter(flights(), compared("gt", flight("delay"), 15));

it("a rule that changes the columns is an error with both plans", () => {
  const wrong = rule("drop-a-column", (node) =>
    node.kind === "filter" ? choose(node, ["carrier", "delay"]) : undefined,
  );
  expect(() => optimizePlan(late, { rules: [wrong] })).toThrowErrorMatchingInlineSnapshot(`
    [DataFrameError: optimize: rule drop-a-column changed the columns, got "carrier": utf8, "delay": int32, wanted "carrier": utf8, "delay": int32, "distance": float64, "day": date, "stops": list(utf8).
    This is a mistake in the rule, not in the query: please report it.
    Before:
    filter delay > 15
      scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    After:
    project carrier, delay
      filter delay > 15
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]]
  `);
});

it("a rule that changes the number of partitions is an error", () => {
  const wrong = rule("join-all", (node) =>
    node.kind === "filter" ? repartition(node, { by: "npartitions", npartitions: 1 }) : undefined,
  );
  expect(() => optimizePlan(late, { rules: [wrong] })).toThrowErrorMatchingInlineSnapshot(`
    [DataFrameError: optimize: rule join-all changed the number of partitions, got 1, wanted 3.
    This is a mistake in the rule, not in the query: please report it.
    Before:
    filter delay > 15
      scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    After:
    repartition into 1  [1 partition]
      filter delay > 15
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]]
  `);
});

it("a plan of which less is known is not taken", () => {
  const wrong = rule("drop-a-sort", (node) => (node.kind === "sort" ? node.input : undefined));
  const plan = sort(flights(), by("delay"));
  expect(optimizePlan(plan, { rules: [wrong] })).toEqual({ plan, trace: [] });
});

it("rules that take turns at a node are named", () => {
  const [a, b] = [compared("gt", flight("delay"), 15), compared("gt", flight("delay"), 16)];
  const turn = (name: string, from: typeof a, to: typeof a): Rule =>
    rule(name, (node) =>
      node.kind === "filter" && node.predicate === from ? filter(node.input, to) : undefined,
    );
  const rules = [turn("raise-bounds", a, b), turn("lower-bounds", b, a)];
  expect(() => optimizePlan(late, { rules })).toThrowErrorMatchingInlineSnapshot(`
    [DataFrameError: optimize: rules that never come to an end: lower-bounds, raise-bounds.
    This is a mistake in the rule, not in the query: please report it.
    Before:
    filter delay > 16
      scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    After:
    filter delay > 15
      scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]]
  `);
});

it("rules that take turns over several nodes are named", () => {
  const down = rule("push-limits", (node) =>
    node.kind === "limit" && node.input.kind === "sort"
      ? withInputs(node.input, [limit(node.input.input, node.count)])
      : undefined,
  );
  const up = rule("pull-limits", (node) =>
    node.kind === "sort" && node.input.kind === "limit"
      ? limit(sort(node.input.input, node.by), node.input.count)
      : undefined,
  );
  const plan = limit(sort(flights([3]), by("delay")), 2);
  const message = /rules that never come to an end: pull-limits, push-limits/;
  expect(() => optimizePlan(plan, { rules: [down, up] })).toThrow(message);
});

it("a rule that always finds more to do is named", () => {
  const more = rule("limit-once-more", (node) => {
    if (node.kind === "limit") return limit(node, node.count);
    return undefined;
  });
  const message = /rules that never come to an end: limit-once-more/;
  expect(() => optimizePlan(limit(flights(), 2), { rules: [more] })).toThrow(message);
});

it("a rule that puts a node below itself is named", () => {
  const wrap = rule("sort-first", (node) =>
    node.kind === "scan" ? sort(node, by("delay")) : undefined,
  );
  const message = /rules that never come to an end: sort-first/;
  expect(() => optimizePlan(flights(), { rules: [wrap] })).toThrow(message);
});

it("says which rules applied, and to what", () => {
  const { plan, trace } = optimizePlan(filter(sort(flights(), by("day")), late.predicate));
  expect(trace.map(({ rule }) => rule)).toEqual([
    "push-filter-below-sort",
    "push-filter-into-scan",
  ]);
  expect(plan.kind).toBe("sort");
});

it("filters one after the other become one in one step", () => {
  let plan = flights();
  for (let i = 0; i < 300; i++) plan = filter(plan, compared("gt", flight("delay"), i));
  const { trace } = optimizePlan(plan, { rules: [mergeFilters] });
  expect(trace.map(({ rule }) => rule)).toEqual(["merge-filters"]);
  let distance = 0;
  for (let node = trace[0]?.after; node?.kind === "filter"; node = node.input) distance++;
  expect(distance).toBe(1);
});

/** Projections and filters, one after the other, of which none can pass the other unchanged. */
function alternating(count: number, sum: "delay" | "distance"): PlanNode {
  const dtype = sum === "delay" ? int32 : float64;
  const value = (i: number) =>
    callNode("add", [columnNode(sum, dtype), literalNode(i, dtype)], dtype);
  let plan: PlanNode = flights();
  for (let i = 0; i < count; i++) {
    const kept = keepingAll(plan.fields).filter(({ name }) => name !== sum);
    plan = project(plan, [...kept, { name: sum, value: value(i) }]);
    plan = filter(plan, callNode("gt", [columnNode(sum, dtype), literalNode(i, dtype)], bool));
  }
  return plan;
}

// An int32 may overflow, so that its filters do not become one.
it.each(["delay", "distance"] as const)(
  "twice as many projections and filters of %s take twice as many rules",
  (sum) => {
    const [once, twice] = [100, 200].map((count) => {
      return optimizePlan(alternating(count, sum)).trace.length;
    }) as [number, number];
    expect(once).toBeGreaterThan(100);
    expect(twice).toBeLessThan(2.5 * once);
  },
);

it("what several read is shared still when what reads it is tried once more", () => {
  const sorted = sort(filter(flights(), compared("gt", flight("delay"), 15)), by("day"));
  const some = filter(sorted, compared("gt", flight("distance"), 100));
  const { plan } = optimizePlan(concat([sorted, some]));
  const sorts = [...nodesOfPlan(plan)].filter(({ kind }) => kind === "sort");
  expect(sorts.length).toBe(1);
});

it("a long chain of verbs needs no deep stack and no large expressions", () => {
  const { plan: result } = optimizePlan(alternating(500, "delay"));
  expect(result.kind).toBe("project");
});
