import {
  DataFrame,
  col,
  count,
  decimal,
  dictionary,
  float64,
  int32,
  int64,
  list,
  utf8,
} from "@millrace/dataframe";
import { describe, expect, it } from "vitest";

import { rejected, thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

const schema = { k: utf8, g: int32, x: float64 } as const;
const rows = [
  { k: "b", g: 1, x: 1 },
  { k: "a", g: 1, x: Number.NaN },
  { k: null, g: 2, x: null },
  { k: "b", g: null, x: 3 },
  { k: "a", g: 1, x: 4 },
  { k: null, g: 2, x: -0 },
  { k: "", g: 2, x: null },
];
const frame = DataFrame.fromRows(rows, { schema, npartitions: 3 });
const thin = frame.repartition({ npartitions: 20 });
const empty = DataFrame.fromRows([], { schema, npartitions: 2 });
const byText = (a: { k: string | null }, b: { k: string | null }): number =>
  (a.k ?? "~") < (b.k ?? "~") ? -1 : 1;

describe.each(executors)("on %s", (executor) => {
  it("groups come in the order of their first rows; null is a group", async () => {
    for (const of of [frame, thin]) {
      for (const options of [{}, { splitEvery: 2 }, { splitOut: 1 }]) {
        const totals = of.groupBy("k").agg((c) => ({ n: count(), sum: c.x.sum() }), options);
        expect(totals.schema).toEqual({ k: utf8, n: int64, sum: float64 });
        expect(await totals.toRows({ executor })).toEqual([
          { k: "b", n: 2n, sum: 4 },
          { k: "a", n: 2n, sum: Number.NaN },
          { k: null, n: 2n, sum: 0 },
          { k: "", n: 1n, sum: null },
        ]);
      }
    }
  });

  it("splitOut gives as many partitions, each group in one of them", async () => {
    const totals = thin.groupBy("k", "g").agg({ n: count() }, { splitOut: 3, splitEvery: 2 });
    expect(totals.npartitions).toBe(3);
    const found = await totals.toRows({ executor });
    expect(found.toSorted(byText)).toEqual(
      [
        { k: "b", g: 1, n: 1n },
        { k: "a", g: 1, n: 2n },
        { k: null, g: 2, n: 2n },
        { k: "b", g: null, n: 1n },
        { k: "", g: 2, n: 1n },
      ].toSorted(byText),
    );
  });

  it("aggregates may stand in arithmetic, with keys and constants, and need no columns", async () => {
    const made = frame.groupBy("g").agg((c) => ({
      spread: c.x.max().sub(c.x.min()).add(1),
      share: c.x.count().div(count()),
      next: c.g.add(1),
      seven: 7,
      first: c.k.first(),
    }));
    expect(await made.toRows({ executor })).toEqual([
      { g: 1, spread: Number.NaN, share: 1, next: 2, seven: 7, first: "b" },
      { g: 2, spread: 1, share: 1 / 3, next: 3, seven: 7, first: "" },
      { g: null, spread: 1, share: 1, next: null, seven: 7, first: "b" },
    ]);
    expect(await frame.groupBy("g").agg({}).toRows({ executor })).toEqual([
      { g: 1 },
      { g: 2 },
      { g: null },
    ]);
    expect(await frame.groupBy().agg({ n: count() }).toRows({ executor })).toEqual([{ n: 7n }]);
  });

  it("agg gives one row, of no rows as well", async () => {
    const totals = frame.agg((c) => ({
      n: count(),
      xs: c.x.count(),
      sum: c.g.sum(),
      mean: c.g.mean(),
      min: c.k.min(),
      max: c.k.max(),
      last: c.k.last(),
      kinds: c.k.nUnique(),
      any: c.g.gt(1).any(),
      all: c.g.gt(0).all(),
      median: c.g.median(),
      quarter: c.g.quantile(0.25),
    }));
    const expected = {
      n: 7n,
      xs: 5n,
      sum: 9n,
      mean: 1.5,
      min: "",
      max: "b",
      last: "",
      kinds: 3n,
      any: true,
      all: true,
      median: 1.5,
      quarter: 1,
    };
    expect(await totals.toRows({ executor })).toEqual([expected]);
    const none = empty.agg((c) => ({
      n: count(),
      xs: c.x.count(),
      sum: c.g.sum(),
      mean: c.g.mean(),
      min: c.k.min(),
      first: c.k.first(),
      any: c.g.gt(1).any(),
      std: c.x.std(),
    }));
    expect(await none.toRows({ executor })).toEqual([
      { n: 0n, xs: 0n, sum: null, mean: null, min: null, first: null, any: null, std: null },
    ]);
    expect(await empty.groupBy("k").agg({ n: count() }).toRows({ executor })).toEqual([]);
  });

  it("std and var of one value are null, and those of many are stable", async () => {
    const far = DataFrame.fromRows(
      [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16].map((x) => ({ x })),
      { npartitions: 3 },
    );
    expect(await far.agg((c) => ({ v: c.x.var(), s: c.x.std() })).toRows({ executor })).toEqual([
      { v: 30, s: Math.sqrt(30) },
    ]);
    expect(
      await far
        .head(1)
        .agg((c) => ({ v: c.x.var() }))
        .toRows({ executor }),
    ).toEqual([{ v: null }]);
  });

  it("a sum beyond its dtype is an error that names the expression", async () => {
    const big = DataFrame.fromRows([{ n: 2n ** 62n }, { n: 2n ** 62n }], { npartitions: 2 });
    const sum = big.agg((c) => ({ s: c.n.sum() }));
    expect(await rejected(() => sum.compute({ executor }))).toContain("dataframe/overflow | ");
    const price = DataFrame.fromRows([{ p: "1.10" }, { p: "2.20" }], {
      schema: { p: decimal(4, 2) },
      npartitions: 2,
    });
    const total = price.agg((c) => ({ s: c.p.sum() }));
    expect(total.schema).toEqual({ s: decimal(18, 2) });
    expect(await total.toRows({ executor })).toEqual([{ s: "3.30" }]);
  });

  it("unique keeps the first row of each combination, NaN and null equal to themselves", async () => {
    const twice = DataFrame.fromRows([...rows, ...rows], { schema, npartitions: 5 });
    expect(await twice.unique().toRows({ executor })).toEqual(rows);
    expect(await twice.unique("k").toRows({ executor })).toEqual([
      rows[0],
      rows[1],
      rows[2],
      rows[6],
    ]);
    expect(await twice.unique(["g", "k"], { splitEvery: 2 }).toRows({ executor })).toEqual([
      rows[0],
      rows[1],
      rows[2],
      rows[3],
      rows[6],
    ]);
    expect(twice.unique().npartitions).toBe(1);
    expect(await empty.unique().toRows({ executor })).toEqual([]);
    const zeros = DataFrame.fromRows([{ z: -0 }, { z: 0 }, { z: Number.NaN }, { z: Number.NaN }]);
    expect(await zeros.unique().toRows({ executor })).toEqual([{ z: -0 }, { z: Number.NaN }]);
  });

  it("nUnique counts the different values of all columns or of some, without null", async () => {
    expect(await thin.nUnique().toRows({ executor })).toEqual([{ k: 3n, g: 2n, x: 5n }]);
    expect(await thin.nUnique("g").toRows({ executor })).toEqual([{ g: 2n }]);
    expect(await empty.nUnique("g").toRows({ executor })).toEqual([{ g: 0n }]);
  });

  it("valueCounts has the most frequent value first, ties in the order of first rows", async () => {
    const counts = thin.valueCounts("g");
    expect(counts.schema).toEqual({ g: int32, count: int64 });
    expect(await counts.toRows({ executor })).toEqual([
      { g: 1, count: 3n },
      { g: 2, count: 3n },
      { g: null, count: 1n },
    ]);
    expect(await empty.valueCounts("g").toRows({ executor })).toEqual([]);
    const words = frame.cast({ k: dictionary }).valueCounts("k");
    expect(await words.head(1).toRows({ executor })).toEqual([{ k: "b", count: 2n }]);
  });

  it("describe has a row a statistic for all columns of numbers", async () => {
    const numbers = DataFrame.fromRows(
      [1, 2, 3, 4, null].map((n) => ({ n, big: n === null ? null : BigInt(n) * 10n, t: "x" })),
      { npartitions: 3 },
    );
    expect(await numbers.describe().toRows({ executor })).toEqual([
      { statistic: "count", n: 4, big: 4 },
      { statistic: "mean", n: 2.5, big: 25 },
      { statistic: "std", n: Math.sqrt(5 / 3), big: Math.sqrt(500 / 3) },
      { statistic: "min", n: 1, big: 10 },
      { statistic: "25%", n: 1.75, big: 17.5 },
      { statistic: "50%", n: 2.5, big: 25 },
      { statistic: "75%", n: 3.25, big: 32.5 },
      { statistic: "max", n: 4, big: 40 },
    ]);
    const none = await empty.describe().toRows({ executor });
    expect(none.map((row) => row["x"])).toEqual([0, ...Array.from({ length: 7 }, () => null)]);
    const odd = DataFrame.fromRows([{ statistic: 1 }]);
    expect(await rejected(async () => odd.describe().toRows({ executor }))).toMatchInlineSnapshot(
      `"dataframe/invalid-argument | describe: a column twice, got "statistic", wanted names that differ."`,
    );
  });
});

it("mistakes are told at the caller's line", () => {
  const lists = DataFrame.fromRows([{ l: [1] }], { schema: { l: list(float64) } });
  const named = DataFrame.fromRows([{ count: 1 }]);
  expect([
    thrown(() => frame.groupBy(wrong("z"))),
    thrown(() => frame.groupBy("k", "k")),
    thrown(() => frame.groupBy(wrong(["k"]))),
    thrown(() => lists.groupBy("l").agg({ n: count() })),
    thrown(() => frame.groupBy("k").agg({ k: count() })),
    thrown(() => frame.groupBy("k").agg((c) => ({ x: c.x }))),
    thrown(() => frame.groupBy("k").agg((c) => ({ x: c.x.add(c.x.sum()) }))),
    thrown(() => frame.groupBy("k").agg({ x: col("nope").sum() })),
    thrown(() => frame.groupBy("k").agg({ x: col("x").sum().sum() })),
    thrown(() => frame.groupBy("k").agg((c) => ({ x: wrong<typeof c.x>(c.k).sum() }))),
    thrown(() => frame.groupBy("k").agg(wrong(undefined))),
    thrown(() => frame.groupBy("k").agg({ n: count() }, { splitEvery: 1 })),
    thrown(() => frame.groupBy("k").agg({ n: count() }, { splitOut: 0 })),
    thrown(() => frame.groupBy("k").agg({ n: count() }, wrong({ split: 1 }))),
    thrown(() => frame.groupBy().agg({ n: count() }, { splitOut: 2 })),
    thrown(() => frame.agg((c) => ({ x: c.x }))),
    thrown(() => frame.agg((c) => ({ x: c.x.quantile(2) }))),
    thrown(() => frame.unique([])),
    thrown(() => frame.unique(["k", "k"])),
    thrown(() => frame.unique(wrong(["z"]))),
    thrown(() => frame.unique(wrong(5))),
    thrown(() => frame.unique(wrong([5]))),
    thrown(() => frame.unique(["k"], { splitEvery: 0 })),
    thrown(() => frame.unique(["k"], wrong({ keep: "last" }))),
    thrown(() => lists.unique()),
    thrown(() => frame.nUnique(wrong("z"))),
    thrown(() => lists.nUnique()),
    thrown(() => frame.valueCounts(wrong("z"))),
    thrown(() => named.valueCounts("count")),
    thrown(() => frame.select("k").describe()),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/unknown-column | groupBy: no such column, got "z", wanted one of "k", "g", "x".",
      "dataframe/invalid-argument | groupBy: a column twice, got "k", wanted names that differ.",
      "dataframe/unknown-column | groupBy: no such column, got an array of 1, wanted one of "k", "g", "x".",
      "dataframe/unsupported-type | agg: column "l" has values without order, got "list(float64)", wanted numbers, texts, truths, dates or timestamps.",
      "dataframe/invalid-argument | agg: the name of a key for another column, got "k", wanted another name.",
      "dataframe/invalid-argument | agg: column "x" stands outside of an aggregate, got "x", wanted one value a group. Say which: .first(), .max(), .mean() …",
      "dataframe/invalid-argument | agg: column "x" stands outside of an aggregate, got "x + sum(x)", wanted one value a group. Say which: .first(), .max(), .mean() …",
      "dataframe/unknown-column | agg: no such column, got "nope", wanted one of "k", "g", "x".",
      "dataframe/invalid-argument | agg: an aggregate stands where each row has a value, got "sum(x)", wanted an expression of one row. Aggregate in agg(…), with or without groupBy(…), and go on with the result.",
      "dataframe/type-mismatch | agg: sum does not take utf8, got "sum(k)", wanted numbers or truth values. Cast its argument first.",
      "dataframe/invalid-argument | agg: no columns, got undefined, wanted an object of expressions by name, or a list of columns.",
      "dataframe/invalid-argument | agg: bad splitEvery, got 1, wanted a whole number of 2 or more.",
      "dataframe/invalid-argument | agg: bad splitOut, got 0, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | agg: no such option, got "split", wanted one of splitEvery, splitOut.",
      "dataframe/invalid-argument | agg: splitOut of one row for all, got 2, wanted 1, or keys to group by.",
      "dataframe/invalid-argument | agg: column "x" stands outside of an aggregate, got "x", wanted one value a group. Say which: .first(), .max(), .mean() …",
      "dataframe/invalid-argument | quantile: bad q, got 2, wanted a number from 0 to 1.",
      "dataframe/invalid-argument | unique: bad number of columns, got 0, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | unique: a column twice, got "k", wanted names that differ.",
      "dataframe/unknown-column | unique: no such column, got "z", wanted one of "k", "g", "x".",
      "dataframe/invalid-argument | unique: bad columns, got 5, wanted a name or an array of names.",
      "dataframe/invalid-argument | unique: bad columns, got an array of 1, wanted a name or an array of names.",
      "dataframe/invalid-argument | unique: bad splitEvery, got 0, wanted a whole number of 2 or more.",
      "dataframe/invalid-argument | unique: no such option, got "keep", wanted one of splitEvery.",
      "dataframe/unsupported-type | unique: column "l" has values without order, got "list(float64)", wanted numbers, texts, truths, dates or timestamps.",
      "dataframe/unknown-column | nUnique: no such column, got "z", wanted one of "k", "g", "x".",
      "dataframe/type-mismatch | nUnique: nUnique does not take list(float64), got "nUnique(l)", wanted no lists and no structs. Cast its argument first.",
      "dataframe/unknown-column | valueCounts: no such column, got "z", wanted one of "k", "g", "x".",
      "dataframe/invalid-argument | valueCounts: a column named as the result, got "count", wanted another name. Rename it first.",
      "dataframe/invalid-argument | describe: no columns of numbers, got "k", wanted one or more.",
    ]
  `);
});
