import {
  DataFrame,
  coalesce,
  col,
  date,
  dictionary,
  float64,
  int32,
  int64,
  int8,
  list,
  lit,
  utf8,
  when,
} from "@millrace/dataframe";
import { describe, expect, it } from "vitest";

import { thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

const rows = [
  { a: 1, b: "x", "a b": true },
  { a: null, b: "é", "a b": false },
  { a: Number.NaN, b: null, "a b": null },
  { a: -0.5, b: "", "a b": true },
];
const schema = { a: float64, b: utf8, "a b": { kind: "bool" } } as const;
/** Five partitions of four rows: one is empty. */
const frame = DataFrame.fromRows(rows, { schema, npartitions: 5 });
const empty = DataFrame.fromRows([], { schema, npartitions: 2 });

describe.each(executors)("on %s", (executor) => {
  it("select takes columns by name in the order asked for, or expressions with names", async () => {
    expect(await frame.select("b", "a").toRows({ executor })).toEqual(
      rows.map(({ a, b }) => ({ b, a })),
    );
    expect(frame.select("b", "a").columns).toEqual(["b", "a"]);
    const made = frame.select((c) => ({ z: c.a.mul(2), same: c["a b"], one: 1, text: "t" }));
    expect(made.schema).toEqual({ z: float64, same: schema["a b"], one: float64, text: utf8 });
    expect(await made.toRows({ executor })).toEqual(
      rows.map((row) => ({
        z: row.a === null ? null : row.a * 2,
        same: row["a b"],
        one: 1,
        text: "t",
      })),
    );
    const named = frame.select(col("a"), "b", col("b").str.length().alias("n"));
    expect(await named.head(2).toRows({ executor })).toEqual([
      { a: 1, b: "x", n: 1 },
      { a: null, b: "é", n: 1 },
    ]);
    expect(
      await frame
        .select({ l: lit(null, int32) })
        .head(1)
        .toRows({ executor }),
    ).toEqual([{ l: null }]);
  });

  it("a frame without columns keeps its rows", async () => {
    const none = frame.select();
    expect(none.columns).toEqual([]);
    expect(await none.toRows({ executor })).toEqual([{}, {}, {}, {}]);
    expect((await none.compute({ executor })).numRows).toBe(4);
    expect(await frame.drop("a", "b", "a b").withColumns({ n: 1 }).toRows({ executor })).toEqual([
      { n: 1 },
      { n: 1 },
      { n: 1 },
      { n: 1 },
    ]);
  });

  it("withColumns adds columns behind, and replaces one of a known name in its place", async () => {
    const more = frame.withColumns((c) => ({ b: c.b.fillNull("-"), n: c.b.str.length() }));
    expect(more.columns).toEqual(["a", "b", "a b", "n"]);
    expect(await more.select("b", "n").toRows({ executor })).toEqual([
      { b: "x", n: 1 },
      { b: "é", n: 1 },
      { b: "-", n: null },
      { b: "", n: 0 },
    ]);
    const swapped = DataFrame.fromRows([{ x: 1, y: 2 }]).withColumns((c) => ({ x: c.y, y: c.x }));
    expect(await swapped.toRows({ executor })).toEqual([{ x: 2, y: 1 }]);
  });

  it("filter keeps the rows for which the predicate is true, not those where it is null", async () => {
    const kept = await frame.filter((c) => c["a b"]).toRows({ executor });
    expect(kept).toEqual([rows[0], rows[3]]);
    expect(await frame.filter(col("a").gt(0)).select("b").toRows({ executor })).toEqual([
      { b: "x" },
      { b: null },
    ]);
    expect(
      await frame
        .filter((c) => c.a.isNull())
        .select("b")
        .toRows({ executor }),
    ).toEqual([{ b: "é" }]);
    expect(await frame.filter(lit(false)).toRows({ executor })).toEqual([]);
    expect(await frame.filter(lit(true)).toRows({ executor })).toEqual(rows);
  });

  it("drop and rename keep the order of what stays", async () => {
    expect(frame.drop("b").columns).toEqual(["a", "a b"]);
    expect(await frame.drop("a", "a b").toRows({ executor })).toEqual(rows.map(({ b }) => ({ b })));
    expect(frame.drop()).toHaveProperty("columns", ["a", "b", "a b"]);
    const renamed = frame.rename({ a: "b", b: "a" });
    expect(renamed.columns).toEqual(["b", "a", "a b"]);
    expect(await renamed.head(1).toRows({ executor })).toEqual([{ b: 1, a: "x", "a b": true }]);
    expect(frame.rename({}).columns).toEqual(frame.columns);
  });

  it("cast converts columns, strictly or with null for what cannot be", async () => {
    const texts = DataFrame.fromRows(
      [
        { t: "1", u: "2024-02-29" },
        { t: "x", u: null },
      ],
      {
        npartitions: 2,
      },
    );
    const cast = texts.cast({ t: int64, u: date }, { strict: false });
    expect(cast.schema).toEqual({ t: int64, u: date });
    expect(await cast.toRows({ executor })).toEqual([
      { t: 1n, u: new Date("2024-02-29") },
      { t: null, u: null },
    ]);
    await expect(texts.cast({ t: int64 }).toRows({ executor })).rejects.toMatchObject({
      code: "dataframe/bad-cast",
      message: 'cast: t cannot be int64, got "x". Use cast(…, { strict: false }) for null instead.',
    });
  });

  it("dropNulls takes frames of any width", async () => {
    const names = Array.from({ length: 3_000 }, (_, i) => `c${i}`);
    const wide = [0, null].map((last) => {
      return { ...Object.fromEntries(names.map((name) => [name, 1])), last };
    });
    const kept = DataFrame.fromRows(wide).dropNulls().select(col("c0"), col("last"));
    expect(await kept.toRows({ executor })).toEqual([{ c0: 1, last: 0 }]);
  });

  it("dropNulls looks at all columns or at those named; NaN is no null", async () => {
    expect(await frame.dropNulls().toRows({ executor })).toEqual([rows[0], rows[3]]);
    expect(await frame.dropNulls("a").toRows({ executor })).toEqual([rows[0], rows[2], rows[3]]);
    expect(await frame.dropNulls("b", "a b").toRows({ executor })).toEqual([
      rows[0],
      rows[1],
      rows[3],
    ]);
  });

  it("fillNull fills the columns that can hold the value, or each with its own", async () => {
    expect(await frame.fillNull(7).select("a", "b").toRows({ executor })).toEqual([
      { a: 1, b: "x" },
      { a: 7, b: "é" },
      { a: Number.NaN, b: null },
      { a: -0.5, b: "" },
    ]);
    const filled = frame.fillNull({ b: "?", "a b": false, a: col("a").sub(1).fillNull(3) });
    expect(await filled.toRows({ executor })).toEqual([
      { a: 1, b: "x", "a b": true },
      { a: 3, b: "é", "a b": false },
      { a: Number.NaN, b: "?", "a b": false },
      { a: -0.5, b: "", "a b": true },
    ]);
    expect(filled.schema).toEqual(frame.schema);
    const words = DataFrame.fromRows([{ w: "a" }, { w: null }]).cast({ w: dictionary });
    expect(words.fillNull({ w: "b" }).schema).toEqual({ w: dictionary });
    expect(await words.fillNull("b").toRows({ executor })).toEqual([{ w: "a" }, { w: "b" }]);
    const stamped = DataFrame.fromRows([{ at: null }, { at: new Date(5) }]);
    expect(await stamped.fillNull(new Date(0)).toRows({ executor })).toEqual([
      { at: new Date(0) },
      { at: new Date(5) },
    ]);
  });

  it("empty frames stay empty and keep their columns through every projection", async () => {
    const all = empty
      .filter((c) => c.a.gt(1))
      .withColumns((c) => ({ n: when(c.a.gt(1)).then(c.a).otherwise(null) }))
      .rename({ b: "text" })
      .cast({ a: utf8 })
      .dropNulls()
      .fillNull("x")
      .drop("a b");
    expect(all.schema).toEqual({ a: utf8, text: utf8, n: float64 });
    expect(await all.toRows({ executor })).toEqual([]);
    expect((await all.compute({ executor })).schema.fields.map(({ name }) => name)).toEqual([
      "a",
      "text",
      "n",
    ]);
  });

  it("columns may have the names of properties of objects", async () => {
    const odd = JSON.parse('[{"__proto__":1,"1":2,"constructor":3},{"1":null}]') as object[];
    const made = DataFrame.fromRows(odd, { npartitions: 2 });
    expect(new Set(made.columns)).toEqual(new Set(["1", "__proto__", "constructor"]));
    expect(new Set(Object.keys(made.schema))).toEqual(new Set(made.columns));
    const [first, second] = (await made.toRows({ executor })) as [object, object];
    expect(new Map(Object.entries(first))).toEqual(
      new Map([
        ["1", 2],
        ["__proto__", 1],
        ["constructor", 3],
      ]),
    );
    expect(Object.entries(second).every(([, value]) => value === null)).toBe(true);
    const sum = made.select({ s: coalesce(col("__proto__"), 0).add(col("constructor")) });
    expect(await sum.toRows({ executor })).toEqual([{ s: 4 }, { s: null }]);
    const renamed = DataFrame.fromRows([{ a: 1 }]).rename({ a: "__proto__" });
    expect(Object.entries((await renamed.toRows({ executor }))[0] as object)).toEqual([
      ["__proto__", 1],
    ]);
    expect(Object.keys(renamed.drop("__proto__").schema)).toEqual([]);
    expect(Object.keys(renamed.rename({ ["__proto__"]: "1" }).schema)).toEqual(["1"]);
    expect(Object.keys(renamed.cast({ ["__proto__"]: utf8 }).schema)).toEqual(["__proto__"]);
  });
});

describe("mistakes are told at the caller's line", () => {
  it("select, withColumns and drop", () => {
    expect([
      thrown(() => frame.select(wrong("c"))),
      thrown(() => frame.select("a", wrong("A"))),
      thrown(() => frame.select("a", "a")),
      thrown(() => frame.select(wrong(null))),
      thrown(() => frame.select(wrong(5))),
      thrown(() => frame.select(col("a").add(1))),
      thrown(() => frame.select((c) => ({ z: wrong<typeof c & { q: typeof c.a }>(c).q }))),
      thrown(() => frame.select((c) => ({ z: c.a.sum() }))),
      thrown(() => frame.select({ z: lit(wrong(null)) })),
      thrown(() => frame.withColumns(wrong({ z: null }))),
      thrown(() => frame.withColumns(wrong({ z: [1] }))),
      thrown(() => frame.withColumns(wrong(undefined))),
      thrown(() => frame.withColumns(() => wrong(undefined))),
      thrown(() => frame.withColumns((c) => ({ z: wrong<typeof c.a>(c.b).add(1) }))),
      thrown(() => frame.drop(wrong("c"))),
      thrown(() => frame.drop("a", "a")),
      thrown(() => empty.select().select(wrong("a"))),
    ]).toMatchInlineSnapshot(`
      [
        "dataframe/unknown-column | select: no such column, got "c", wanted one of "a", "b", "a b".",
        "dataframe/unknown-column | select: no such column, got "A", wanted one of "a", "b", "a b". Did you mean "a"?",
        "dataframe/invalid-argument | select: a column twice, got "a", wanted names that differ.",
        "dataframe/invalid-argument | select: no columns, got null, wanted an object of expressions by name, or a list of columns.",
        "dataframe/invalid-argument | select: no columns, got 5, wanted an object of expressions by name, or a list of columns.",
        "dataframe/invalid-argument | select: an expression without a name, got "a + 1", wanted a name. Name it: .alias(…), or { name: … }.",
        "dataframe/unknown-column | select: no such column, got "q", wanted one of "a", "b", "a b".",
        "dataframe/invalid-argument | select: an aggregate stands where each row has a value, got "sum(a)", wanted an expression of one row. Aggregate in agg(…), with or without groupBy(…), and go on with the result.",
        "dataframe/invalid-argument | lit: null without a dtype, got null, wanted one beside it. lit(null, int32).",
        "dataframe/type-mismatch | withColumns: null has no dtype, got "null", wanted null with a dtype. Give it one: lit(null, int32).",
        "dataframe/invalid-argument | withColumns: no expression, got an array of 1, wanted an expression, a number, bigint, string, boolean, Date or null.",
        "dataframe/invalid-argument | withColumns: no columns, got undefined, wanted an object of expressions by name, or a list of columns.",
        "dataframe/invalid-argument | withColumns: no columns, got undefined, wanted an object of expressions by name, or a list of columns.",
        "dataframe/type-mismatch | withColumns: add does not take utf8 and 1 (float64), got "b + 1", wanted two numbers that have a common dtype. Cast what does not fit: .cast(…).",
        "dataframe/unknown-column | drop: no such column, got "c", wanted one of "a", "b", "a b".",
        "dataframe/invalid-argument | drop: a column twice, got "a", wanted names that differ.",
        "dataframe/unknown-column | select: no such column, got "a", wanted nothing, it has no columns.",
      ]
    `);
  });

  it("filter", () => {
    expect([
      thrown(() => frame.filter(wrong("a"))),
      thrown(() => frame.filter(wrong((c: { a: unknown }) => c.a))),
      thrown(() => frame.filter(wrong(undefined))),
      thrown(() => frame.filter(() => wrong(undefined))),
      thrown(() => frame.filter(wrong(null))),
      thrown(() => frame.filter(col("nope").gt(1))),
      thrown(() => frame.filter((c) => c.a.gt(wrong("text")))),
    ]).toMatchInlineSnapshot(`
      [
        "dataframe/type-mismatch | filter: no truth value, got "a: utf8", wanted a bool. Compare it with something, or ask isNotNull().",
        "dataframe/type-mismatch | filter: no truth value, got "a: float64", wanted a bool. Compare it with something, or ask isNotNull().",
        "dataframe/invalid-argument | filter: no expression, got undefined, wanted an expression, a number, bigint, string, boolean, Date or null.",
        "dataframe/invalid-argument | filter: no expression, got undefined, wanted an expression, a number, bigint, string, boolean, Date or null.",
        "dataframe/type-mismatch | filter: null has no dtype, got "null", wanted null with a dtype. Give it one: lit(null, int32).",
        "dataframe/unknown-column | filter: no such column, got "nope", wanted one of "a", "b", "a b".",
        "dataframe/type-mismatch | filter: gt does not take float64 and "text" (utf8), got "a > \\"text\\"", wanted two values that can be compared: numbers, texts, bools, or dates and timestamps. Cast what does not fit: .cast(…).",
      ]
    `);
    const error = new Error("of the callback");
    expect(() =>
      frame.filter(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  it("rename and cast", () => {
    expect([
      thrown(() => frame.rename({ a: "b" })),
      thrown(() => frame.rename(wrong({ c: "d" }))),
      thrown(() => frame.rename(wrong({ a: 1 }))),
      thrown(() => frame.rename(wrong(["a"]))),
      thrown(() => frame.rename(wrong(undefined))),
      thrown(() => frame.cast(wrong({ c: utf8 }))),
      thrown(() => frame.cast({ a: wrong("int32") })),
      thrown(() => frame.cast({ a: wrong(undefined) })),
      thrown(() => frame.cast({ a: list(utf8) })),
      thrown(() => frame.cast({ a: utf8 }, wrong({ safe: true }))),
      thrown(() => frame.cast({ a: utf8 }, { strict: wrong(1) })),
      thrown(() => frame.cast(wrong(null))),
    ]).toMatchInlineSnapshot(`
      [
        "dataframe/invalid-argument | rename: a column twice, got "b", wanted names that differ.",
        "dataframe/unknown-column | rename: no such column, got "c", wanted one of "a", "b", "a b".",
        "dataframe/invalid-argument | rename: bad name, got 1, wanted a string.",
        "dataframe/invalid-argument | rename: bad columns, got an array of 1, wanted an object of new names by old ones.",
        "dataframe/invalid-argument | rename: bad columns, got undefined, wanted an object of new names by old ones.",
        "dataframe/unknown-column | cast: no such column, got "c", wanted one of "a", "b", "a b".",
        "dataframe/invalid-argument | cast: not a dtype, got "int32", wanted one of int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool, utf8, dictionary, date, timestamp(…), decimal(…), list(…), struct(…).",
        "dataframe/invalid-argument | cast: not a dtype, got undefined, wanted one of int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool, utf8, dictionary, date, timestamp(…), decimal(…), list(…), struct(…).",
        "dataframe/type-mismatch | cast: float64 cannot be cast to list(utf8), got "cast(a, list(utf8))", wanted dtypes of one family, or a text.",
        "dataframe/invalid-argument | cast: no such option, got "safe", wanted one of strict.",
        "dataframe/invalid-argument | cast: bad strict, got 1, wanted true or false.",
        "dataframe/invalid-argument | cast: bad columns, got null, wanted an object of dtypes by column.",
      ]
    `);
  });

  it("dropNulls and fillNull", () => {
    expect([
      thrown(() => frame.dropNulls(wrong("c"))),
      thrown(() => frame.dropNulls("a", "a")),
      thrown(() => frame.fillNull(wrong(null))),
      thrown(() => frame.fillNull(wrong(undefined))),
      thrown(() => frame.fillNull(new Date(0))),
      thrown(() => frame.fillNull(wrong({ c: 1 }))),
      thrown(() => frame.fillNull({ a: "text" })),
      thrown(() => frame.fillNull(wrong(["x"]))),
      thrown(() => frame.fillNull(wrong(col("a")))),
      thrown(() => frame.cast({ a: int32 }).fillNull({ a: 1.5 })),
      thrown(() => frame.cast({ a: int8 }).fillNull({ a: col("a").cast(int32) })),
    ]).toMatchInlineSnapshot(`
      [
        "dataframe/unknown-column | dropNulls: no such column, got "c", wanted one of "a", "b", "a b".",
        "dataframe/invalid-argument | dropNulls: a column twice, got "a", wanted names that differ.",
        "dataframe/invalid-argument | fillNull: bad value, got null, wanted a value, or an object of values by column.",
        "dataframe/invalid-argument | fillNull: bad value, got undefined, wanted a value, or an object of values by column.",
        "dataframe/invalid-argument | fillNull: a value that no column can hold, got a Date, wanted one for a: float64, b: utf8, a b: bool.",
        "dataframe/unknown-column | fillNull: no such column, got "c", wanted one of "a", "b", "a b".",
        "dataframe/type-mismatch | fillNull: coalesce does not take float64 and "text" (utf8), got "coalesce(a, \\"text\\")", wanted values that have a common dtype. Cast what does not fit: .cast(…).",
        "dataframe/invalid-argument | fillNull: bad value, got an array of 1, wanted a value, or an object of values by column.",
        "dataframe/invalid-argument | fillNull: bad value, got an Expr, wanted a value, or an object of values by column.",
        "dataframe/type-mismatch | fillNull: a value that makes "a" a float64, got "coalesce(a, 1.5)", wanted int32. Cast the column before.",
        "dataframe/type-mismatch | fillNull: a value that makes "a" a int32, got "coalesce(a, cast(a, int32))", wanted int8. Cast the column before.",
      ]
    `);
  });
});
