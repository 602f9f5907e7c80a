import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";

import type { Block } from "../../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../../packages/dataframe/dist/dtype.js";
import type { AggregateName } from "../../../../packages/dataframe/dist/expr/typed.js";
import type { GroupSpec } from "../../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../../packages/dataframe/dist/kernels/group/group-table.js";
import { finishPartials } from "../../../../packages/dataframe/dist/kernels/group/partials.js";
import { columnOf, valuesOf } from "../../../lib/dataframe/columns.ts";
import type { Value } from "../../../lib/dataframe/interpret-values.ts";

interface Case {
  readonly name: string;
  readonly fn: AggregateName;
  readonly column: string;
  readonly dtype: DType;
  readonly sql: string;
  readonly params?: readonly number[];
}

const columns: Readonly<
  Record<string, { dtype: DType; sql: string; value: (row: number) => Value }>
> = {
  row: { dtype: d.int32, sql: "INTEGER", value: (row) => row },
  text: {
    dtype: d.utf8,
    sql: "VARCHAR",
    value: (row) => [null, "", "ä", "Z", "a\u{10000}"][row % 5] ?? null,
  },
  wide: {
    dtype: d.int64,
    sql: "BIGINT",
    value: (row) => (row % 7 === 0 ? null : BigInt(mixed(row)) * 2n ** 20n),
  },
  small: {
    dtype: d.int32,
    sql: "INTEGER",
    value: (row) => (row % 11 === 0 ? null : mixed(row) % 40),
  },
  real: {
    dtype: d.float64,
    sql: "DOUBLE",
    value: (row) =>
      row % 13 === 0 ? null : row % 97 === 1 ? Number.NaN : (mixed(row) % 5_000) / 16,
  },
  truth: {
    dtype: d.bool,
    sql: "BOOLEAN",
    value: (row) => (row % 3 === 0 ? null : mixed(row) % 9 !== 0),
  },
};

const cases: readonly Case[] = [
  { name: "n", fn: "rows", column: "row", dtype: d.int64, sql: "count(*)" },
  { name: "c", fn: "count", column: "real", dtype: d.int64, sql: "count(real)" },
  { name: "s", fn: "sum", column: "wide", dtype: d.int64, sql: "sum(wide)" },
  { name: "m", fn: "mean", column: "small", dtype: d.float64, sql: "avg(small)" },
  { name: "lo", fn: "min", column: "real", dtype: d.float64, sql: "min(real)" },
  { name: "hi", fn: "max", column: "real", dtype: d.float64, sql: "max(real)" },
  { name: "lot", fn: "min", column: "text", dtype: d.utf8, sql: "min(text)" },
  { name: "hit", fn: "max", column: "text", dtype: d.utf8, sql: "max(text)" },
  { name: "u", fn: "nUnique", column: "real", dtype: d.int64, sql: "count(DISTINCT real)" },
  { name: "ut", fn: "nUnique", column: "text", dtype: d.int64, sql: "count(DISTINCT text)" },
  {
    name: "f",
    fn: "first",
    column: "wide",
    dtype: d.int64,
    sql: "first(wide ORDER BY row) FILTER (wide IS NOT NULL)",
  },
  {
    name: "l",
    fn: "last",
    column: "text",
    dtype: d.utf8,
    sql: "last(text ORDER BY row) FILTER (text IS NOT NULL)",
  },
  { name: "any", fn: "any", column: "truth", dtype: d.bool, sql: "bool_or(truth)" },
  { name: "all", fn: "all", column: "truth", dtype: d.bool, sql: "bool_and(truth)" },
  { name: "std", fn: "std", column: "wide", dtype: d.float64, sql: "stddev_samp(wide)" },
  { name: "var", fn: "var", column: "small", dtype: d.float64, sql: "var_samp(small)" },
  { name: "med", fn: "median", column: "real", dtype: d.float64, sql: "median(real)" },
  {
    name: "q",
    fn: "quantile",
    column: "small",
    dtype: d.float64,
    sql: "quantile_cont(small, 0.9)",
    params: [0.9],
  },
];

function mixed(row: number): number {
  return Math.imul(Math.imul(row, 0x9e3779b1) ^ (row >>> 3), 0x85ebca6b);
}

const rowCount = 2_000;

async function duckdbRows(keys: readonly string[]): Promise<Value[][]> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const named = Object.entries(columns);
  await connection.run(
    `CREATE TABLE t (k1 INTEGER, ${named.map(([name, { sql }]) => `${name} ${sql}`).join()})`,
  );
  const literal = (value: Value): string => {
    const text = String(value as string | number | bigint | boolean | null);
    if (value === null) return "NULL";
    return typeof value === "string" || Number.isNaN(value) ? `'${text}'` : text;
  };
  const rows = Array.from({ length: rowCount }, (_, row) => {
    const values = [keyOf(row), ...named.map(([, { value }]) => value(row))];
    return `(${values.map(literal).join()})`;
  });
  await connection.run(`INSERT INTO t VALUES ${rows.join()}`);
  const list = [...keys, ...cases.map(({ sql }) => sql)].join();
  const grouped = keys.length === 0 ? "" : `GROUP BY ${keys.join()} ORDER BY min(row)`;
  const result = await connection.runAndReadAll(`SELECT ${list} FROM t ${grouped}`);
  connection.closeSync();
  return result.getRows() as Value[][];
}

function keyOf(row: number): number | null {
  return row % 17 === 5 ? null : mixed(row) % 6;
}

function partialOf(spec: GroupSpec, keys: readonly string[], partition: number): Block {
  const rows = Array.from({ length: rowCount }, (_, row) => row).filter(
    (row) => Math.floor(row / 700) === partition,
  );
  const make = (name: string): ReturnType<typeof columnOf> => {
    if (name === "k1") return columnOf(d.int32, rows.map(keyOf));
    const { dtype, value } = columns[name] as (typeof columns)[string];
    return columnOf(dtype, rows.map(value), partition === 1 ? "encoded" : "plain");
  };
  const table = new GroupTable(spec.keys, spec.aggregates);
  const args = cases.map(({ column }) => make(column));
  table.add(keys.map(make), args, undefined, rows.length);
  return table.partial(partition);
}

it.each([[[]], [["k1"]], [["text"]], [["text", "k1"]], [["real"]]])(
  "aggregates by %j are those of DuckDB",
  async (keys: string[]) => {
    const spec: GroupSpec = {
      keys: keys.map((name) => ({ name, dtype: columns[name]?.dtype ?? d.int32 })),
      aggregates: cases.map(({ name, fn, column, dtype, params = [] }) => {
        return { name, fn, arg: columns[column]?.dtype, params, dtype };
      }),
    };
    const block = finishPartials(
      [0, 1, 2].map((n) => partialOf(spec, keys, n)),
      spec,
    );
    const plain = block.columns.map(valuesOf);
    const got = Array.from({ length: block.rows }, (_, row) => plain.map((values) => values[row]));
    const rounded = (rows: readonly (readonly unknown[])[]): unknown[][] =>
      rows.map((row) =>
        row.map((value) => (typeof value === "number" ? Number(value.toPrecision(11)) : value)),
      );
    expect(rounded(got)).toStrictEqual(rounded(await duckdbRows(keys)));
  },
);
