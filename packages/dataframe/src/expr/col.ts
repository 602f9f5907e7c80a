import type { DType, PlainType } from "../dtype.ts";
import { checkDType } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import type { Native } from "./ast.ts";
import type { Expr } from "./expr.ts";
import { astOf, make } from "./expr.ts";
import type { LiteralType, MergeAll, Operand, SideType, UnknownType } from "./result-type.ts";

/**
 * The column of a name, of whichever dtype the frame has there; callbacks give typed ones. A name
 * that the frame does not have is the error `dataframe/unknown-column`, where the two meet.
 *
 * @example
 * ```ts
 * import { col } from "@millrace/dataframe";
 *
 * String(col("delay").gt(15)); // => "delay > 15"
 * ```
 */
export function col(name: string): Expr<UnknownType> {
  if (typeof name !== "string") throw invalidArgument("col", "bad name", name, "a string");
  return make({ kind: "column", name });
}

/**
 * A constant as an expression: of the dtype given, or one that adapts to what is beside it. Alone
 * a number is a float64, a bigint an int64, a Date a `timestamp("ms")`; null needs a dtype.
 *
 * @example
 * ```ts
 * import { int32, lit } from "@millrace/dataframe";
 *
 * String(lit(null, int32)); // => "cast(null, int32)"
 * ```
 */
export function lit<const V extends Exclude<Native, null>>(value: V): Expr<LiteralType<V>>;
export function lit<D extends DType>(value: Native, dtype: D): Expr<D>;
export function lit(value: Native, dtype?: DType): Expr<DType> {
  const constant = astOf("lit", value);
  if (dtype !== undefined) {
    const to = checkDType("lit", dtype);
    return make({ kind: "cast", input: constant, dtype: to, strict: true });
  }
  if (value !== null) return make(constant);
  throw invalidArgument("lit", "null without a dtype", value, "one beside it", "lit(null, int32).");
}

/**
 * The first of some values that is not null.
 *
 * @example
 * ```ts
 * import { coalesce, col } from "@millrace/dataframe";
 *
 * String(coalesce(col("actual"), col("planned"), 0)); // => "coalesce(actual, planned, 0)"
 * ```
 */
export function coalesce<
  const A extends Expr<DType> | Native,
  const Rest extends readonly Operand<SideType<A>>[],
>(first: A, ...others: Rest): Expr<MergeAll<[A, ...Rest]>> {
  const args = [first, ...others].map((value) => astOf("coalesce", value));
  return make({ kind: "call", fn: "coalesce", args, params: [] });
}

/**
 * Of a group: how many rows it has. `c.name.count()` counts values that are not null.
 *
 * @example
 * ```ts
 * import { col, count } from "@millrace/dataframe";
 *
 * String(col("delay").sum().div(count())); // => "sum(delay) / count()"
 * ```
 */
export function count(): Expr<PlainType<"int64">> {
  return make({ kind: "aggregate", fn: "rows", arg: undefined, params: [] });
}
