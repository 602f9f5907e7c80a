import { LayeredGraph } from "@millrace/graph";
import { expect, it } from "vitest";

import { bool, int32, int64, list } from "../../../packages/dataframe/dist/dtype.js";
import { columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { aggregate, distinct } from "../../../packages/dataframe/dist/plan/aggregate.js";
import { indexKey, layoutOf } from "../../../packages/dataframe/dist/plan/layout.js";
import { limit, sort } from "../../../packages/dataframe/dist/plan/order.js";
import { concat, repartition } from "../../../packages/dataframe/dist/plan/partitions.js";
import { choose, keepingAll, project } from "../../../packages/dataframe/dist/plan/project.js";
import { explode, filter, sample } from "../../../packages/dataframe/dist/plan/rows.js";
import { blocks } from "../../../packages/dataframe/dist/plan/sources.js";
import { rewritePlan } from "../../../packages/dataframe/dist/plan/walk.js";
import { by, compared, flight, flights, of } from "../../lib/dataframe/typical-plans.ts";

const late = compared("gt", flight("delay"), 15);

function message(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return String(error);
  }
  return "no error";
}

it("equal plans are one object", () => {
  const make = (): unknown => limit(filter(flights(), late), 10);
  expect(make()).toBe(make());
});

it("a rewrite meets a node once, however many read it", () => {
  const all = flights();
  const met: string[] = [];
  const plan = concat([filter(all, late), all]);
  const same = rewritePlan(plan, (node) => {
    met.push(node.kind);
    return node;
  });
  expect(met).toEqual(["scan", "filter", "concat"]);
  expect(same).toBe(plan);
});

it("says which columns there are", () => {
  expect(message(() => sort(flights(), by("dely")))).toMatchInlineSnapshot(
    `"DataFrameError: sort: no such column, got "dely", wanted one of "carrier", "delay", "distance", "day", "stops". Did you mean "delay"?"`,
  );
});

it("says of what dtype a column is", () => {
  const wrong = columnNode("delay", int64);
  const make = (): unknown => project(flights(), [{ name: "x", value: wrong }], "withColumns");
  expect(message(make)).toMatchInlineSnapshot(
    `"DataFrameError: withColumns: column "delay" read as another dtype, got "int64", wanted int32."`,
  );
});

it("wants a truth to filter by", () => {
  expect(message(() => filter(flights(), flight("delay")))).toMatchInlineSnapshot(
    `"DataFrameError: filter: the predicate is no truth, got "int32", wanted bool."`,
  );
});

it("wants names that differ", () => {
  const twice = [...keepingAll(flights().fields), { name: "day", value: late }];
  expect(message(() => project(flights(), twice))).toMatchInlineSnapshot(
    `"DataFrameError: select: a column twice, got "day", wanted names that differ."`,
  );
  const rows = { name: "day", aggregate: of("rows", undefined, int64) };
  expect(message(() => aggregate(flights(), ["day"], [rows]))).toMatchInlineSnapshot(
    `"DataFrameError: agg: a column twice, got "day", wanted names that differ."`,
  );
});

it("wants values with an order in keys, and lists to explode", () => {
  expect(message(() => distinct(flights(), ["stops"]))).toMatchInlineSnapshot(
    `"DataFrameError: unique: column "stops" has values without order, got "list(utf8)", wanted numbers, texts, truths, dates or timestamps."`,
  );
  expect(message(() => explode(flights(), "day"))).toMatchInlineSnapshot(
    `"DataFrameError: explode: column "day" has no items, got "date", wanted list(…)."`,
  );
});

it("wants frames of the same columns", () => {
  const other = choose(flights(), ["day", "carrier"]);
  const one = choose(flights(), ["carrier", "day"]);
  expect(message(() => concat([one, other]))).toMatchInlineSnapshot(
    `"DataFrameError: concat: frames of different columns, got "day: date, carrier: utf8", wanted carrier: utf8, day: date."`,
  );
  expect(message(() => concat([]))).toMatchInlineSnapshot(
    `"DataFrameError: concat: no frames, got an array of 0, wanted one or more."`,
  );
});

it("wants counts that are whole, and fractions from 0 to 1", () => {
  expect(message(() => limit(flights(), -1))).toMatchInlineSnapshot(
    `"DataFrameError: limit: bad count, got -1, wanted a whole number of 0 or more."`,
  );
  expect(message(() => sample(flights(), 1.5, 1))).toMatchInlineSnapshot(
    `"DataFrameError: sample: bad fraction, got 1.5, wanted a number from 0 to 1."`,
  );
  const npartitions = 1.5;
  const make = (): unknown => repartition(flights(), { by: "npartitions", npartitions });
  expect(message(make)).toMatchInlineSnapshot(
    `"DataFrameError: repartition: bad npartitions, got 1.5, wanted a whole number of 1 or more."`,
  );
  const many = (): unknown => repartition(flights(), { by: "npartitions", npartitions: 1e9 });
  expect(message(many)).toMatchInlineSnapshot(
    `"DataFrameError: repartition: bad npartitions, got 1000000000, wanted at most 1000000."`,
  );
  const rows = { name: "n", aggregate: of("rows", undefined, int64) };
  expect(message(() => aggregate(flights(), [], [rows], { splitOut: 2 }))).toMatchInlineSnapshot(
    `"DataFrameError: agg: splitOut of one row for all, got 2, wanted 1, or keys to group by."`,
  );
});

it("wants rows that add up to those that are known", () => {
  const known = flights([10, 20]);
  expect(message(() => repartition(known, { by: "rows", rows: [10, 10] }))).toMatchInlineSnapshot(
    `"DataFrameError: repartition: rows that do not add up, got "10, 10", wanted 30 in all."`,
  );
  const make = (): unknown => repartition(flights(), { by: "rows", rows: [10] });
  expect(message(make)).toMatchInlineSnapshot(
    `"DataFrameError: repartition: rows that do not add up, got "10", wanted rows that are known beforehand."`,
  );
});

const fields = [{ name: "i", dtype: int32 }];
const indexed = blocks(
  new LayeredGraph(),
  "indexed",
  fields,
  { ...layoutOf(2), index: "i", divisions: [0, 5, 9], sortedBy: [indexKey("i")] },
  "held",
);

it("wants divisions of an index that hold all rows", () => {
  const at =
    (divisions: readonly (number | null)[], force = false) =>
    (): unknown =>
      repartition(indexed, { by: "divisions", divisions, force });
  expect(message(at([0, 4, 9]))).toBe("no error");
  expect(message(at([-5, 4, 99], true))).toBe("no error");
  expect(message(at([-5, 4, 99]))).toMatchInlineSnapshot(
    `"DataFrameError: repartition: other outer divisions, got "-5, 4, 99", wanted from 0 to 9. Say force: true for bounds that lie further out."`,
  );
  expect(message(at([1, 9]))).toMatchInlineSnapshot(
    `"DataFrameError: repartition: divisions that leave rows out, got "1, 9", wanted from 0 to 9."`,
  );
  expect(message(at([9, 0]))).toMatchInlineSnapshot(
    `"DataFrameError: repartition: divisions out of order, got "9, 0", wanted bounds that ascend."`,
  );
  expect(message(at([0, null, 9]))).toMatchInlineSnapshot(
    `"DataFrameError: repartition: null as a division, got "0, null, 9", wanted no nulls."`,
  );
  expect(message(at([0]))).toMatchInlineSnapshot(
    `"DataFrameError: repartition: too few divisions, got "0", wanted a first and a last bound, or more."`,
  );
  const cut = (): unknown =>
    repartition(flights(), { by: "divisions", divisions: [0, 9], force: false });
  expect(message(cut)).toMatchInlineSnapshot(
    `"DataFrameError: repartition: no known divisions to cut anew, got undefined, wanted an index. Give the frame an order with setIndex first."`,
  );
});

it("joins of whole partitions keep bounds, cuts through them do not", () => {
  const into = (npartitions: number): unknown =>
    repartition(indexed, { by: "npartitions", npartitions }).layout.divisions;
  expect([into(1), into(2), into(3)]).toEqual([[0, 9], [0, 5, 9], undefined]);
});

it("a predicate that is always true is none, and a list of lists explodes once", () => {
  const nested = blocks(
    new LayeredGraph(),
    "nested",
    [{ name: "l", dtype: list(list(int32)) }],
    layoutOf(1, [1]),
    "held",
  );
  expect(explode(nested, "l").fields).toEqual([{ name: "l", dtype: list(int32) }]);
  expect(filter(nested, literalNode(true, bool)).layout.rows).toBeUndefined();
});
