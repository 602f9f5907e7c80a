import {
  DataFrame,
  date,
  decimal,
  dictionary,
  float64,
  int32,
  int64,
  int8,
  list,
  struct,
  timestamp,
  uint64,
  utf8,
} from "@millrace/dataframe";
import { Table, tableFromArrays } from "apache-arrow";
import type { RecordBatch } from "apache-arrow";
import { describe, expect, it } from "vitest";

import { thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

describe.each(executors)("on %s", (executor) => {
  it("fromRows infers columns from all rows; missing and undefined are null", async () => {
    const at = new Date(1_709_210_096_789);
    const rows = [
      { n: 1.5, big: 1n, t: "é", b: true, at, l: [1], s: { x: "a" } },
      { n: undefined, big: 2 ** 53 - 1, later: "x" },
      {},
    ];
    const frame = DataFrame.fromRows<object>(rows, { npartitions: 2 });
    expect(frame.schema).toEqual({
      n: float64,
      big: int64,
      t: utf8,
      b: { kind: "bool" },
      at: timestamp("ms"),
      l: list(float64),
      s: struct({ x: utf8 }),
      later: utf8,
    });
    const none = { n: null, big: null, t: null, b: null, at: null, l: null, s: null, later: null };
    expect(await frame.toRows({ executor })).toEqual([
      { ...rows[0], later: null },
      { ...none, big: 2n ** 53n - 1n, later: "x" },
      none,
    ]);
  });

  it("fromRows with a schema takes its columns in its order, and what it holds exactly", async () => {
    const schema = {
      i: int8,
      u: uint64,
      p: decimal(6, 2),
      d: date,
      s: timestamp("s"),
      w: dictionary,
      missing: int32,
    } as const;
    const rows = [
      {
        w: "x",
        i: -128,
        u: 2n ** 64n - 1n,
        p: 12.5,
        d: new Date("1969-12-31"),
        s: new Date(1_500),
        extra: 1,
      },
      { w: "", i: null, u: 5, p: "-0.01", d: null, s: new Date(-1) },
    ];
    const frame = DataFrame.fromRows(rows, { schema });
    expect(frame.columns).toEqual(["i", "u", "p", "d", "s", "w", "missing"]);
    expect(frame.npartitions).toBe(1);
    expect(await frame.toRows({ executor })).toEqual([
      {
        i: -128,
        u: 2n ** 64n - 1n,
        p: "12.50",
        d: new Date("1969-12-31"),
        s: new Date(1_000),
        w: "x",
        missing: null,
      },
      { i: null, u: 5n, p: "-0.01", d: null, s: new Date(-1_000), w: "", missing: null },
    ]);
  });

  it("npartitions is exact, boundaries are floor(i · rows / npartitions)", async () => {
    const rows = Array.from({ length: 7 }, (_, n) => ({ n }));
    for (const npartitions of [1, 2, 3, 7, 9]) {
      const table = await DataFrame.fromRows(rows, { npartitions }).compute({ executor });
      expect(table.batches.map((batch) => batch.numRows)).toEqual(
        Array.from(
          { length: npartitions },
          (_, i) => Math.floor(((i + 1) * 7) / npartitions) - Math.floor((i * 7) / npartitions),
        ),
      );
      expect(table.numRows).toBe(7);
    }
    expect(DataFrame.fromRows([]).npartitions).toBe(1);
    expect(DataFrame.fromRows([]).columns).toEqual([]);
    expect(await DataFrame.fromRows(new Set([{ a: 1 }])).toRows({ executor })).toEqual([{ a: 1 }]);
  });

  it("fromArrow takes a table, a batch or batches, and gives the same columns back", async () => {
    const table = tableFromArrays({
      a: Int32Array.of(1, 2, 3),
      "a b": ["x", null, "é"],
    });
    const frame = DataFrame.fromArrow(table, { npartitions: 2 });
    expect(frame.schema).toEqual({ a: int32, "a b": dictionary });
    const back = await frame.compute({ executor });
    expect(back.toArray().map((row) => ({ ...row }) as object)).toEqual(
      table.toArray().map((row) => ({ ...row }) as object),
    );
    const [batch] = table.batches as [RecordBatch];
    expect(await DataFrame.fromArrow(batch).toRows({ executor })).toEqual(
      await frame.toRows({ executor }),
    );
    expect((await DataFrame.fromArrow([batch, batch]).toRows({ executor })).length).toBe(6);
    const none = DataFrame.fromArrow(new Table(table.schema));
    expect(none.columns).toEqual(["a", "a b"]);
    expect(await none.toRows({ executor })).toEqual([]);
  });
});

it("mistakes are told at the caller's line", () => {
  const rows = [{ a: 1 }];
  expect([
    thrown(() => DataFrame.fromRows(wrong(5))),
    thrown(() => DataFrame.fromRows(wrong("text"))),
    thrown(() => DataFrame.fromRows(wrong([1]))),
    thrown(() => DataFrame.fromRows(wrong([null]))),
    thrown(() => DataFrame.fromRows(wrong([[1]]))),
    thrown(() => DataFrame.fromRows<object>([{ a: 1 }, { a: "x" }])),
    thrown(() => DataFrame.fromRows<object>([{ a: 1n }, { a: 1.5 }])),
    thrown(() => DataFrame.fromRows([{ a: () => 1 }])),
    thrown(() => DataFrame.fromRows([{ a: new Date(Number.NaN) }])),
    thrown(() => DataFrame.fromRows([{ a: 2n ** 63n }])),
    thrown(() => DataFrame.fromRows([{ a: 1.5 }], { schema: { a: int32 } })),
    thrown(() => DataFrame.fromRows([{ a: 300 }], { schema: { a: int8 } })),
    thrown(() => DataFrame.fromRows([{ a: "1.234" }], { schema: { a: decimal(5, 2) } })),
    thrown(() => DataFrame.fromRows([{ a: [1, "x"] }], { schema: { a: list(int32) } })),
    thrown(() => DataFrame.fromRows([{ a: "x" }], { schema: { a: date } })),
    thrown(() => DataFrame.fromRows(rows, { npartitions: 0 })),
    thrown(() => DataFrame.fromRows(rows, { npartitions: 1e9 })),
    thrown(() => DataFrame.fromRows(rows, wrong({ partitions: 2 }))),
    thrown(() => DataFrame.fromRows(rows, wrong(null))),
    thrown(() => DataFrame.fromRows(rows, { schema: wrong([int32]) })),
    thrown(() => DataFrame.fromRows(rows, { schema: wrong({ a: "int32" }) })),
    thrown(() => DataFrame.fromArrow(wrong(5))),
    thrown(() => DataFrame.fromArrow(wrong(rows))),
    thrown(() => DataFrame.fromArrow([])),
    thrown(() => DataFrame.fromArrow(tableFromArrays({ a: [1] }), { npartitions: -1 })),
    thrown(() => DataFrame.fromDelayed(wrong(5), { schema: { a: int32 } })),
    thrown(() => DataFrame.fromDelayed([], { schema: { a: int32 } })),
    thrown(() => DataFrame.fromDelayed([wrong(1)], { schema: { a: int32 } })),
    thrown(() => DataFrame.fromDelayed([], wrong({}))),
    thrown(() => DataFrame.fromDelayed([], wrong(undefined))),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/invalid-argument | DataFrame.fromRows: the rows must come as a list, got 5, wanted an array of objects.",
      "dataframe/invalid-argument | DataFrame.fromRows: the rows must come as a list, got "text", wanted an array of objects.",
      "dataframe/bad-row | DataFrame.fromRows: row 0 is no object, got 1, wanted one value a column.",
      "dataframe/bad-row | DataFrame.fromRows: row 0 is no object, got null, wanted one value a column.",
      "dataframe/bad-row | DataFrame.fromRows: row 0 is no object, got an array of 1, wanted one value a column.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 1, column "a" fits no dtype with the others, got "x", wanted float64, as in rows before. Convert the values to one kind, or say with \`schema\` what the column is.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 1, column "a" fits no dtype with the others, got 1.5, wanted int64, as in rows before. Convert the values to one kind, or say with \`schema\` what the column is.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a" fits no dtype with the others, got function a, wanted a number, bigint, string, boolean, Date, array or plain object. Convert the values to one kind, or say with \`schema\` what the column is.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a" does not fit its column, got a Date, wanted timestamp("ms"), a valid Date or null. Convert it before.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a" does not fit its column, got 9223372036854775808n, wanted int64, a bigint or a safe whole number in its range, or null. Convert it before.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a" does not fit its column, got 1.5, wanted int32, a whole number in its range, or null. Convert it before.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a" does not fit its column, got 300, wanted int8, a whole number in its range, or null. Convert it before.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a" does not fit its column, got "1.234", wanted decimal(5, 2), a text of digits, a number or a bigint with as many digits, or null. Convert it before.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a", item 1 does not fit its column, got "x", wanted int32, a whole number in its range, or null. Convert it before.",
      "dataframe/type-mismatch | DataFrame.fromRows: row 0, column "a" does not fit its column, got "x", wanted date, a valid Date or null. Convert it before.",
      "dataframe/invalid-argument | DataFrame.fromRows: bad npartitions, got 0, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | DataFrame.fromRows: bad npartitions, got 1000000000, wanted at most 1000000.",
      "dataframe/invalid-argument | DataFrame.fromRows: no such option, got "partitions", wanted one of npartitions, schema.",
      "dataframe/invalid-argument | DataFrame.fromRows: the options must be an object, got null, wanted an object.",
      "dataframe/invalid-argument | DataFrame.fromRows: bad schema, got an array of 1, wanted an object of dtypes by column, such as { delay: int32 }.",
      "dataframe/invalid-argument | DataFrame.fromRows: not a dtype, got "int32", wanted one of int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool, utf8, dictionary, date, timestamp(…), decimal(…), list(…), struct(…).",
      "dataframe/invalid-argument | DataFrame.fromArrow: no Arrow data, got 5, wanted a Table or record batches of apache-arrow.",
      "dataframe/invalid-argument | DataFrame.fromArrow: no record batches, got an array of 1, wanted one or more, or a Table.",
      "dataframe/invalid-argument | DataFrame.fromArrow: no record batches, got an array of 0, wanted one or more, or a Table.",
      "dataframe/invalid-argument | DataFrame.fromArrow: bad npartitions, got -1, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | DataFrame.fromDelayed: the parts must come as a list, got 5, wanted an array of Delayed.",
      "dataframe/invalid-argument | DataFrame.fromDelayed: no parts, got an array of 0, wanted one or more.",
      "dataframe/invalid-argument | DataFrame.fromDelayed: part 0 is not lazy, got 1, wanted a Delayed of an Arrow Table.",
      "dataframe/invalid-argument | DataFrame.fromDelayed: no schema, got undefined, wanted the columns of all parts. Nothing is computed to find out.",
      "dataframe/invalid-argument | DataFrame.fromDelayed: the options must be an object, got undefined, wanted an object.",
    ]
  `);
});
