import { expect, it } from "vitest";

import type { PlanNode } from "../../../packages/dataframe/dist/plan/node.js";
import { limit } from "../../../packages/dataframe/dist/plan/order.js";
import { repartition, shuffle } from "../../../packages/dataframe/dist/plan/partitions.js";
import { planText } from "../../../packages/dataframe/dist/plan/plan-text.js";
import { choose } from "../../../packages/dataframe/dist/plan/project.js";
import { optimizePlans } from "../../../packages/dataframe/dist/rules/optimize-plan.js";
import { flights } from "../../lib/dataframe/typical-plans.ts";

function cut(npartitions: number): PlanNode {
  return repartition(flights([10, 90, 50]), { by: "npartitions", npartitions });
}

function byCarrier(input: PlanNode): PlanNode {
  return shuffle(input, { kind: "hash", on: ["carrier"], npartitions: 4 });
}

function together(...plans: readonly PlanNode[]): string {
  return optimizePlans(plans).plans.map(planText).join("\n");
}

it("a repartition that each of its readers would leave out is made for none of them", () => {
  const rows = cut(3);
  const plans = [byCarrier(rows), limit(byCarrier(choose(rows, ["carrier"])), 1)];
  expect(together(...plans)).not.toContain("repartition");
});

it("rows that readers take from the beginning and the end are taken before they are cut", () => {
  const rows = cut(5);
  expect(together(limit(rows, 2), limit(rows, 2, "end"))).not.toContain("repartition");
});

it("one who needs rows as they were cut has them cut with the columns that it needs", () => {
  const rows = cut(3);
  const [first, second] = optimizePlans([choose(rows, ["delay"]), byCarrier(rows)]).plans;
  expect(planText(first as PlanNode)).toMatchInlineSnapshot(`
    "repartition into 3
      scan parquet flights-*.csv: delay  [3 partitions]"
  `);
  expect(planText(second as PlanNode)).not.toContain("repartition");
});

it("rows that two need as they were cut are cut once", () => {
  const rows = cut(3);
  expect(together(choose(rows, ["delay"]), rows)).toMatchInlineSnapshot(`
    "project delay
      repartition into 3
        scan parquet flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    repartition into 3
      scan parquet flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]"
  `);
});

it("a cut into more partitions is made once for all who want to go through it side by side", () => {
  const rows = cut(6);
  expect(together(byCarrier(rows), limit(byCarrier(rows), 1))).toMatchInlineSnapshot(`
    "shuffle by hash of carrier  [4 partitions]
      repartition into 6  [6 partitions]
        scan parquet flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    first 1  [1 partition]
      shuffle by hash of carrier  [4 partitions]
        repartition into 6  [6 partitions]
          scan parquet flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]"
  `);
});
