import * as arrow from "apache-arrow";
import { expect, it } from "vitest";

import { fromArrow } from "../../../packages/dataframe/dist/arrow/from-arrow.js";
import type { Block } from "../../../packages/dataframe/dist/column.js";
import { dtypeText } from "../../../packages/dataframe/dist/dtype-traits.js";
import { concatBlocks } from "../../../packages/dataframe/dist/kernels/concat.js";
import { valuesOf } from "../../lib/dataframe/columns.ts";

function read(given: Parameters<typeof fromArrow>[1]): Record<string, unknown[]> {
  const { fields, blocks } = fromArrow("fromArrow", given);
  const block: Block = concatBlocks(blocks);
  return Object.fromEntries(
    fields.map(({ name, dtype }, i) => [
      `${name}: ${dtypeText(dtype)}`,
      valuesOf(block.columns[i] as Block["columns"][number]),
    ]),
  );
}

function table(columns: Record<string, arrow.Vector>): arrow.Table {
  return new arrow.Table(columns);
}

function vector(type: arrow.DataType, values: readonly unknown[]): arrow.Vector {
  return arrow.vectorFromArray(values, type);
}

it("layouts that frames do not have become those that they have", () => {
  const day = new Date("1969-12-31T23:00:00Z");
  const given = table({
    half: vector(new arrow.Float16(), [0.5, null, -2]),
    ms: vector(new arrow.DateMillisecond(), [day, null, new Date(0)]),
    large: vector(new arrow.LargeUtf8(), ["é", null, ""]),
    view: vector(new arrow.Utf8View(), ["short", null, "longer than twelve bytes"]),
    none: vector(new arrow.Null(), [null, null, null]),
    fixed: vector(new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Int8())), [
      [1, 2],
      null,
      [3, 4],
    ]),
    codes: vector(new arrow.Dictionary(new arrow.Utf8(), new arrow.Uint8()), ["a", null, "a"]),
    numbers: vector(new arrow.Dictionary(new arrow.Float64(), new arrow.Int32()), [5, null, 5]),
  });
  expect(read(given)).toEqual({
    "half: float32": [0.5, null, -2],
    "ms: date": [-1, null, 0],
    "large: utf8": ["é", null, ""],
    "view: utf8": ["short", null, "longer than twelve bytes"],
    "none: utf8": [null, null, null],
    "fixed: list(int8)": [[1, 2], null, [3, 4]],
    "codes: dictionary": ["a", null, "a"],
    "numbers: float64": [5, null, 5],
  });
});

it("null rows that have bytes, and offsets that do not begin at 0, are read", () => {
  const bytes = new TextEncoder().encode("xxabcdef");
  const type = new arrow.Utf8();
  const nullBitmap = Uint8Array.of(0b101);
  const valueOffsets = Int32Array.of(2, 4, 6, 8);
  const data = arrow.makeData({
    type,
    length: 3,
    nullCount: 1,
    nullBitmap,
    valueOffsets,
    data: bytes,
  });
  const given = table({ t: arrow.makeVector(data) });
  expect(read(given)).toEqual({ "t: utf8": ["ab", null, "ef"] });
  expect(read(given.slice(1))).toEqual({ "t: utf8": [null, "ef"] });
});

it("dictionaries with nulls, with texts twice, and other ones in each batch are read", () => {
  const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32());
  const batch = (
    codes: readonly number[],
    texts: readonly (string | null)[],
  ): arrow.RecordBatch => {
    const dictionary = arrow.vectorFromArray(texts, new arrow.Utf8());
    const data = Int32Array.from(codes);
    const column = arrow.makeData({ type, length: codes.length, data, dictionary });
    const schema = new arrow.Schema([new arrow.Field("t", type, true)]);
    const struct = new arrow.Struct(schema.fields);
    const whole = arrow.makeData({ type: struct, length: codes.length, children: [column] });
    return new arrow.RecordBatch(schema, whole);
  };
  const batches = [batch([0, 1, 2], ["a", null, "a"]), batch([1, 0], ["z", "a"])];
  expect(read(batches)).toEqual({ "t: dictionary": ["a", null, "a", "a", "z"] });
});

it("types that no dtype stands for are refused by name", () => {
  const cases: Record<string, arrow.Vector> = {
    bytes: vector(new arrow.Binary(), [Uint8Array.of(1)]),
    money: arrow.makeVector(
      arrow.makeData({ type: new arrow.Decimal(2, 38, 128), length: 1, data: new Uint32Array(4) }),
    ),
    time: arrow.makeVector(
      arrow.makeData({ type: new arrow.TimeMillisecond(), length: 1, data: new Int32Array(1) }),
    ),
    list: vector(new arrow.List(new arrow.Field("item", new arrow.Binary())), [[Uint8Array.of(1)]]),
  };
  const messages = Object.entries(cases).map(([name, column]) => {
    try {
      return read(table({ [name]: column }));
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(messages).toMatchInlineSnapshot(`
    [
      "fromArrow: column "bytes" has a type that frames do not hold, got "binary", wanted numbers, bool, text, dates, timestamps, decimals of 18 digits, lists or structs of these. Leave the column out by naming the others, or convert it where it is made.",
      "fromArrow: column "money" has a type that frames do not hold, got "decimal(38, 2)", wanted numbers, bool, text, dates, timestamps, decimals of 18 digits, lists or structs of these. Leave the column out by naming the others, or convert it where it is made.",
      "fromArrow: column "time" has a type that frames do not hold, got "time", wanted numbers, bool, text, dates, timestamps, decimals of 18 digits, lists or structs of these. Leave the column out by naming the others, or convert it where it is made.",
      "fromArrow: column "list" has a type that frames do not hold, got "list(binary)", wanted numbers, bool, text, dates, timestamps, decimals of 18 digits, lists or structs of these. Leave the column out by naming the others, or convert it where it is made.",
    ]
  `);
});

it("what is no Arrow data is refused", () => {
  expect(() => read([])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromArrow: no record batches, got an array of 0, wanted one or more, or a Table.]`,
  );
  expect(() => read({} as never)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: fromArrow: no Arrow data, got an object, wanted a Table or record batches of apache-arrow.]`,
  );
});

it("numbers and texts share the memory of Arrow", () => {
  const given = table({
    n: vector(new arrow.Int64(), [1n, 2n]),
    t: vector(new arrow.Utf8(), ["a", "b"]),
  });
  const [block] = fromArrow("fromArrow", given).blocks;
  const buffers = block?.columns.map(({ values }) => values?.buffer);
  expect(buffers).toEqual(given.batches[0]?.data.children.map(({ values }) => values.buffer));
  expect(buffers?.[0]).toBe(given.batches[0]?.data.children[0]?.values.buffer);
});
