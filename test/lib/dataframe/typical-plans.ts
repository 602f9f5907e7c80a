import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { Aggregate, Scalar, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { PlanNode, SortKey } from "../../../packages/dataframe/dist/plan/node.js";
import { keepingAll, project } from "../../../packages/dataframe/dist/plan/project.js";
import { scan } from "../../../packages/dataframe/dist/plan/sources.js";

/** Columns of the flights that plans of tests read. */
export const flightFields: readonly Field[] = [
  { name: "carrier", dtype: d.utf8 },
  { name: "delay", dtype: d.int32 },
  { name: "distance", dtype: d.float64 },
  { name: "day", dtype: d.date },
  { name: "stops", dtype: d.list(d.utf8) },
];

/** Flights in some files, whose rows are known or not. */
export function flights(rows?: readonly number[], label = "flights-*.csv"): PlanNode {
  const parts = rows ?? [0, 1, 2];
  const token = `${label} ${parts.join()}`;
  const format = rows === undefined ? "csv" : "parquet";
  return scan({ format, fields: flightFields, parts, options: {}, rows, label, token });
}

/** A column of the flights. */
export function flight(name: string): Typed {
  const field = flightFields.find((one) => one.name === name);
  if (field === undefined) throw new Error(`flights have no ${name}`);
  return columnNode(name, field.dtype);
}

/** A comparison of a column with a constant. */
export function compared(
  fn: "eq" | "gt" | "lt" | "gte",
  column: Typed,
  value: Exclude<Scalar, null>,
): Typed {
  return callNode(fn, [column, literalNode(value, column.dtype)], d.bool);
}

/** Both of two truths, or one of them. */
export function connected(fn: "and" | "or", a: Typed, b: Typed): Typed {
  return callNode(fn, [a, b], d.bool);
}

/** All columns of a plan and one more. */
export function withColumn(plan: PlanNode, name: string, value: Typed): PlanNode {
  return project(plan, [...keepingAll(plan.fields), { name, value }]);
}

/** An aggregate of a column. */
export function of(fn: Aggregate["fn"], arg: Typed | undefined, dtype: d.DType): Aggregate {
  return { fn, arg, params: [], dtype };
}

/** An ascending order, nulls last. */
export function by(...names: readonly string[]): readonly SortKey[] {
  return names.map((name) => ({ name, descending: false, nulls: "last" }));
}
