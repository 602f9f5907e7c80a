import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import type { Block } from "../../../../packages/dataframe/dist/column.js";
import { makeBlock, makeColumn, sliceBlock } from "../../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../../packages/dataframe/dist/dtype.js";
import { isFloat, isInteger } from "../../../../packages/dataframe/dist/dtype-traits.js";
import type {
  Aggregate,
  AggregateName,
  FunctionName,
  Scalar,
  Typed,
} from "../../../../packages/dataframe/dist/expr/typed.js";
import {
  callNode,
  castNode,
  columnNode,
  literalNode,
} from "../../../../packages/dataframe/dist/expr/typed.js";
import { GroupTable } from "../../../../packages/dataframe/dist/kernels/group/group-table.js";
import { totalsFor } from "../../../../packages/dataframe/dist/stage/program-cache.js";
import { runAggregation } from "../../../../packages/dataframe/dist/stage/run-aggregation.js";
import { oddValues } from "../../../lib/dataframe/arbitraries.ts";
import { columnOf, valuesOf } from "../../../lib/dataframe/columns.ts";
import { interpret } from "../../../lib/dataframe/interpret.ts";
import type { Value } from "../../../lib/dataframe/interpret-values.ts";
import { laneTypes, totalsInLanes } from "../../../lib/dataframe/totals-in-lanes.ts";

const [x, i, b] = [columnNode("x", d.float64), columnNode("i", d.int32), columnNode("b", d.bool)];
function aggregate(
  fn: AggregateName,
  arg?: Typed,
  dtype: DType = arg?.dtype ?? d.int64,
): Aggregate {
  return { fn, arg, params: [], dtype };
}

function all(arg: Typed, sum: DType): readonly Aggregate[] {
  return [
    aggregate("sum", arg, sum),
    aggregate("mean", arg, d.float64),
    aggregate("min", arg),
    aggregate("max", arg),
    aggregate("count", arg, d.int64),
  ];
}

function call(fn: FunctionName, args: readonly Typed[], dtype: DType): Typed {
  return callNode(fn, args, dtype);
}

function doubles(values: readonly number[]): Block {
  return makeBlock(values.length, ["x"], [columnOf(d.float64, values)]);
}

function words(values: readonly number[]): Block {
  return makeBlock(values.length, ["i"], [columnOf(d.int32, values)]);
}

const isPositive = call("gt", [x, literalNode(0, d.float64)], d.bool);
const isBelowNaN = call("lt", [x, literalNode(Number.NaN, d.float64)], d.bool);

test("what a filter takes out does not come into totals, be it NaN or infinite", () => {
  const values = [1, Number.NaN, 2, Number.NEGATIVE_INFINITY, Number.NaN, -3, 4, Number.NaN];
  const got = totalsInLanes(
    doubles(values),
    call("and", [isPositive, isBelowNaN], d.bool),
    all(x, d.float64),
  );
  expect(got).toEqual({ values: [7, 7 / 3, 1, 4, 3n], inLanes: true, left: 8 });
});

test("NaN is the greatest, and infinities come to what they do row by row", () => {
  const [high, low] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const valuesOfAll = (values: readonly number[]): readonly Value[] | undefined =>
    totalsInLanes(doubles(values), undefined, all(x, d.float64))?.values;
  const none = Number.NaN;
  expect(valuesOfAll([none, 1, none, 2])).toEqual([none, none, 1, none, 4n]);
  expect(valuesOfAll([none, none, none, none])).toEqual([none, none, none, none, 4n]);
  expect(valuesOfAll([low, 1, 2, 3])).toEqual([low, low, low, 3, 4n]);
  expect(valuesOfAll([low, 1, high, 3])).toEqual([none, none, low, high, 4n]);
  expect(valuesOfAll([low, low, low, low])).toEqual([low, low, low, low, 4n]);
  expect(valuesOfAll([-0, -0, -0, -0])).toEqual([0, 0, -0, -0, 4n]);
});

test.each([0, 1, 2, 3, 4, 5, 4_095, 4_096, 4_097, 8_193])("%i rows", (rows) => {
  const values = Array.from({ length: rows }, (_, row) => row - 2);
  const got = totalsInLanes(words(values), undefined, all(i, d.int64));
  const sum = values.reduce((total, value) => total + value, 0);
  const want =
    rows === 0
      ? [null, null, null, null, 0n]
      : [BigInt(sum), sum / rows, -2, rows - 3, BigInt(rows)];
  expect(got?.values).toEqual(want);
  expect(got?.left).toBe(rows - (rows % 4));
});

test("no row that passes gives nulls", () => {
  const filter = call("gt", [i, literalNode(9, d.int32)], d.bool);
  const got = totalsInLanes(words([1, 2, 3, 4]), filter, all(i, d.int64));
  expect(got).toEqual({ values: [null, null, null, null, 0n], inLanes: false, left: 4 });
});

test("rows are left to other loops from where a dtype cannot hold a number", () => {
  const values = Array.from({ length: 12_289 }, (_, row) => (row === 5_000 ? 2 ** 31 - 1 : 1));
  const more = call("add", [i, literalNode(1, d.int32)], d.int32);
  expect(() => totalsInLanes(words(values), undefined, all(more, d.int64))).toThrow(
    "i + 1: the result is no int32",
  );
  // Rows that are taken out give nothing up.
  const isSmall = call("lt", [i, literalNode(9, d.int32)], d.bool);
  const some = totalsInLanes(words(values), isSmall, all(more, d.int64));
  expect(some).toEqual({
    values: [24_576n, 2, 2, 2, 12_288n],
    inLanes: true,
    left: 12_288,
  });
  // A side of `and` that is not needed fails in lanes alone.
  const isTwo = call("eq", [more, literalNode(2, d.int32)], d.bool);
  const careful = totalsInLanes(
    words(values),
    call("and", [isSmall, isTwo], d.bool),
    all(i, d.int64),
  );
  expect(careful).toEqual({
    values: [12_288n, 1, 1, 1, 12_288n],
    inLanes: true,
    left: 4_096,
  });
});

test("sums of whole numbers are exact", () => {
  const values = Array.from({ length: 8_192 }, (_, row) => (row % 2 === 0 ? 2 ** 31 - 1 : 2 ** 30));
  const total = 4_096n * (2n ** 31n - 1n + 2n ** 30n);
  expect(totalsInLanes(words(values), undefined, all(i, d.int64))?.values[0]).toBe(total);
  const truth = makeBlock(
    8,
    ["b"],
    [columnOf(d.bool, [true, false, true, true, false, true, true, true])],
  );
  const wanted = [aggregate("sum", b, d.int64), aggregate("any", b), aggregate("all", b)];
  expect(totalsInLanes(truth, undefined, wanted)?.values).toEqual([6n, true, false]);
});

test("slices and memory that is shared are taken as they are", () => {
  const shared = new Float64Array(new SharedArrayBuffer(80)).map((_, row) => row);
  const column = makeColumn(d.float64, 10, { values: shared });
  const block = sliceBlock(makeBlock(10, ["x"], [column]), 1, 9);
  const got = totalsInLanes(block, undefined, all(x, d.float64));
  expect(got).toEqual({ values: [36, 4.5, 1, 8, 8n], inLanes: true, left: 8 });
});

test.each(laneTypes)("comparisons of $kind are those of the interpreter", (dtype) => {
  const [p, q] = [columnNode("p", dtype), columnNode("q", dtype)];
  const odd = oddValues(dtype);
  const pairs = odd.flatMap((left) => odd.map((right) => [left, right] as const));
  for (const fn of ["eq", "neq", "lt", "lte", "gt", "gte"] as const) {
    const ofColumns = countWhere(call(fn, [p, q], d.bool), dtype, pairs);
    expect(ofColumns.got).toEqual(ofColumns.want);
    for (const constant of odd) {
      const node = literalNode(constant, dtype);
      const after = countWhere(call(fn, [p, node], d.bool), dtype, pairs);
      expect(after.got).toEqual(after.want);
      const before = countWhere(call(fn, [node, p], d.bool), dtype, pairs);
      expect(before.got).toEqual(before.want);
    }
  }
});

type Pairs = readonly (readonly [Scalar, Scalar])[];

function pairBlock(dtype: DType, pairs: Pairs): Block {
  const columns = [0, 1].map((at) =>
    columnOf(
      dtype,
      pairs.map((pair) => pair[at] ?? null),
    ),
  );
  return makeBlock(pairs.length, ["p", "q"], columns);
}

function countWhere(filter: Typed, dtype: DType, all: Pairs): { got: unknown; want: unknown } {
  const pairs = all.slice(0, all.length - (all.length % 4));
  const passing = pairs.filter(([p, q]) => interpret(filter, (name) => (name === "p" ? p : q)));
  const got = totalsInLanes(pairBlock(dtype, pairs), filter, [aggregate("rows")]);
  const want = {
    values: [BigInt(passing.length)],
    inLanes: passing.length > 0,
    left: pairs.length,
  };
  return { got, want };
}

test.each(laneTypes)("calculations with $kind are those of the interpreter", (dtype) => {
  const [p, q] = [columnNode("p", dtype), columnNode("q", dtype)];
  const nodes: Typed[] = laneTypes
    .filter((to) => to !== dtype && dtype.kind !== "date" && to.kind !== "date")
    .filter((to) => !isFloat(dtype) || !isInteger(to))
    .map((to) => castNode(p, to));
  if (isInteger(dtype) || isFloat(dtype)) {
    for (const fn of ["add", "sub", "mul"] as const) nodes.push(call(fn, [p, q], dtype));
    for (const fn of ["neg", "abs"] as const) nodes.push(call(fn, [p], dtype));
  }
  if (isFloat(dtype)) {
    nodes.push(call("div", [p, q], dtype));
    for (const fn of ["floor", "ceil", "sqrt"] as const) nodes.push(call(fn, [p], dtype));
  }
  const odd = oddValues(dtype);
  for (const node of nodes) {
    for (const pair of odd.flatMap((left) => odd.map((right) => [left, right] as const))) {
      const got = outcome(() => {
        const block = pairBlock(dtype, [pair, pair, pair, pair]);
        return totalsInLanes(block, undefined, [aggregate("max", node)])?.values[0];
      });
      const [left, right] = pair;
      const want = outcome(() => interpret(node, (name) => (name === "p" ? left : right)));
      expect({ node, pair, result: got }).toEqual({ node, pair, result: want });
    }
  }
});

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

test.each([
  ["a column with nulls", columnNode("n", d.int32)],
  ["64 bits", columnNode("w", d.int64)],
  ["32 bits without sign", columnNode("u", d.uint32)],
  ["a function that has no instruction", call("exp", [x], d.float64)],
  ["a cast that may give null", castNode(columnNode("i", d.int32), d.int8, false)],
  ["a float as a whole number", castNode(x, d.int32)],
  ["null", literalNode(null, d.float64)],
])("%s has no lanes", (_, arg) => {
  const block = makeBlock(
    1,
    ["n", "w", "u", "x", "i"],
    [
      columnOf(d.int32, [null]),
      columnOf(d.int64, [1n]),
      columnOf(d.uint32, [1]),
      columnOf(d.float64, [1]),
      columnOf(d.int32, [1]),
    ],
  );
  expect(totalsInLanes(block, undefined, [aggregate("max", arg)])).toBe(undefined);
});

test("an aggregate that needs all values has no lanes", () => {
  expect(totalsInLanes(doubles([1]), undefined, [aggregate("median", x)])).toBe(undefined);
});

test("more columns than the memory of a thread holds have no lanes", () => {
  const names = Array.from({ length: 40 }, (_, k) => `x${k}`);
  const block = makeBlock(
    1,
    names,
    names.map(() => columnOf(d.float64, [1])),
  );
  const wanted = names.map((name) => aggregate("sum", columnNode(name, d.float64)));
  expect(totalsInLanes(block, undefined, wanted.slice(0, 20))?.values).toHaveLength(20);
  expect(totalsInLanes(block, undefined, wanted)).toBe(undefined);
});

test("an aggregation of many rows without keys goes through lanes", () => {
  const values = Array.from({ length: 2 ** 15 + 1 }, (_, row) => row / 4);
  const block = doubles(values);
  const specs = [{ name: "sum", fn: "sum", arg: d.float64, params: [], dtype: d.float64 } as const];
  const stage = { filter: isPositive, outputs: [{ name: "x", value: x }] };
  expect(totalsFor(stage, block, specs)?.loop.columns.map(({ name }) => name)).toEqual(["x"]);
  const table = new GroupTable([], specs);
  table.merge(runAggregation([block, doubles([0.5]), block], stage, 0, specs));
  const [sum] = table.finish().columns;
  expect(sum && valuesOf(sum)).toEqual([2 ** 28 + 2 ** 13 + 0.5]);
});

test("an engine without WebAssembly gives the same totals", () => {
  const program = `
    import { DataFrame } from "@millrace/dataframe";
    const rows = Array.from({ length: 40_000 }, (_, n) => ({ n }));
    const frame = DataFrame.fromRows(rows, { npartitions: 1 });
    const totals = frame.filter((c) => c.n.gt(2)).agg((c) => ({ sum: c.n.sum(), min: c.n.min() }));
    console.log(typeof WebAssembly, JSON.stringify(await totals.toRows()));`;
  const printedWith = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, [...flags, "--input-type=module", "-e", program], {
      encoding: "utf8",
      stdio: "pipe",
    });
  const rows = JSON.stringify([{ sum: 799_979_997, min: 3 }]);
  expect(printedWith()).toBe(`object ${rows}\n`);
  expect(printedWith("--jitless")).toContain(`undefined ${rows}\n`);
});
