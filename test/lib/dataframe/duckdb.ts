import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";

import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import { isWide } from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Value } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";
import { sqlType, sqlValue } from "./sql.ts";

/**
 * A database in memory, of one thread. One of its optimizers fails with an internal error on some
 * queries over windows, and one takes `TRY_CAST(x AS TINYINT) = 1` for a comparison of `x`, which
 * is false and not null where the cast fails (seen in 1.5.6); the oracle does without.
 */
export async function openDuckDb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run("SET disabled_optimizers = 'top_n_window_elimination,expression_rewriter'");
  return connection;
}

/** The name that a column has in {@link sqlRows}: by its place, since SQL minds no case. */
export function sqlColumn(fields: readonly Field[]): (name: string) => string {
  return (name) => `c${fields.findIndex((field) => field.name === name)}`;
}

/** Rows as a table in SQL, with a column `row` that counts them. */
export function sqlRows(fields: readonly Field[], rows: readonly Row[]): string {
  const line = (row: Row | undefined, number: number): string => {
    const values = fields.map(({ name, dtype }) => sqlValue(row?.get(name) ?? null, dtype));
    return `(${[String(number), ...values].join(", ")})`;
  };
  const names = ["row", ...fields.map((_, i) => `c${i}`)];
  // SQL has no table of no rows: there is one more, and it is taken out again.
  const lines = [line(undefined, -1), ...rows.map(line)];
  const table = `(VALUES ${lines.join(", ")}) AS t(${names.join(", ")})`;
  return `(SELECT * FROM ${table} WHERE row >= 0)`;
}

/** What a query gives, a list a row, as columns of these dtypes store it. */
export async function runSql(
  connection: DuckDBConnection,
  query: string,
  dtypes: readonly DType[],
): Promise<Value[][]> {
  const reader = await connection.runAndReadAll(query);
  return reader
    .getRows()
    .map((row) => row.map((value, i) => plainValue(value, dtypes[i] as DType)));
}

/** Whether there is a type for all of these columns. */
export function isSqlTable(fields: readonly Field[]): boolean {
  return fields.every(({ dtype }) => sqlType(dtype) !== undefined);
}

function plainValue(value: DuckDBValue, dtype: DType): Value {
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis;
  if (value instanceof DuckDBTimestampValue) return value.micros;
  if (typeof value === "bigint" && !isWide(dtype)) return Number(value);
  if (typeof value === "object" && value !== null)
    throw new Error(`no plain value: ${value.toString()}`);
  return value;
}
