import fc from "fast-check";
import { expect, it } from "vitest";

import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import { dtypeText } from "../../../packages/dataframe/dist/dtype-traits.js";
import { resolveAggregation } from "../../../packages/dataframe/dist/expr/aggregation.js";
import { coalesce, col, count, lit } from "../../../packages/dataframe/dist/expr/col.js";
import { resolve } from "../../../packages/dataframe/dist/expr/resolve.js";
import { exprText } from "../../../packages/dataframe/dist/expr/text.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import { when } from "../../../packages/dataframe/dist/expr/when.js";
import { fieldLists } from "../../lib/dataframe/arbitraries.ts";
import { expressionOf } from "../../lib/dataframe/expressions.ts";
import { typedExpressions } from "../../lib/dataframe/typed-arbitraries.ts";

const { float64, int32, int64, timestamp, uint64, utf8 } = d;

const types: Readonly<Record<string, DType>> = {
  tiny: d.int8,
  delay: int32,
  far: d.uint32,
  id: int64,
  big: uint64,
  x: float64,
  ratio: d.float32,
  price: d.decimal(9, 2),
  rate: d.decimal(18, 4),
  late: d.bool,
  name: utf8,
  carrier: d.dictionary,
  day: d.date,
  at: timestamp("s"),
  local: timestamp("us", "Europe/Berlin"),
  tags: d.list(utf8),
};
const fields: readonly Field[] = Object.entries(types).map(([name, dtype]) => ({ name, dtype }));
const c = Object.fromEntries(Object.keys(types).map((name) => [name, col(name)])) as Record<
  "tiny" | "delay" | "far" | "id" | "big" | "x" | "ratio" | "price" | "rate" | "late",
  ReturnType<typeof col>
> &
  Record<"name" | "carrier" | "day" | "at" | "local" | "tags", ReturnType<typeof col>>;

const solve = (value: unknown) => resolve("filter", value, fields);
const typeOf = (value: unknown): string => dtypeText(solve(value).dtype);
const textOf = (value: unknown): string => exprText(solve(value));

it("what users write for a checked expression gives that very expression", () => {
  let count = 0;
  const drawn = fieldLists().chain((all) => fc.tuple(fc.constant(all), typedExpressions(all)));
  fc.assert(
    fc.property(drawn, ([all, node]) => {
      const expression = expressionOf(node);
      if (expression === undefined) return;
      if (node.kind === "call") count += 1;
      expect(resolve("select", expression, all)).toBe(node);
    }),
    { numRuns: 500 },
  );
  expect(count).toBeGreaterThan(100);
});

it("two dtypes meet in the smallest that holds both", () => {
  expect(typeOf(c.tiny.add(c.delay))).toBe("int32");
  expect(typeOf(c.delay.add(c.far))).toBe("int64");
  expect(typeOf(c.tiny.add(c.ratio))).toBe("float32");
  expect(typeOf(c.delay.add(c.ratio))).toBe("float64");
  expect(typeOf(c.id.add(c.x))).toBe("float64");
  expect(typeOf(c.price.add(c.rate))).toBe("decimal(18, 4)");
  expect(typeOf(c.price.mul(c.rate))).toBe("decimal(18, 6)");
  expect(typeOf(c.price.mul(2))).toBe("decimal(18, 2)");
  expect(typeOf(c.price.add(c.delay))).toBe("decimal(18, 2)");
  expect(typeOf(c.price.mul(c.x))).toBe("float64");
  expect(typeOf(c.delay.div(c.delay))).toBe("float64");
  expect(typeOf(coalesce(c.carrier, "none"))).toBe("dictionary");
  expect(typeOf(coalesce(c.carrier, c.name))).toBe("utf8");
  expect(typeOf(when(c.late).then(1).otherwise(c.delay))).toBe("int32");
  expect(typeOf(coalesce(c.day, c.local))).toBe('timestamp("us", "Europe/Berlin")');
});

it("a constant takes the dtype beside it where that holds it exactly", () => {
  expect(solve(c.delay.add(15))).toBe(
    callNode("add", [columnNode("delay", int32), literalNode(15, int32)], int32),
  );
  expect(typeOf(c.delay.add(1.5))).toBe("float64");
  expect(typeOf(c.delay.add(2 ** 31))).toBe("float64");
  expect(typeOf(c.delay.add(2n ** 31n))).toBe("int64");
  expect(typeOf(c.tiny.add(1_000))).toBe("float64");
  expect(typeOf(c.tiny.add(-0))).toBe("int8");
  expect(typeOf(c.ratio.add(0.1))).toBe("float64");
  expect(typeOf(c.ratio.add(0.5))).toBe("float32");
  expect(typeOf(c.price.add(0.1))).toBe("decimal(18, 2)");
  expect(typeOf(c.price.add("0.10"))).toBe("decimal(18, 2)");
  expect(typeOf(c.price.add(0.001))).toBe("float64");
  expect(typeOf(lit(15).add(c.delay))).toBe("int32");
  expect(typeOf(lit(15).add(1))).toBe("float64");
  expect(typeOf(5n)).toBe("int64");
  expect(typeOf(2n ** 63n)).toBe("uint64");
  expect(textOf(c.id.isIn([1, 2n, 2.5]))).toBe("cast(id, float64) in (1, 2, 2.5)");
  expect(textOf(c.day.gt(new Date("2024-05-06")))).toBe("day > date 2024-05-06");
  expect(textOf(c.day.gt(new Date("2024-05-06T07:08:09.5Z")))).toBe(
    'cast(day, timestamp("ms")) > timestamp 2024-05-06T07:08:09.500Z',
  );
  expect(textOf(c.at.lt(new Date(1_500)))).toBe(
    'cast(at, timestamp("ms")) < timestamp 1970-01-01T00:00:01.500Z',
  );
  expect(textOf(c.local.lt(new Date(1_500)))).toBe("local < timestamp 1970-01-01T00:00:01.500000Z");
  expect(textOf(c.x.eq(2n ** 53n + 1n))).toBe("x = 9007199254740992");
  expect(textOf(c.delay.add(null))).toBe("delay + null");
  expect(textOf(lit(null, int32))).toBe("null");
  expect(textOf(lit("\ud800"))).toBe('"\ufffd"');
});

it("comparisons cast nothing that compares as it is stored", () => {
  expect(textOf(c.carrier.eq(c.name))).toBe("carrier = name");
  expect(textOf(c.local.eq(c.at))).toBe('local = cast(at, timestamp("us", "Europe/Berlin"))');
  expect(textOf(c.at.eq(c.day))).toBe('at = cast(day, timestamp("s"))');
  expect(textOf(c.delay.lt(c.id))).toBe("cast(delay, int64) < id");
});

it("a part that many paths lead to is resolved and written once", () => {
  let sum = c.x;
  for (let i = 0; i < 60; i++) sum = sum.add(sum);
  expect(typeOf(sum)).toBe("float64");
  expect(textOf(sum).length).toBeLessThan(5_000);
  expect(String(sum).length).toBeLessThan(5_000);
});

it("an expression may be 500 operations deep, and says so when it is more", () => {
  const deep = (count: number) =>
    Array.from({ length: count }).reduce<ReturnType<typeof col>>((sum) => sum.add(c.x), c.x);
  expect(typeOf(deep(499))).toBe("float64");
  expect(messageOf(() => solve(deep(100_000)))).toMatchInlineSnapshot(
    `"dataframe/invalid-argument | filter: too deep an expression, got 501, wanted at most 500 operations inside of each other. Use isIn(…) in place of many comparisons, or columns for parts of it."`,
  );
});

it("aggregates are worked out once each, then what is made of them", () => {
  const { aggregates, outputs } = resolveAggregation(
    "agg",
    [
      ["total", c.delay.sum()],
      ["share", c.delay.sum().div(count())],
      ["spread", c.x.max().sub(c.x.min()).add(c.tiny)],
      ["again", c.x.max()],
    ],
    fields,
    ["tiny"],
  );
  expect(
    aggregates.map(({ name, aggregate: { fn, dtype } }) => [name, fn, dtypeText(dtype)]),
  ).toEqual([
    ["total", "sum", "int64"],
    ["count()", "rows", "int64"],
    ["max(x)", "max", "float64"],
    ["min(x)", "min", "float64"],
  ]);
  expect(outputs.map(({ name, value }) => [name, exprText(value)])).toEqual([
    ["total", "total"],
    ["share", 'cast(total, float64) / cast(col("count()"), float64)'],
    ["spread", '(col("max(x)") - col("min(x)")) + cast(tiny, float64)'],
    ["again", 'col("max(x)")'],
  ]);
});

it("names of hidden aggregates never meet a name that was asked for", () => {
  const named = [["max(x)", c.x.max().add(1)]] as const;
  const { aggregates } = resolveAggregation("agg", named, fields, []);
  expect(aggregates.map(({ name }) => name)).toEqual(["max(x)'"]);
});

it("every mistake is told with the dtypes and what to do", () => {
  const mistakes: readonly (() => unknown)[] = [
    () => solve(c.name.add(1)),
    () => solve(c.id.add(c.big)),
    () => solve(c.delay.eq("15")),
    () => solve(c.delay.and(c.late)),
    () => solve(c.tags.lt(c.tags)),
    () => solve(c.day.dt.truncate("hour")),
    () => solve(c.day.dt.hour()),
    () => solve(c.delay.str.lower()),
    () => solve(c.rate.mul(c.rate).mul(c.rate).mul(c.rate).mul(c.rate)),
    () => solve(c.tags.cast(int32)),
    () => solve(when(c.late).then("a").otherwise(c.delay)),
    () => solve(when(c.delay).then(1).otherwise(2)),
    () => solve(c.delay.mean().gt(5)),
    () => solve(null),
    () => solve(2n ** 64n),
    () => resolveAggregation("agg", [["n", c.name.sum()]], fields, []),
    () => resolveAggregation("agg", [["n", c.x.add(c.x.sum())]], fields, []),
    () => resolveAggregation("agg", [["n", c.x.sum().sum()]], fields, []),
  ];
  expect(mistakes.map(messageOf)).toMatchInlineSnapshot(`
    [
      "dataframe/type-mismatch | filter: add does not take utf8 and 1 (float64), got "name + 1", wanted two numbers that have a common dtype. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: add does not take int64 and uint64, got "id + big", wanted two numbers that have a common dtype. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: eq does not take int32 and "15" (utf8), got "delay = \\"15\\"", wanted two values that can be compared: numbers, texts, bools, or dates and timestamps. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: and does not take int32 and bool, got "delay and late", wanted truth values. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: lt does not take list(utf8) and list(utf8), got "tags < tags", wanted two values that can be compared: numbers, texts, bools, or dates and timestamps. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: truncate does not take date, got "truncate(day, \\"hour\\")", wanted a timestamp, or a date and one of its units: year, quarter, month, week, day. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: hour does not take date, got "hour(day)", wanted a timestamp. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: lower does not take int32, got "lower(delay)", wanted a text. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: mul does not take decimal(18, 16) and decimal(18, 4), got "(((rate * rate) * rate) * rate) * rate", wanted two numbers, decimals with at most 18 digits behind the point in all. Cast what does not fit: .cast(…).",
      "dataframe/type-mismatch | filter: list(utf8) cannot be cast to int32, got "cast(tags, int32)", wanted dtypes of one family, or a text.",
      "dataframe/type-mismatch | filter: branches are "a" (utf8) and int32, got "case when late then \\"a\\" else delay end", wanted values that have a common dtype. Cast those that differ: .cast(…).",
      "dataframe/type-mismatch | filter: a condition is int32, got "delay", wanted a truth value.",
      "dataframe/invalid-argument | filter: an aggregate stands where each row has a value, got "mean(delay)", wanted an expression of one row. Aggregate in agg(…), with or without groupBy(…), and go on with the result.",
      "dataframe/type-mismatch | filter: null has no dtype, got "null", wanted null with a dtype. Give it one: lit(null, int32).",
      "dataframe/type-mismatch | filter: too large a constant, got "18446744073709551616", wanted at most 64 bits. Use a number for a float64.",
      "dataframe/type-mismatch | agg: sum does not take utf8, got "sum(name)", wanted numbers or truth values. Cast its argument first.",
      "dataframe/invalid-argument | agg: column "x" stands outside of an aggregate, got "x + sum(x)", wanted one value a group. Say which: .first(), .max(), .mean() …",
      "dataframe/invalid-argument | agg: an aggregate stands where each row has a value, got "sum(x)", wanted an expression of one row. Aggregate in agg(…), with or without groupBy(…), and go on with the result.",
    ]
  `);
});

it("a name that is no column is told with those that there are", () => {
  const few = fields.slice(0, 3);
  const many = Array.from({ length: 100 }, (_, i) => ({ name: `column${i}`, dtype: int32 }));
  const mistakes: readonly (() => unknown)[] = [
    () => resolve("filter", col("dealy"), few),
    () => resolve("filter", col("Delay"), few),
    () => resolve("filter", col("distance"), few),
    () => resolve("filter", col("column100"), many),
    () => resolve("filter", col("x"), []),
    () => resolveAggregation("agg", [["n", col("farr").add(1)]], few, []),
  ];
  expect(mistakes.map(messageOf)).toMatchInlineSnapshot(`
    [
      "dataframe/unknown-column | filter: no such column, got "dealy", wanted one of "tiny", "delay", "far". Did you mean "delay"?",
      "dataframe/unknown-column | filter: no such column, got "Delay", wanted one of "tiny", "delay", "far". Did you mean "delay"?",
      "dataframe/unknown-column | filter: no such column, got "distance", wanted one of "tiny", "delay", "far".",
      "dataframe/unknown-column | filter: no such column, got "column100", wanted one of "column0", "column1", "column2", "column3", "column4", "column5", "column6", "column7", "column8", "column9", "column10", "column11", "column12", "column13", "column14", "column15", "column16", "column17", "column18", "column19", "column20", "column21", "column22", "column23", "column24", "column25", "column26", "column27", "column28", "column29" and 70 more. Did you mean "column10"?",
      "dataframe/unknown-column | filter: no such column, got "x", wanted nothing, it has no columns.",
      "dataframe/unknown-column | agg: no such column, got "farr", wanted one of "tiny", "delay", "far". Did you mean "far"?",
    ]
  `);
});

function messageOf(mistake: () => unknown): string {
  try {
    mistake();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} | ${message}`;
  }
  throw new Error(`no mistake: ${String(mistake)}`);
}
