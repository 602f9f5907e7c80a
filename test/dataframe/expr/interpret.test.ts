import fc from "fast-check";
import { expect, it } from "vitest";

import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import { isText, isWide } from "../../../packages/dataframe/dist/dtype-traits.js";
import type { FunctionName, Scalar, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import {
  callNode,
  castNode,
  columnNode,
  literalNode,
} from "../../../packages/dataframe/dist/expr/typed.js";
import { fieldLists, rowLists } from "../../lib/dataframe/arbitraries.ts";
import { blockOf, rowsOf } from "../../lib/dataframe/columns.ts";
import { interpretAggregate } from "../../lib/dataframe/interpret-aggregate.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import { fits } from "../../lib/dataframe/interpret-values.ts";
import type { Row } from "../../lib/dataframe/interpret.ts";
import { interpret } from "../../lib/dataframe/interpret.ts";
import { aggregates, typedExpressions } from "../../lib/dataframe/typed-arbitraries.ts";

const noColumn = (name: string): Value => {
  throw new Error(`no column ${name}`);
};

const { date, float64, int8, int32, int64, timestamp, uint64, utf8 } = d;

/** What a function gives for constants of one dtype. */
function run(
  fn: FunctionName,
  dtype: DType,
  given: readonly Scalar[],
  result: DType = dtype,
  params: readonly Scalar[] = [],
): Value {
  const args = given.map((value) => literalNode(value, dtype));
  return interpret(callNode(fn, args, result, params), noColumn);
}

function cast(value: Scalar, from: DType, to: DType, strict = true): Value {
  return interpret(castNode(literalNode(value, from), to, strict), noColumn);
}

/** A timestamp in milliseconds as its text, cut to a unit. */
function cut(zone: string | undefined, unit: string, text: string): string {
  const type = timestamp("ms", zone);
  const given = BigInt(Date.parse(text));
  return new Date(Number(run("truncate", type, [given], type, [unit]))).toISOString();
}

it("whole numbers never wrap and never round", () => {
  expect(run("add", int8, [100, 27])).toBe(127);
  expect(() => run("add", int8, [100, 28])).toThrow("128 is no int8");
  expect(() => run("neg", int8, [-128])).toThrow("128 is no int8");
  expect(run("mul", int64, [3_037_000_499n, 3_037_000_499n])).toBe(9223372030926249001n);
  expect(() => run("mul", int64, [2n ** 32n, 2n ** 31n])).toThrow("is no int64");
  expect(() => run("sub", uint64, [1n, 2n])).toThrow("-1 is no uint64");
  expect(run("mod", int32, [-7, 2])).toBe(-1);
  expect(run("mod", int32, [7, 0])).toBe(null);
});

it("floats follow IEEE, but NaN equals itself and is above all numbers", () => {
  expect(run("div", float64, [1, 0])).toBe(Number.POSITIVE_INFINITY);
  expect(run("div", float64, [0, 0])).toBe(Number.NaN);
  expect(run("eq", float64, [Number.NaN, Number.NaN])).toBe(true);
  expect(run("gt", float64, [Number.NaN, Number.POSITIVE_INFINITY])).toBe(true);
  expect(run("eq", float64, [0, -0])).toBe(true);
  expect(run("round", float64, [-2.5], float64, [0])).toBe(-3);
  expect(run("round", float64, [1e300], float64, [2])).toBe(1e300);
});

it("decimals are exact, and rounded half away from zero", () => {
  const money = d.decimal(18, 2);
  expect(run("mul", money, [150n, 150n], d.decimal(18, 4))).toBe(22500n);
  expect(run("floor", money, [-150n])).toBe(-200n);
  expect(run("round", money, [-150n], money, [0])).toBe(-200n);
  expect(cast(12345n, d.decimal(18, 4), money)).toBe(123n);
  expect(cast(-12350n, d.decimal(18, 4), money)).toBe(-124n);
  expect(cast("-1.005", utf8, money)).toBe(-101n);
  expect(cast(-5n, money, utf8)).toBe("-0.05");
  expect(() => cast(10n ** 17n, int64, money)).toThrow("100000000000000000 as decimal");
});

it("and, or are Kleene; other functions of null give null", () => {
  expect(run("and", d.bool, [null, false])).toBe(false);
  expect(run("or", d.bool, [null, true])).toBe(true);
  expect(run("or", d.bool, [null, false])).toBe(null);
  expect(run("eq", int32, [null, null], d.bool)).toBe(null);
  expect(run("isIn", int32, [null], d.bool, [1])).toBe(null);
  expect(run("coalesce", int32, [null, 2, 3])).toBe(2);
});

it("texts are ordered by code points and counted in them", () => {
  expect(run("lt", utf8, ["\uffff", "\u{10000}"], d.bool)).toBe(true);
  expect(run("length", utf8, ["😀a"], int32)).toBe(2);
  expect(run("slice", utf8, ["😀abc"], utf8, [-3, -1])).toBe("ab");
  expect(run("replaceAll", utf8, ["a.b."], utf8, [".", null, "$&"])).toBe("a$&b$&");
  expect(run("replaceAll", utf8, ["ab"], utf8, ["(.)", "", "$1$1"])).toBe("aabb");
  expect(run("matches", utf8, ["a\n"], d.bool, ["a", "m"])).toBe(false);
  expect(run("split", utf8, ["😀a"], d.list(utf8), ["", null])).toEqual(["😀", "a"]);
});

it("times before 1970 count down, those with a zone are local", () => {
  expect(run("second", timestamp("ns"), [-1n], int32)).toBe(59);
  expect(run("year", date, [-1], int32)).toBe(1969);
  expect(run("weekday", date, [3], int32)).toBe(7);
  expect(run("hour", timestamp("s", "Europe/Berlin"), [0n], int32)).toBe(1);
  expect(cut(undefined, "week", "2024-03-03T10:00:00Z")).toBe("2024-02-26T00:00:00.000Z");
  expect(cut(undefined, "quarter", "2024-05-31T10:00:00Z")).toBe("2024-04-01T00:00:00.000Z");
  expect(cut("Europe/Berlin", "day", "2024-03-31T10:00:00Z")).toBe("2024-03-30T23:00:00.000Z");
  expect(cut("Europe/Berlin", "hour", "2024-10-27T01:30:00Z")).toBe("2024-10-27T01:00:00.000Z");
  // There the clocks went from 23:59:59 to 01:00 of the day.
  expect(cut("America/Sao_Paulo", "day", "2018-11-04T12:00:00Z")).toBe("2018-11-04T03:00:00.000Z");
});

it("casts take ISO forms, cut toward zero, and say what they cannot do", () => {
  expect(cast("2024-02-29", utf8, date)).toBe(19_782);
  expect(() => cast("2023-02-29", utf8, date)).toThrow("2023-02-29 as date");
  expect(cast("2023-02-29", utf8, date, false)).toBe(null);
  expect(cast("1970-01-01T01:00:00.5+01:00", utf8, timestamp("ms"))).toBe(500n);
  expect(cast(-1n, timestamp("us"), utf8)).toBe("1969-12-31T23:59:59.999999Z");
  expect(cast(-1n, timestamp("ms"), timestamp("s"))).toBe(-1n);
  expect(cast(-2.9, float64, int32)).toBe(-2);
  expect(cast(Number.NaN, float64, int32, false)).toBe(null);
  expect(cast("1e3", utf8, float64)).toBe(1_000);
  expect(cast("1e3", utf8, int32, false)).toBe(null);
  expect(cast(3, int32, d.bool)).toBe(true);
});

it("every expression gives null, a value of its dtype, or one of two errors", () => {
  const drawn = fieldLists().chain((fields) =>
    fc.tuple(fc.constant(fields), rowLists(fields, 4), typedExpressions(fields)),
  );
  fc.assert(
    fc.property(drawn, ([, rows, expression]) => {
      for (const row of rows) expect(isValueOf(expression, row)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

it("aggregates of nothing are null or 0", () => {
  const drawn = fieldLists().chain((fields) => aggregates(fields));
  fc.assert(
    fc.property(drawn, (aggregate) => {
      const value = interpretAggregate(aggregate, []);
      const isCount = ["rows", "count", "nUnique", "approxNUnique"].includes(aggregate.fn);
      expect(value).toBe(isCount ? 0n : null);
    }),
  );
});

it("aggregates skip nulls and are exact", () => {
  const rows = [1, null, 2, 4].map((x): Row => new Map([["x", x]]));
  const x = columnNode("x", int32);
  const of = (fn: "sum" | "mean" | "var" | "quantile" | "last", params: number[] = []): Value =>
    interpretAggregate({ fn, arg: x, params, dtype: float64 }, rows);
  expect(interpretAggregate({ fn: "sum", arg: x, params: [], dtype: int64 }, rows)).toBe(7n);
  expect(of("mean")).toBe(7 / 3);
  expect(of("var")).toBeCloseTo(7 / 3, 12);
  expect(of("quantile", [0.75])).toBe(3);
  expect(of("last")).toBe(4);
});

it("columns of both text forms give back their rows", () => {
  const drawn = fieldLists().chain((fields: readonly Field[]) =>
    fc.tuple(fc.constant(fields), rowLists(fields), fc.constantFrom("plain", "encoded")),
  );
  fc.assert(
    fc.property(drawn, ([fields, rows, form]) => {
      expect(rowsOf(blockOf(fields, rows, form as "plain"))).toEqual(rows);
    }),
  );
});

function isValueOf(expression: Typed, row: Row): boolean {
  let value: Value;
  try {
    value = interpret(expression, (name) => row.get(name) ?? null);
  } catch (error) {
    return /^dataframe.(overflow|bad-cast)$/.test((error as { code: string }).code);
  }
  return value === null || isOf(value, expression.dtype);
}

function isOf(value: Value, dtype: DType): boolean {
  if (dtype.kind === "list") return Array.isArray(value);
  if (dtype.kind === "bool") return typeof value === "boolean";
  if (isText(dtype)) return value === Buffer.from(value as string).toString();
  if (dtype.kind === "float32") return Object.is(Math.fround(value as number), value);
  if (dtype.kind === "float64") return typeof value === "number";
  return isWide(dtype) === (typeof value === "bigint") && fits(BigInt(value as bigint), dtype);
}
