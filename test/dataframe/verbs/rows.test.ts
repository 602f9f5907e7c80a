import {
  DataFrame,
  concat,
  count,
  float64,
  int32,
  int64,
  list,
  struct,
  utf8,
} from "@millrace/dataframe";
import { tableFromArrays } from "apache-arrow";
import { describe, expect, it } from "vitest";

import { rejected, thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

const schema = { k: utf8, items: list(int32) } as const;
const rows = [
  { k: "a", items: [1, 2] },
  { k: "b", items: [] },
  { k: null, items: null },
  { k: "c", items: [null, 3] },
];
const frame = DataFrame.fromRows(rows, { schema, npartitions: 6 });
const empty = DataFrame.fromRows([], { schema, npartitions: 2 });
const sales = DataFrame.fromRows(
  [
    { shop: "x", year: 2024, v: 1 },
    { shop: "y", year: 2025, v: 2 },
    { shop: "x", year: 2024, v: 3 },
    { shop: null, year: null, v: 4 },
    { shop: "x", year: 2026, v: 5 },
  ],
  { schema: { shop: utf8, year: int32, v: float64 }, npartitions: 3 },
);

describe.each(executors)("on %s", (executor) => {
  it("explode gives a row an item, and one with null for a list without items", async () => {
    const exploded = frame.explode("items");
    expect(exploded.schema).toEqual({ k: utf8, items: int32 });
    expect(await exploded.toRows({ executor })).toEqual([
      { k: "a", items: 1 },
      { k: "a", items: 2 },
      { k: "b", items: null },
      { k: null, items: null },
      { k: "c", items: null },
      { k: "c", items: 3 },
    ]);
    expect(await empty.explode("items").toRows({ executor })).toEqual([]);
    const nested = DataFrame.fromRows([{ l: [[{ n: 1 }], []] }, { l: [] }], { npartitions: 2 });
    const twice = nested.explode("l").explode("l");
    expect(await twice.toRows({ executor })).toEqual([{ l: { n: 1 } }, { l: null }, { l: null }]);
    const words = DataFrame.fromRows([{ t: "a b" }]).select((c) => ({ w: c.t.str.split(" ") }));
    expect(await words.explode("w").toRows({ executor })).toEqual([{ w: "a" }, { w: "b" }]);
    const deep = frame
      .partitions([1, 4])
      .explode("items")
      .filter((c) => c.items.gt(1));
    expect(await deep.toRows({ executor })).toEqual([{ k: "a", items: 2 }]);
  });

  it("pivot gives a column a category, null or 0 where there are no rows", async () => {
    const options = {
      index: "shop",
      columns: "year",
      values: "v",
      categories: [2024, 2025],
    } as const;
    expect(await sales.pivot(options).toRows({ executor })).toEqual([
      { shop: "x", 2024: 4, 2025: null },
      { shop: "y", 2024: null, 2025: 2 },
      { shop: null, 2024: null, 2025: null },
    ]);
    const of = async (
      aggregate: "count" | "max" | "first" | "nUnique" | "mean",
    ): Promise<unknown> =>
      (
        await sales
          .pivot({ ...options, aggregate })
          .head(1)
          .toRows({ executor })
      )[0];
    expect(await of("count")).toEqual({ shop: "x", 2024: 2n, 2025: 0n });
    expect(await of("nUnique")).toEqual({ shop: "x", 2024: 2n, 2025: 0n });
    expect(await of("max")).toEqual({ shop: "x", 2024: 3, 2025: null });
    expect(await of("first")).toEqual({ shop: "x", 2024: 1, 2025: null });
    expect(await of("mean")).toEqual({ shop: "x", 2024: 2, 2025: null });
    const odd = sales.pivot({
      index: ["year", "shop"],
      columns: "shop",
      values: "v",
      categories: ["x", "__proto__"],
    });
    expect(odd.columns).toEqual(["year", "shop", "x", "__proto__"]);
    expect((await odd.toRows({ executor })).length).toBe(4);
  });

  it("mapPartitions gets Arrow Tables with their number, empty ones too, and gives others", async () => {
    const mapped = frame.mapPartitions(
      async (table, { index }) => {
        const { tableFromArrays: make } = await import("apache-arrow");
        return make({ index: Int32Array.of(index), rows: Int32Array.of(table.numRows) });
      },
      { schema: { rows: int32, index: int32 } },
    );
    expect(mapped.npartitions).toBe(6);
    expect(await mapped.toRows({ executor })).toEqual(
      [0, 1, 1, 0, 1, 1].map((n, index) => ({ rows: n, index })),
    );
    const same = frame.mapPartitions((table) => table, { schema });
    expect(await same.toRows({ executor })).toEqual(rows);
    expect(await same.groupBy("k").agg({ n: count() }).head(1).toRows({ executor })).toEqual([
      { k: "a", n: 1n },
    ]);
  });

  it("mapRows gets objects and gives others, async callbacks too", async () => {
    const schemaOut = { text: utf8, n: int64, parts: struct({ p: int32 }) } as const;
    const plain = frame.mapRows(
      ({ k, items }, { index }) => ({ text: `${k}${index}`, n: items?.length, parts: { p: 1 } }),
      { schema: schemaOut },
    );
    const wanted = [
      { text: "a1", n: 2n, parts: { p: 1 } },
      { text: "b2", n: 0n, parts: { p: 1 } },
      { text: "null4", n: null, parts: { p: 1 } },
      { text: "c5", n: 2n, parts: { p: 1 } },
    ];
    expect(plain.npartitions).toBe(6);
    const late = frame.mapRows(
      async ({ k, items }, { index }) => {
        await new Promise((done) => setImmediate(done));
        return { text: `${k}${index}`, n: items?.length, parts: { p: 1 } };
      },
      { schema: schemaOut },
    );
    expect(await plain.toRows({ executor })).toEqual(wanted);
    expect(await late.toRows({ executor })).toEqual(await plain.toRows({ executor }));
    expect(await empty.mapRows(() => ({}), { schema: schemaOut }).toRows({ executor })).toEqual([]);
  });

  it("concat puts partitions one after the other, of one frame twice as well", async () => {
    const both = concat([frame, empty, frame.filter((c) => c.k.eq("a")), frame]);
    expect(both.npartitions).toBe(20);
    expect(await both.toRows({ executor })).toEqual([...rows, rows[0], ...rows]);
    expect(await concat([frame]).toRows({ executor })).toEqual(rows);
    expect(await concat([both, both]).head(5).toRows({ executor })).toEqual([...rows, rows[0]]);
    const renamed = concat([sales, sales.withColumns((c) => ({ v: c.v.mul(10) }))]);
    expect(await renamed.agg((c) => ({ s: c.v.sum() })).toRows({ executor })).toEqual([{ s: 165 }]);
  });
});

it("what a callback gives is held against the schema that was promised", async () => {
  const wanted = { schema: { a: int32 } } as const;
  const table = (fn: () => unknown): DataFrame<{ a: typeof int32 }> =>
    frame.partitions(1).mapPartitions(wrong(fn), wanted);
  const row = (fn: () => unknown): DataFrame<{ a: typeof int32 }> =>
    frame.partitions(1).mapRows(wrong(fn), wanted);
  expect([
    await rejected(() => table(() => undefined).compute()),
    await rejected(() => table(() => [1]).compute()),
    await rejected(() => table(() => tableFromArrays({ a: Float64Array.of(1) })).compute()),
    await rejected(() => table(() => tableFromArrays({ b: Int32Array.of(1) })).compute()),
    await rejected(() =>
      table(() => tableFromArrays({ a: Int32Array.of(1), b: Int32Array.of(1) })).compute(),
    ),
    await rejected(() =>
      table(() => {
        throw new Error("of the callback");
      }).compute(),
    ),
    await rejected(() => row(() => ({ a: 1.5 })).compute()),
    await rejected(() => row(() => ({ a: "1" })).compute()),
    await rejected(() => row(() => 5).compute()),
    await rejected(() => row(() => null).compute()),
    await rejected(() => row(() => ({ a: 1, b: 2 })).compute()),
    await rejected(() =>
      row(() => {
        throw new Error("of the callback");
      }).compute(),
    ),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/schema-mismatch | mapPartitions: partition 0 did not become a table, got undefined, wanted an Arrow Table. Return one.",
      "dataframe/schema-mismatch | mapPartitions: partition 0 did not become a table, got an array of 1, wanted an Arrow Table. Return one.",
      "dataframe/schema-mismatch | mapPartitions: partition 0 has other columns than the schema says, got a: float64, wanted a: int32. Correct the function or the schema.",
      "dataframe/schema-mismatch | mapPartitions: partition 0 has other columns than the schema says, got b: int32, wanted a: int32. Correct the function or the schema.",
      "dataframe/schema-mismatch | mapPartitions: partition 0 has other columns than the schema says, got a: int32, b: int32, wanted a: int32. Correct the function or the schema.",
      "graph/task-failed | task "map-partitions-7eaf2da2653ab78d28e6f727c900b9cb/0" failed: Error: of the callback",
      "dataframe/type-mismatch | mapRows: row 0, column "a" does not fit its column, got 1.5, wanted int32, a whole number in its range, or null. Convert it before.",
      "dataframe/type-mismatch | mapRows: row 0, column "a" does not fit its column, got "1", wanted int32, a whole number in its range, or null. Convert it before.",
      "dataframe/bad-row | mapRows: row 0 is no object, got 5, wanted one value a column.",
      "dataframe/bad-row | mapRows: row 0 is no object, got null, wanted one value a column.",
      "nothing was thrown",
      "graph/task-failed | task "map-rows-a8d4b4abec9abfb7dad42f4dfc737573/0" failed: Error: of the callback",
    ]
  `);
});

it("mistakes are told at the caller's line", () => {
  const pivot = { index: "shop", columns: "year", values: "v", categories: [1] } as const;
  expect([
    thrown(() => frame.explode("k")),
    thrown(() => frame.explode(wrong("z"))),
    thrown(() => frame.explode(wrong(undefined))),
    thrown(() => sales.pivot(wrong({}))),
    thrown(() => sales.pivot({ ...pivot, index: wrong("z") })),
    thrown(() => sales.pivot({ ...pivot, columns: wrong("z") })),
    thrown(() => sales.pivot({ ...pivot, values: wrong("z") })),
    thrown(() => sales.pivot({ ...pivot, categories: [] })),
    thrown(() => sales.pivot({ ...pivot, categories: wrong(undefined) })),
    thrown(() => sales.pivot({ ...pivot, categories: [wrong(null)] })),
    thrown(() => sales.pivot({ ...pivot, categories: [1, 1] })),
    thrown(() => sales.pivot({ ...pivot, categories: ["2024"] })),
    thrown(() => sales.pivot({ ...pivot, aggregate: wrong("std") })),
    thrown(() => sales.pivot({ ...pivot, aggregate: wrong("toString") })),
    thrown(() => sales.pivot({ ...pivot, values: "shop" })),
    thrown(() => sales.pivot(wrong({ ...pivot, fill: 0 }))),
    thrown(() => frame.mapPartitions(wrong(5), { schema })),
    thrown(() => frame.mapPartitions((table) => table, wrong(undefined))),
    thrown(() => frame.mapPartitions((table) => table, wrong({}))),
    thrown(() => frame.mapPartitions((table) => table, { schema: wrong({ a: "int32" }) })),
    thrown(() => frame.mapPartitions((table) => table, wrong({ schema, pure: true }))),
    thrown(() => frame.mapRows(wrong("fn"), { schema })),
    thrown(() => frame.mapRows(() => ({}), { schema: wrong([int32]) })),
    thrown(() => concat([])),
    thrown(() => concat(wrong(frame))),
    thrown(() => concat([frame, wrong({})])),
    thrown(() => concat([frame, wrong(sales)])),
    thrown(() => concat([frame, wrong(frame.select("items", "k"))])),
    thrown(() => concat([frame, wrong(frame.cast({ k: int32 }))])),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/type-mismatch | explode: column "k" has no items, got "utf8", wanted list(…).",
      "dataframe/unknown-column | explode: no such column, got "z", wanted one of "k", "items".",
      "dataframe/unknown-column | explode: no such column, got undefined, wanted one of "k", "items".",
      "dataframe/invalid-argument | pivot: bad columns, got undefined, wanted a name or an array of names.",
      "dataframe/unknown-column | pivot: no such column, got "z", wanted one of "shop", "year", "v".",
      "dataframe/unknown-column | pivot: no such column, got "z", wanted one of "shop", "year", "v".",
      "dataframe/unknown-column | pivot: no such column, got "z", wanted one of "shop", "year", "v".",
      "dataframe/invalid-argument | pivot: bad categories, got an array of 0, wanted the values that get columns. Find them with unique, if you do not know them.",
      "dataframe/invalid-argument | pivot: bad categories, got undefined, wanted the values that get columns. Find them with unique, if you do not know them.",
      "dataframe/invalid-argument | pivot: bad category, got null, wanted a value of the column.",
      "dataframe/invalid-argument | pivot: a column twice, got "1", wanted names that differ.",
      "dataframe/type-mismatch | pivot: eq does not take int32 and "2024" (utf8), got "year = \\"2024\\"", wanted two values that can be compared: numbers, texts, bools, or dates and timestamps. Cast what does not fit: .cast(…).",
      "dataframe/invalid-argument | pivot: bad aggregate, got "std", wanted one of sum, mean, min, max, count, first, last, median, nUnique.",
      "dataframe/invalid-argument | pivot: bad aggregate, got "toString", wanted one of sum, mean, min, max, count, first, last, median, nUnique.",
      "dataframe/type-mismatch | pivot: sum does not take utf8, got "sum(case when (year = 1) then shop else null end)", wanted numbers or truth values. Cast its argument first.",
      "dataframe/invalid-argument | pivot: no such option, got "fill", wanted one of index, columns, values, categories, aggregate.",
      "dataframe/invalid-argument | mapPartitions: the callback must be a function, got 5, wanted a function.",
      "dataframe/invalid-argument | mapPartitions: the options must be an object, got undefined, wanted an object.",
      "dataframe/invalid-argument | mapPartitions: no schema, got undefined, wanted dtypes by column. Say what columns come out: { schema: { … } }.",
      "dataframe/invalid-argument | mapPartitions: not a dtype, got "int32", wanted one of int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool, utf8, dictionary, date, timestamp(…), decimal(…), list(…), struct(…).",
      "dataframe/invalid-argument | mapPartitions: no such option, got "pure", wanted one of schema.",
      "dataframe/invalid-argument | mapRows: the callback must be a function, got "fn", wanted a function.",
      "dataframe/invalid-argument | mapRows: bad schema, got an array of 1, wanted an object of dtypes by column, such as { delay: int32 }.",
      "dataframe/invalid-argument | concat: no frames, got an array of 0, wanted one or more.",
      "dataframe/invalid-argument | concat: the frames must come as an array, got a DataFrame, wanted an array.",
      "dataframe/invalid-argument | concat: this is no frame, got an object, wanted a DataFrame.",
      "dataframe/schema-mismatch | concat: frames of different columns, got "shop: utf8, year: int32, v: float64", wanted k: utf8, items: list(int32).",
      "dataframe/schema-mismatch | concat: frames of different columns, got "items: list(int32), k: utf8", wanted k: utf8, items: list(int32).",
      "dataframe/schema-mismatch | concat: frames of different columns, got "k: int32, items: list(int32)", wanted k: utf8, items: list(int32).",
    ]
  `);
});
