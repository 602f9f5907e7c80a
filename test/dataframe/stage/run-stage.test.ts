import { expect, test } from "vitest";

import type { Block, Column } from "../../../packages/dataframe/dist/column.js";
import { makeBlock, makeColumn } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import {
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  int8,
  timestamp,
  uint64,
  utf8,
} from "../../../packages/dataframe/dist/dtype.js";
import type { Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import {
  callNode,
  caseNode,
  castNode,
  columnNode,
  literalNode,
} from "../../../packages/dataframe/dist/expr/typed.js";
import { runStage } from "../../../packages/dataframe/dist/stage/run-stage.js";
import type { TextForm } from "../../lib/dataframe/columns.ts";
import { columnOf, valuesOf } from "../../lib/dataframe/columns.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";

function blockOf(columns: Readonly<Record<string, Column>>): Block {
  const all = Object.values(columns);
  return makeBlock(all[0]?.length ?? 0, Object.keys(columns), all);
}

function one(name: string, dtype: DType, values: readonly Value[], form?: TextForm): Block {
  return blockOf({ [name]: columnOf(dtype, values, form) });
}

function project(block: Block, value: Typed, filter?: Typed): Column {
  return runStage(block, { filter, outputs: [{ name: "out", value }] }).columns[0] as Column;
}

const a32 = columnNode("a", int32);
const one32 = literalNode(1, int32);
const plusOne = callNode("add", [a32, one32], int32);

test("columns are passed on as they are where no row is taken out", () => {
  const block = one("a", int32, [1, 2, 3]);
  expect(project(block, a32)).toBe(block.columns[0]);
  const all = callNode("gt", [a32, literalNode(0, int32)], bool);
  expect(project(block, a32, all)).toBe(block.columns[0]);
});

test("a column without a null row has no validity", () => {
  const block = one("a", int32, [1, null, 3]);
  const filter = callNode("isNotNull", [a32], bool);
  expect(project(block, plusOne, filter).valid).toBeUndefined();
  expect(project(block, callNode("coalesce", [a32, one32], int32)).valid).toBeUndefined();
  expect(project(block, plusOne).valid).toEqual(Uint8Array.of(1, 0, 1));
});

test("a filter keeps only rows for which it is true, not those for which it is null", () => {
  const block = one("a", int32, [1, null, 3]);
  const filter = callNode("lt", [a32, literalNode(2, int32)], bool);
  expect(valuesOf(project(block, a32, filter))).toEqual([1]);
});

test("outputs are worked out for rows that pass alone", () => {
  const block = one("a", int32, [1, 2 ** 31 - 1]);
  const filter = callNode("lt", [a32, literalNode(10, int32)], bool);
  expect(valuesOf(project(block, plusOne, filter))).toEqual([2]);
});

test("branches and right sides do not fail for rows that do not need them", () => {
  const block = one("a", int32, [1, 2 ** 31 - 1]);
  const small = callNode("lt", [a32, literalNode(10, int32)], bool);
  expect(valuesOf(project(block, caseNode([[small, plusOne]], a32)))).toEqual([2, 2 ** 31 - 1]);
  const grows = callNode("gt", [plusOne, a32], bool);
  expect(valuesOf(project(block, callNode("and", [small, grows], bool)))).toEqual([true, false]);
  const large = callNode("not", [small], bool);
  expect(valuesOf(project(block, callNode("or", [large, grows], bool)))).toEqual([true, true]);
  expect(() => project(block, callNode("and", [grows, small], bool))).toThrow("no int32");
});

test("a null row does not overflow, whatever its value is", () => {
  const values = Int32Array.of(1, 2 ** 31 - 1);
  const column = makeColumn(int32, 2, { values, valid: Uint8Array.of(1, 0) });
  expect(valuesOf(project(blockOf({ a: column }), plusOne))).toEqual([2, null]);
});

test.each([
  ["int32", one("a", int32, [2 ** 31 - 1]), plusOne],
  ["int8", one("b", int8, [-128]), callNode("neg", [columnNode("b", int8)], int8)],
])("a result outside of %s is an error that shows the values", (_, block, node) => {
  expect(() => project(block, node)).toThrow(
    expect.objectContaining({ code: "dataframe/overflow" }),
  );
});

test("errors name the expression, the values and what to do", () => {
  const texts = one("t", utf8, ["12", "x".repeat(100)]);
  const t = columnNode("t", utf8);
  const big = one("b", int64, [2n ** 62n]);
  const b = columnNode("b", int64);
  const price = decimal(18, 2);
  const p = columnNode("p", price);
  const day = columnNode("d", date);
  const messages = [
    () => project(one("a", int32, [2 ** 31 - 1]), plusOne),
    () => project(big, callNode("mul", [b, literalNode(2n, int64)], int64)),
    () => project(one("u", uint64, [1n]), callNode("neg", [columnNode("u", uint64)], uint64)),
    () => project(one("p", price, [10n ** 18n - 1n]), callNode("add", [p, p], price)),
    () => project(texts, castNode(t, int32)),
    () => project(one("f", float64, [Number.NaN]), castNode(columnNode("f", float64), int32)),
    () => project(one("d", date, [200_000_000]), callNode("year", [day], int32)),
    () => project(big, castNode(b, timestamp("ms"))) && project(big, castNode(b, int8)),
  ].map((run) => {
    try {
      return valuesOf(run());
    } catch (error) {
      return String(error);
    }
  });
  expect(messages).toMatchInlineSnapshot(`
    [
      "DataFrameError: a + 1: the result is no int32, got 2147483647 and 1. Cast to a wider dtype first.",
      "DataFrameError: b * 2: the result is no int64, got 4611686018427387904 and 2. Cast to float64 first.",
      "DataFrameError: neg(u): the result is no uint64, got 1. Cast to float64 first.",
      "DataFrameError: p + p: the result is no decimal(18, 2), got 9999999999999999.99 and 9999999999999999.99. Cast to float64 first.",
      "DataFrameError: cast: t cannot be int32, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.... Use cast(…, { strict: false }) for null instead.",
      "DataFrameError: cast: f cannot be int32, got NaN. Use cast(…, { strict: false }) for null instead.",
      "DataFrameError: year(d): out of the range of dates, got 200000000, wanted a time within 100,000,000 days of 1970. Filter such rows out first.",
      "DataFrameError: cast: b cannot be int8, got 4611686018427387904. Use cast(…, { strict: false }) for null instead.",
    ]
  `);
});

test("64 bits are exact in a morsel of safe numbers and in one that has others", () => {
  const values = Array.from({ length: 20_000 }, (_, row) => BigInt(row));
  values[9_000] = 2n ** 53n + 1n;
  values[9_001] = -(2n ** 63n);
  const block = blockOf({
    n: columnOf(int64, values),
    t: columnOf(
      utf8,
      values.map((value) => `<${value}>`),
    ),
  });
  const n = columnNode("n", int64);
  const upper = callNode("upper", [columnNode("t", utf8)], utf8);
  const stage = {
    filter: callNode("neq", [n, literalNode(5n, int64)], bool),
    outputs: [
      { name: "up", value: callNode("add", [n, literalNode(1n, int64)], int64) },
      { name: "text", value: upper },
    ],
  };
  const { columns } = runStage(block, stage);
  const left = values.filter((value) => value !== 5n);
  expect(columns.map(valuesOf)).toEqual([
    left.map((value) => value + 1n),
    left.map((value) => `<${value}>`),
  ]);
});

test("whole numbers have no zero below zero", () => {
  const block = one("a", int32, [-3, 0]);
  const zero = literalNode(0, int32);
  const products = [
    callNode("mul", [a32, zero], int32),
    callNode("mod", [a32, literalNode(3, int32)], int32),
  ];
  for (const product of products) {
    const inverse = callNode("div", [literalNode(1, float64), castNode(product, float64)], float64);
    expect(valuesOf(project(block, inverse))).toEqual([Infinity, Infinity]);
  }
});

test("texts in codes are worked out once a code and stay codes", () => {
  const block = one("t", utf8, ["a", "b", null, "A", "a"], "encoded");
  const out = project(block, callNode("upper", [columnNode("t", utf8)], utf8));
  expect(out.dictionary && valuesOf(out.dictionary)).toEqual(["A", "B"]);
  expect(valuesOf(out)).toEqual(["A", "B", null, "A", "A"]);
});

test("a text that no row has is never worked out", () => {
  const block = one("t", utf8, ["1", "2"], "encoded");
  const number = castNode(columnNode("t", utf8), int32);
  expect(valuesOf(block.columns[0]?.dictionary as Column)).toContain("~ no row has this ~");
  expect(valuesOf(project(block, number))).toEqual([1, 2]);
});

test("a choice of constant texts is made of codes", () => {
  const block = one("a", int32, [1, 20]);
  const small = callNode("lt", [a32, literalNode(10, int32)], bool);
  const size = caseNode([[small, literalNode("small", utf8)]], literalNode("large", utf8));
  const out = project(block, size);
  expect(out.dictionary && valuesOf(out.dictionary)).toEqual(["small", "large"]);
  expect(valuesOf(out)).toEqual(["small", "large"]);
});

test("a choice between nulls alone is a text that functions take", () => {
  const block = one("a", int32, [1, 20]);
  const small = callNode("lt", [a32, literalNode(10, int32)], bool);
  const none = caseNode([[small, literalNode(null, utf8)]], literalNode(null, utf8));
  for (const pattern of ["x", "^x"]) {
    const flags = pattern === "x" ? null : "";
    const found = callNode("contains", [none], bool, [pattern, flags]);
    expect(valuesOf(project(block, found))).toEqual([null, null]);
  }
  expect(valuesOf(project(block, none))).toEqual([null, null]);
});

test("empty partitions give empty columns of the right dtypes", () => {
  const block = blockOf({ a: columnOf(int32, []), t: columnOf(utf8, [], "encoded") });
  const upper = callNode("upper", [columnNode("t", utf8)], utf8);
  const out = runStage(block, {
    filter: callNode("eq", [upper, literalNode("A", utf8)], bool),
    outputs: [
      { name: "sum", value: plusOne },
      { name: "text", value: upper },
    ],
  });
  expect(out.rows).toBe(0);
  expect(out.columns.map(({ dtype, length }) => [dtype, length])).toEqual([
    [int32, 0],
    [utf8, 0],
  ]);
});
