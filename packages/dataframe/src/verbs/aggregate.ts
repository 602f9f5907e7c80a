import type { DType, Field } from "../dtype.ts";
import { float64, utf8 } from "../dtype.ts";
import { isNumeric } from "../dtype-traits.ts";
import { invalidArgument } from "../errors.ts";
import { resolveAggregation } from "../expr/aggregation.ts";
import { col, count } from "../expr/col.ts";
import type { Expr } from "../expr/expr.ts";
import { aggregate, distinct } from "../plan/aggregate.ts";
import { checkNames } from "../plan/check.ts";
import { layoutOf } from "../plan/layout.ts";
import type { PlanNode } from "../plan/node.ts";
import { sort } from "../plan/order.ts";
import { keepingAll, project } from "../plan/project.ts";
import { map } from "../plan/rows.ts";
import { describeBlock } from "../steps/describing.ts";
import type { NamedCell } from "./cells.ts";
import { givenFor, namedCells } from "./cells.ts";
import { checkOptions, columnNames } from "./check.ts";

/** How groups of partitions come together. */
export interface AggregateOptions {
  /** At most so many partial results go into one task of the tree, 2 or more. Default 8. */
  readonly splitEvery?: number;
  /** Partitions that come out, by the hash of the keys. Default 1. */
  readonly splitOut?: number;
}

/** One row a group with its keys and what was asked for. */
export function aggregateBy(
  input: PlanNode,
  keys: readonly string[],
  given: unknown,
  options: AggregateOptions,
): PlanNode {
  const api = "agg";
  checkOptions(api, options, ["splitEvery", "splitOut"]);
  const named = namedCells(api, givenFor(api, given, input.fields));
  return aggregated(api, input, keys, named, options);
}

/** Groups with named aggregates, and what is made of these afterwards. */
export function aggregated(
  api: string,
  input: PlanNode,
  keys: readonly string[],
  named: readonly NamedCell[],
  options: AggregateOptions = {},
): PlanNode {
  const keyFields = checkNames(api, input.fields, keys);
  const clash = named.find(([name]) => keys.includes(name));
  if (clash !== undefined) {
    throw invalidArgument(api, "the name of a key for another column", clash[0], "another name");
  }
  const { aggregates, outputs } = resolveAggregation(api, named, input.fields, keys);
  const grouped = aggregate(input, keys, aggregates, options, api);
  return project(grouped, [...keepingAll(keyFields), ...outputs], api);
}

/** The first row of each combination of values of columns; of all columns where none is named. */
export function unique(
  input: PlanNode,
  columns: string | readonly string[] | undefined,
  options: Pick<AggregateOptions, "splitEvery">,
): PlanNode {
  checkOptions("unique", options, ["splitEvery"]);
  const all = input.fields.map(({ name }) => name);
  const names = columns === undefined ? all : columnNames("unique", input.fields, columns);
  return distinct(input, names, options.splitEvery, "unique");
}

/** How many different values each column has, null not among them: one row. */
export function nUnique(input: PlanNode, columns: readonly string[]): PlanNode {
  const names = columns.length === 0 ? input.fields.map(({ name }) => name) : columns;
  const cells = names.map((name): NamedCell => [name, col(name).nUnique()]);
  return aggregated("nUnique", input, [], cells);
}

/** Each value of a column and how often it occurs, the most frequent first. */
export function valueCounts(input: PlanNode, column: string): PlanNode {
  const api = "valueCounts";
  if (column === "count") {
    const remedy = "Rename it first.";
    throw invalidArgument(api, "a column named as the result", column, "another name", remedy);
  }
  const counted = aggregated(api, input, [column], [["count", count()]]);
  return sort(counted, [{ name: "count", descending: true, nulls: "last" }], "all", api);
}

type Column = ReturnType<typeof col>;

/** The rows of `describe`, and what each is. */
const statistics: readonly (readonly [name: string, of: (column: Column) => Expr<DType>])[] = [
  ["count", (column) => column.count()],
  ["mean", (column) => column.mean()],
  ["std", (column) => column.std()],
  ["min", (column) => column.min()],
  ["25%", (column) => column.quantile(0.25)],
  ["50%", (column) => column.median()],
  ["75%", (column) => column.quantile(0.75)],
  ["max", (column) => column.max()],
];

/** Statistics of the columns of numbers, as float64: one row a statistic. */
export function describe(input: PlanNode): PlanNode {
  const api = "describe";
  const columns = input.fields.filter(({ dtype }) => isNumeric(dtype));
  if (columns.length === 0) {
    const names = input.fields.map(({ name }) => name).join(", ");
    throw invalidArgument(api, "no columns of numbers", names, "one or more");
  }
  const cells = columns.flatMap(({ name }) =>
    statistics.map(([statistic, of]): NamedCell => {
      return [`${statistic} of ${name}`, of(col(name)).cast(float64)];
    }),
  );
  const fields: readonly Field[] = [
    { name: "statistic", dtype: utf8 },
    ...columns.map(({ name }) => ({ name, dtype: float64 })),
  ];
  const totals = aggregated(api, input, [], cells);
  const args = [fields.map(({ name }) => name), statistics.map(([name]) => name)];
  const layout = layoutOf(1, [statistics.length]);
  return map(totals, { gets: "block", fn: describeBlock, args, fields, layout }, api);
}
