import type { DType } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import type { Native } from "../expr/ast.ts";
import { col } from "../expr/col.ts";
import { isNative } from "../expr/literal.ts";
import type { AggregateName } from "../expr/typed.ts";
import type { Expr } from "../expr/expr.ts";
import { when } from "../expr/when.ts";
import { fieldOf } from "../plan/check.ts";
import type { PlanNode } from "../plan/node.ts";
import { aggregated } from "./aggregate.ts";
import type { NamedCell } from "./cells.ts";
import { checkOptions, columnNames } from "./check.ts";

/** Aggregates that a cell of a pivot can be. */
export type PivotAggregate = Extract<
  AggregateName,
  "sum" | "mean" | "min" | "max" | "count" | "first" | "last" | "median" | "nUnique"
>;

/**
 * How rows become columns.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 * import type { PivotOptions } from "@millrace/dataframe";
 *
 * const sales = DataFrame.fromRows([
 *   { shop: "a", year: "2024", price: 3 },
 *   { shop: "a", year: "2025", price: 4 },
 *   { shop: "b", year: "2025", price: 5 },
 * ]);
 * const options: PivotOptions<"shop" | "year" | "price"> = {
 *   index: "shop",
 *   columns: "year",
 *   values: "price",
 *   categories: ["2024", "2025"],
 * };
 * await sales.pivot(options).toRows();
 * // => [{ shop: "a", "2024": 3, "2025": 4 }, { shop: "b", "2024": null, "2025": 5 }]
 * ```
 */
export interface PivotOptions<K extends string> {
  /** Columns whose values tell the rows that come out apart. */
  readonly index: K | readonly K[];
  /** The column whose values become columns. */
  readonly columns: K;
  /** The column whose values are aggregated. */
  readonly values: K;
  /**
   * The values of `columns` that get a column, in order; others are left out. They are asked for
   * because nothing is computed to find them: `await df.unique(["year"]).toRows()` does.
   */
  readonly categories: readonly Exclude<Native, null>[];
  /** What becomes of several values of one cell. Default "sum". */
  readonly aggregate?: PivotAggregate;
}

type Column = ReturnType<typeof col>;

const aggregates: Readonly<Record<PivotAggregate, (values: Column) => Expr<DType>>> = {
  sum: (values) => values.sum(),
  mean: (values) => values.mean(),
  min: (values) => values.min(),
  max: (values) => values.max(),
  count: (values) => values.count(),
  first: (values) => values.first(),
  last: (values) => values.last(),
  median: (values) => values.median(),
  nUnique: (values) => values.nUnique(),
};

/** One row a value of the index, one column a category; a cell without rows is null or 0. */
export function pivot(input: PlanNode, options: PivotOptions<string>): PlanNode {
  const api = "pivot";
  checkOptions(api, options, ["index", "columns", "values", "categories", "aggregate"]);
  const { columns, values, categories, aggregate = "sum" } = options;
  const index = columnNames(api, input.fields, options.index);
  for (const name of [columns, values]) fieldOf(api, input.fields, name);
  if (!Object.hasOwn(aggregates, aggregate)) {
    const wanted = `one of ${Object.keys(aggregates).join(", ")}`;
    throw invalidArgument(api, "bad aggregate", aggregate, wanted);
  }
  if (!Array.isArray(categories) || categories.length === 0) {
    const remedy = "Find them with unique, if you do not know them.";
    throw invalidArgument(api, "bad categories", categories, "the values that get columns", remedy);
  }
  const named = categories.map((category: unknown): NamedCell => {
    if (!isNative(category) || category === null) {
      throw invalidArgument(api, "bad category", category, "a value of the column");
    }
    return [nameOf(category), cellOf(aggregate, columns, values, category)];
  });
  return aggregated(api, input, index, named);
}

function nameOf(category: Exclude<Native, null>): string {
  return category instanceof Date ? category.toISOString() : String(category);
}

/** The aggregate of the values of those rows that are of a category. */
function cellOf(fn: PivotAggregate, columns: string, values: string, category: Native): unknown {
  const isOf = col(columns).eq(category);
  return aggregates[fn](when(isOf).then(col(values)).otherwise(null));
}
