import type { DataFrame } from "./dataframe.ts";
import type { Schema } from "./dtype.ts";
import type { PlanNode } from "./plan/node.ts";
import type { CellSchema, Cells, OfColumns, Replaced, Selected } from "./schemas.ts";
import type { AggregateOptions } from "./verbs/aggregate.ts";
import { checkNames } from "./plan/check.ts";
import { aggregateBy } from "./verbs/aggregate.ts";

/** Makes the frame of a plan. */
type MakeFrame = <S extends Schema>(plan: PlanNode) => DataFrame<S>;

/**
 * Rows of a frame by the values of some columns, which `agg` makes one row of. Null is a value
 * here, and NaN is equal to itself.
 *
 * @example
 * ```ts
 * import { DataFrame, count } from "@millrace/dataframe";
 *
 * const rows = [
 *   { shop: "a", price: 3 },
 *   { shop: "b", price: 4 },
 *   { shop: "a", price: 5 },
 * ];
 * const byShop = DataFrame.fromRows(rows).groupBy("shop");
 * const totals = byShop.agg((c) => ({ sales: count(), mean: c.price.mean() }));
 * await totals.toRows();
 * // => [{ shop: "a", sales: 2n, mean: 4 }, { shop: "b", sales: 1n, mean: 4 }]
 * ```
 */
export class GroupBy<S extends Schema, K extends string> {
  readonly #input: PlanNode;
  readonly #keys: readonly K[];
  readonly #frame: MakeFrame;

  /** Rows of a plan by columns that it has; users write `df.groupBy(…)`. */
  constructor(input: PlanNode, keys: readonly K[], frame: MakeFrame) {
    this.#input = input;
    checkNames("groupBy", input.fields, keys);
    this.#keys = keys;
    this.#frame = frame;
  }

  /**
   * One row a group: its keys, and aggregates by name, which may stand in arithmetic. Groups come
   * in the order of their first rows; with `splitOut` they are dealt out to that many partitions.
   *
   * @throws DataFrameError `dataframe/unknown-column`, `dataframe/type-mismatch`,
   * `dataframe/invalid-argument` for a column outside of an aggregate
   */
  agg<const O extends Cells>(
    aggregates: O | OfColumns<S, O>,
    options: AggregateOptions = {},
  ): DataFrame<Replaced<Selected<S, K>, CellSchema<O>>> {
    return this.#frame(aggregateBy(this.#input, this.#keys, aggregates, options));
  }
}
