import { expect, it } from "vitest";

import { bool, float64, int32, int64, utf8 } from "../../../packages/dataframe/dist/dtype.js";
import {
  callNode,
  castNode,
  columnNode,
  literalNode,
} from "../../../packages/dataframe/dist/expr/typed.js";
import { aggregate, distinct } from "../../../packages/dataframe/dist/plan/aggregate.js";
import type { PlanNode } from "../../../packages/dataframe/dist/plan/node.js";
import { limit, sort } from "../../../packages/dataframe/dist/plan/order.js";
import { concat, repartition, shuffle } from "../../../packages/dataframe/dist/plan/partitions.js";
import { planText } from "../../../packages/dataframe/dist/plan/plan-text.js";
import { choose } from "../../../packages/dataframe/dist/plan/project.js";
import { explode, filter, map } from "../../../packages/dataframe/dist/plan/rows.js";
import { optimizePlan } from "../../../packages/dataframe/dist/rules/optimize-plan.js";
import {
  by,
  compared,
  connected,
  flight,
  flights,
  of,
  withColumn,
} from "../../lib/dataframe/typical-plans.ts";

function beforeAndAfter(plan: PlanNode): string {
  return `${planText(plan)}\n=>\n${planText(optimizePlan(plan).plan)}`;
}

it("filters and columns get into the source, and a limited sort keeps the best", () => {
  const speed = callNode("div", [flight("distance"), literalNode(2, float64)], float64);
  const fast = compared("gt", columnNode("speed", float64), 100);
  const late = compared("gt", flight("delay"), 15);
  const chosen = filter(withColumn(flights(), "speed", speed), connected("and", late, fast));
  const groups = aggregate(
    chosen,
    ["carrier"],
    [
      { name: "flights", aggregate: of("rows", undefined, int64) },
      { name: "mean", aggregate: of("mean", columnNode("speed", float64), float64) },
    ],
  );
  const best = limit(sort(groups, [{ name: "mean", descending: true, nulls: "last" }]), 10);
  expect(beforeAndAfter(best)).toMatchInlineSnapshot(`
    "first 10
      sort by mean descending
        aggregate by carrier: flights = rows(), mean = mean(speed)  [1 partition]
          filter (delay > 15) and (speed > 100)
            project carrier, delay, distance, day, stops, speed = distance / 2
              scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    first 10 by mean descending
      aggregate by carrier (shuffle): flights = rows(), mean = mean(speed)  [1 partition]
        project carrier, speed = distance / 2
          scan csv flights-*.csv: carrier, distance where (delay > 15) and ((distance / 2) > 100)  [3 partitions]"
  `);
});

it("a predicate over keys is asked before groups are made, one over results after", () => {
  const groups = aggregate(
    flights(),
    ["carrier"],
    [{ name: "flights", aggregate: of("rows", undefined, int64) }],
  );
  const predicate = connected(
    "and",
    compared("gt", columnNode("flights", int64), 10n),
    compared("eq", flight("carrier"), "AA"),
  );
  expect(beforeAndAfter(filter(groups, predicate))).toMatchInlineSnapshot(`
    "filter (flights > 10) and (carrier = "AA")
      aggregate by carrier: flights = rows()  [1 partition]
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    filter flights > 10
      aggregate by carrier (shuffle): flights = rows()  [1 partition]
        scan csv flights-*.csv: carrier where carrier = "AA"  [3 partitions]"
  `);
});

it("what can fail stays behind the filter that was written before it", () => {
  const isNumber = compared("gte", flight("carrier"), "0");
  const number = compared("gt", castNode(flight("carrier"), int32), 3);
  const plan = filter(filter(flights(), isNumber), number);
  expect(beforeAndAfter(plan)).toMatchInlineSnapshot(`
    "filter cast(carrier, int32) > 3
      filter carrier >= "0"
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    filter cast(carrier, int32) > 3
      scan csv flights-*.csv: carrier, delay, distance, day, stops where carrier >= "0"  [3 partitions]"
  `);
});

it("a predicate over an expensive column stays above it", () => {
  const small = callNode("lower", [flight("carrier")], utf8);
  const plan = withColumn(flights(), "small", small);
  const isAa = compared("eq", columnNode("small", utf8), "aa");
  const late = compared("gt", flight("delay"), 15);
  expect(beforeAndAfter(filter(plan, connected("and", late, isAa)))).toMatchInlineSnapshot(`
    "filter (delay > 15) and (small = "aa")
      project carrier, delay, distance, day, stops, small = lower(carrier)
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    filter small = "aa"
      project carrier, delay, distance, day, stops, small = lower(carrier)
        scan csv flights-*.csv: carrier, delay, distance, day, stops where delay > 15  [3 partitions]"
  `);
});

it("what all branches of an or have gets into the source of its own", () => {
  const late = compared("gt", flight("delay"), 15);
  const [near, far] = [
    compared("lt", flight("distance"), 10),
    compared("gt", flight("distance"), 99),
  ];
  const plan = sort(flights(), by("day"));
  const predicate = connected("or", connected("and", late, near), connected("and", far, late));
  expect(beforeAndAfter(filter(plan, predicate))).toMatchInlineSnapshot(`
    "filter ((delay > 15) and (distance < 10)) or ((distance > 99) and (delay > 15))
      sort by day
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    sort by day
      scan csv flights-*.csv: carrier, delay, distance, day, stops where (delay > 15) and ((distance < 10) or (distance > 99))  [3 partitions]"
  `);
});

it("counting rows reads no columns", () => {
  const late = filter(flights(), compared("gt", flight("delay"), 15));
  const count = aggregate(
    sort(late, by("day")),
    [],
    [{ name: "n", aggregate: of("rows", undefined, int64) }],
  );
  expect(beforeAndAfter(count)).toMatchInlineSnapshot(`
    "aggregate: n = rows()  [1 partition]
      sort by day
        filter delay > 15
          scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    aggregate (tree): n = rows()  [1 partition]
      scan csv flights-*.csv: no columns where delay > 15  [3 partitions]"
  `);
});

it("a source that several read is read once, with what any of them needs", () => {
  const all = flights();
  const late = choose(filter(all, compared("gt", flight("delay"), 15)), ["carrier"]);
  const far = choose(filter(all, compared("gt", flight("distance"), 99)), ["carrier"]);
  expect(beforeAndAfter(concat([late, far]))).toMatchInlineSnapshot(`
    "concat 2  [6 partitions]
      project carrier
        filter delay > 15
          #1 scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
      project carrier
        filter distance > 99
          #1 again
    =>
    concat 2  [6 partitions]
      project carrier
        filter delay > 15
          #1 scan csv flights-*.csv: carrier, delay, distance  [3 partitions]
      project carrier
        filter distance > 99
          #1 again"
  `);
});

it("the head of frames one after the other reads the first of them", () => {
  const plan = limit(concat([flights([40, 60]), flights([70, 80], "more.parquet")]), 50);
  expect(beforeAndAfter(plan)).toMatchInlineSnapshot(`
    "first 50  [1 partition]
      concat 2  [4 partitions]
        scan parquet flights-*.csv: carrier, delay, distance, day, stops  [2 partitions]
        scan parquet more.parquet: carrier, delay, distance, day, stops  [2 partitions]
    =>
    first 50  [1 partition]
      scan parquet flights-*.csv: carrier, delay, distance, day, stops, first 50 of each partition  [2 partitions]"
  `);
});

it("joins of joins are one, and a filter goes below joins of whole partitions", () => {
  const cut = repartition(flights(), { by: "npartitions", npartitions: 2 });
  const joined = repartition(cut, { by: "npartitions", npartitions: 1 });
  const plan = filter(joined, compared("gt", flight("delay"), 15));
  expect(beforeAndAfter(plan)).toMatchInlineSnapshot(`
    "filter delay > 15
      repartition into 1  [1 partition]
        repartition into 2  [2 partitions]
          scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    repartition into 1  [1 partition]
      scan csv flights-*.csv: carrier, delay, distance, day, stops where delay > 15  [3 partitions]"
  `);
});

it("a filter stays behind rows that were to be balanced", () => {
  const cut = repartition(flights([10, 90]), { by: "npartitions", npartitions: 2 });
  expect(beforeAndAfter(filter(cut, compared("gt", flight("delay"), 15)))).toMatchInlineSnapshot(`
    "filter delay > 15
      repartition into 2
        scan parquet flights-*.csv: carrier, delay, distance, day, stops  [2 partitions]
    =>
    filter delay > 15
      repartition into 2
        scan parquet flights-*.csv: carrier, delay, distance, day, stops  [2 partitions]"
  `);
});

it("an index sorts within partitions, and a sort that is satisfied goes", () => {
  const dealt = shuffle(flights(), { kind: "range", column: "delay", divisions: [0, 10, 20] });
  const sorted = sort(sort(dealt, by("delay", "day")), by("delay"));
  expect(beforeAndAfter(sorted)).toMatchInlineSnapshot(`
    "sort by delay
      sort by delay, day
        shuffle by range of delay: 0, 10, 20  [2 partitions]
          scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    sort by delay, day in each partition
      shuffle by range of delay: 0, 10, 20  [2 partitions]
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]"
  `);
});

it("a function of the user needs all columns and lets no filter pass", () => {
  const fn = (table: unknown): unknown => table;
  const plan = map(flights(), { gets: "table", fn, fields: flights().fields });
  const late = filter(plan, compared("gt", flight("delay"), 15));
  expect(beforeAndAfter(choose(late, ["carrier"]))).toMatchInlineSnapshot(`
    "project carrier
      filter delay > 15
        map each table with fn
          scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    project carrier
      filter delay > 15
        map each table with fn
          scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]"
  `);
});

it("what is expensive waits for what leaves few rows, where that cannot move", () => {
  const items = explode(flights(), "stops");
  const isStop = callNode("isNotNull", [columnNode("stops", utf8)], bool);
  const isOurs = callNode("contains", [flight("carrier")], bool, ["A", null]);
  const guarded = filter(items, connected("and", isStop, isOurs));
  expect(beforeAndAfter(guarded)).toMatchInlineSnapshot(`
    "filter (stops is not null) and contains(carrier, "A")
      explode stops
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    filter (stops is not null) and contains(carrier, "A")
      explode stops
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]"
  `);
  const first = filter(items, connected("and", isOurs, isStop));
  expect(beforeAndAfter(first)).toMatchInlineSnapshot(`
    "filter contains(carrier, "A") and (stops is not null)
      explode stops
        scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    filter stops is not null
      explode stops
        scan csv flights-*.csv: carrier, delay, distance, day, stops where contains(carrier, "A")  [3 partitions]"
  `);
});

it("rows of lists are filtered before the lists are, where the list does not matter", () => {
  const items = explode(flights(), "stops");
  const isStop = callNode("isNotNull", [columnNode("stops", utf8)], bool);
  const plan = filter(items, connected("and", isStop, compared("gt", flight("delay"), 15)));
  expect(beforeAndAfter(choose(distinct(plan, ["stops"]), ["stops"]))).toMatchInlineSnapshot(`
    "project stops
      distinct by stops  [1 partition]
        filter (stops is not null) and (delay > 15)
          explode stops
            scan csv flights-*.csv: carrier, delay, distance, day, stops  [3 partitions]
    =>
    distinct by stops  [1 partition]
      filter stops is not null
        explode stops
          scan csv flights-*.csv: stops where delay > 15  [3 partitions]"
  `);
});
