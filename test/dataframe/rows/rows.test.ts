import { expect, expectTypeOf, it } from "vitest";

import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import { dtypeText } from "../../../packages/dataframe/dist/dtype-traits.js";
import { fromRows } from "../../../packages/dataframe/dist/rows/from-rows.js";
import { toRows } from "../../../packages/dataframe/dist/rows/to-rows.js";
import type { RowOf, SchemaOfRow } from "../../../packages/dataframe/dist/rows/row-of.js";

/** The columns that objects are inferred to be. */
function inferred(rows: unknown): Record<string, string> {
  const { fields } = fromRows("fromRows", rows);
  return Object.fromEntries(fields.map(({ name, dtype }) => [name, dtypeText(dtype)]));
}

/** What objects are after they were columns of a schema. */
function through(schema: Record<string, DType>, rows: readonly object[]): unknown[] {
  const fields = Object.entries(schema).map(([name, dtype]): Field => ({ name, dtype }));
  const { block } = fromRows("fromRows", rows, fields);
  return toRows(block, fields);
}

it("dtypes are inferred of all rows, columns come in the order in which they are met", () => {
  const at = new Date(0);
  const rows = [
    { n: 1, t: "a" },
    { n: null, big: 1n, yes: true, at, list: [1, null], part: { x: "a" } },
    { n: 0.5, t: undefined, list: [], part: { y: 1n }, none: null },
  ];
  expect(inferred(rows)).toMatchInlineSnapshot(`
    {
      "at": "timestamp("ms")",
      "big": "int64",
      "list": "list(float64)",
      "n": "float64",
      "none": "utf8",
      "part": "struct({ "x": utf8, "y": int64 })",
      "t": "utf8",
      "yes": "bool",
    }
  `);
});

it("whole numbers beside bigints are int64, others are refused", () => {
  expect(inferred([{ n: 1 }, { n: 2n }])).toEqual({ n: "int64" });
  expect(inferred([{ n: 2n }, { n: 1 }])).toEqual({ n: "int64" });
  expect(() => inferred([{ n: 2n }, { n: 1.5 }])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromRows: row 1, column "n" fits no dtype with the others, got 1.5, wanted int64, as in rows before. Convert the values to one kind, or say with \`schema\` what the column is.]`,
  );
});

it("no rows have no columns, and a schema gives them", () => {
  expect(fromRows("fromRows", []).fields).toEqual([]);
  expect(through({ a: d.int32 }, [])).toEqual([]);
});

it("values leave as the kinds of JavaScript that their dtypes are", () => {
  const at = new Date("2024-02-29T12:34:56.789Z");
  const schema = {
    small: d.int8,
    wide: d.int64,
    huge: d.uint64,
    half: d.float32,
    yes: d.bool,
    text: d.utf8,
    few: d.dictionary,
    day: d.date,
    ms: d.timestamp("ms", "Europe/Berlin"),
    s: d.timestamp("s"),
    us: d.timestamp("us"),
    money: d.decimal(9, 2),
    list: d.list(d.list(d.utf8)),
    part: d.struct({ x: d.int32, at: d.date }),
  };
  const row = {
    small: -128,
    wide: 2n ** 60n,
    huge: 2n ** 64n - 1n,
    half: 0.5,
    yes: false,
    text: "é😀\u0000",
    few: "",
    day: at,
    ms: at,
    s: at,
    us: at,
    money: "-0.05",
    list: [["a"], null, []],
    part: { x: null, at },
  };
  const back = through(schema, [row, {}, row]);
  expect(back[0]).toEqual({
    ...row,
    day: new Date("2024-02-29"),
    s: new Date("2024-02-29T12:34:56Z"),
    part: { x: null, at: new Date("2024-02-29") },
  });
  expect(back[1]).toEqual(Object.fromEntries(Object.keys(schema).map((name) => [name, null])));
  expect(back[2]).toEqual(back[0]);
});

it("decimals are taken as texts, numbers and bigints, exactly", () => {
  const schema = { n: d.decimal(18, 3) };
  const given = ["1", "-1.250", 1.25, 3n, 1e-3, "999999999999999.999"];
  const rows = given.map((n) => ({ n }));
  expect(through(schema, rows)).toEqual(
    ["1.000", "-1.250", "1.250", "3.000", "0.001", "999999999999999.999"].map((n) => ({ n })),
  );
});

it("names that objects inherit and __proto__ are columns like others", () => {
  const row = Object.fromEntries([
    ["constructor", 1],
    ["__proto__", 2],
    ["toString", 3],
  ]);
  const rows = [row, {}];
  const { fields, block } = fromRows("fromRows", rows);
  expect(fields.map(({ name }) => name)).toEqual(["constructor", "__proto__", "toString"]);
  const [first, second] = toRows(block, fields);
  expect(Object.entries(first ?? {})).toEqual(Object.entries(row));
  expect(Object.values(second ?? {})).toEqual([null, null, null]);
});

it("what does not fit is told with its row, column and value", () => {
  const cases: readonly (readonly [DType, unknown])[] = [
    [d.int8, 128],
    [d.int32, 1.5],
    [d.uint64, -1n],
    [d.int64, 2 ** 60],
    [d.float64, "1"],
    [d.bool, 1],
    [d.utf8, 5],
    [d.date, new Date(NaN)],
    [d.timestamp("ms"), "2024-01-01"],
    [d.decimal(4, 1), "1000"],
    [d.decimal(4, 1), 0.25],
    [d.list(d.int32), [1, "x"]],
    [d.list(d.int32), "x"],
    [d.struct({ x: d.int32 }), { x: true }],
    [d.struct({ x: d.int32 }), [1]],
  ];
  const messages = cases.map(([dtype, value]) => {
    try {
      through({ x: dtype }, [{ x: null }, { x: value }]);
      return "no error";
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(messages).toMatchInlineSnapshot(`
    [
      "fromRows: row 1, column "x" does not fit its column, got 128, wanted int8, a whole number in its range, or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got 1.5, wanted int32, a whole number in its range, or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got -1n, wanted uint64, a bigint or a safe whole number in its range, or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got 1152921504606847000, wanted int64, a bigint or a safe whole number in its range, or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got "1", wanted float64, a number or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got 1, wanted bool, true, false or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got 5, wanted utf8, a string or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got a Date, wanted date, a valid Date or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got "2024-01-01", wanted timestamp("ms"), a valid Date or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got "1000", wanted decimal(4, 1), a text of digits, a number or a bigint with as many digits, or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got 0.25, wanted decimal(4, 1), a text of digits, a number or a bigint with as many digits, or null. Convert it before.",
      "fromRows: row 1, column "x", item 1 does not fit its column, got "x", wanted int32, a whole number in its range, or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got "x", wanted list(int32), an array or null. Convert it before.",
      "fromRows: row 1, column "x", field "x" does not fit its column, got true, wanted int32, a whole number in its range, or null. Convert it before.",
      "fromRows: row 1, column "x" does not fit its column, got an array of 1, wanted struct({ "x": int32 }), an object or null. Convert it before.",
    ]
  `);
});

it("what holds itself is refused", () => {
  const ring: { part?: unknown } = {};
  ring.part = [ring];
  expect(() => fromRows("fromRows", [{ x: ring }])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromRows: row 0, column "x", field "part", item 0, field "part", item 0, field "part", ite … is too deep, got an object, wanted at most 100 lists and objects inside of each other. Leave out what holds itself, or say with \`schema\` what to take.]`,
  );
});

it("what is no list of objects is refused", () => {
  expect(() => fromRows("fromRows", 5)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromRows: the rows must come as a list, got 5, wanted an array of objects.]`,
  );
  expect(() => fromRows("fromRows", [{}, 7])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromRows: row 1 is no object, got 7, wanted one value a column.]`,
  );
  expect(() => fromRows("fromRows", [{ a: 1 }, { a: "x" }])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromRows: row 1, column "a" fits no dtype with the others, got "x", wanted float64, as in rows before. Convert the values to one kind, or say with \`schema\` what the column is.]`,
  );
  expect(() =>
    fromRows("fromRows", [{ a: [1] }, { a: [2, "x"] }]),
  ).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromRows: row 1, column "a", item 1 fits no dtype with the others, got "x", wanted float64, as in rows before. Convert the values to one kind, or say with \`schema\` what the column is.]`,
  );
  expect(() => fromRows("fromRows", [{ a: new Map() }])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromRows: row 0, column "a" fits no dtype with the others, got a Map, wanted a number, bigint, string, boolean, Date, array or plain object. Convert the values to one kind, or say with \`schema\` what the column is.]`,
  );
});

it("types of rows and of schemas belong to each other", () => {
  const schema = { n: d.int64, x: d.float32, t: d.utf8, at: d.timestamp("us"), l: d.list(d.bool) };
  expectTypeOf<RowOf<typeof schema>>().toEqualTypeOf<{
    n: bigint | null;
    x: number | null;
    t: string | null;
    at: Date | null;
    l: (boolean | null)[] | null;
  }>();
  type Row = { n: number; t: string | null; yes?: boolean; at: Date };
  expectTypeOf<SchemaOfRow<Row>["n"]>().toEqualTypeOf<d.PlainType<"float64">>();
  expectTypeOf<SchemaOfRow<Row>["t"]>().toEqualTypeOf<d.PlainType<"utf8">>();
  expectTypeOf<SchemaOfRow<Row>["at"]>().toEqualTypeOf<d.TimestampType<"ms">>();
});
