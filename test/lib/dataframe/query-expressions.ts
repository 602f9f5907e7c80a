import type { DType, DataFrame, Expr } from "@millrace/dataframe";
import { coalesce, col, count, lit, when } from "@millrace/dataframe";

import type { BoolType } from "../../../packages/dataframe/dist/expr/result-type.js";
import { isInteger, isNumeric, isText } from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Choices } from "./plan-expressions.ts";

/** Columns of some dtypes. */
export function namesOf(frame: DataFrame, is: (dtype: DType) => boolean): string[] {
  return frame.columns.filter((name) => is(dtypeOf(frame, name)));
}

/** Columns whose values have an order. */
export function orderable(frame: DataFrame): string[] {
  return namesOf(frame, ({ kind }) => kind !== "list" && kind !== "struct");
}

function dtypeOf(frame: DataFrame, name: string): DType {
  return Object.getOwnPropertyDescriptor(frame.schema, name)?.value as DType;
}

/** A truth about a row, of columns that the frame has. */
export function predicate(choices: Choices, frame: DataFrame, depth = 2): Expr<BoolType> {
  const again = (): Expr<BoolType> => predicate(choices, frame, depth - 1);
  switch (depth === 0 ? 0 : choices.below(8)) {
    case 5:
      return again().and(again());
    case 6:
      return again().or(again());
    case 7:
      return again().not();
    default: {
      const name = choices.oneOf(frame.columns);
      return choices.oneOf(testsOf(name, dtypeOf(frame, name)));
    }
  }
}

function testsOf(name: string, dtype: DType): readonly Expr<BoolType>[] {
  const one = col(name);
  const always = [one.isNotNull(), one.isNull()];
  if (isText(dtype)) {
    return [...always, one.eq("a"), one.gte("b"), one.str.contains("x"), one.isIn(["", "y"])];
  }
  if (isNumeric(dtype)) return [...always, one.gt(1), one.lte(2), one.neq(0), one.between(0, 5)];
  switch (dtype.kind) {
    case "bool":
      return [...always, one.eq(true), one.neq(true)];
    case "date":
    case "timestamp":
      return [...always, one.gt(new Date("1999-12-31")), one.dt.year().eq(2024)];
    default:
      return always;
  }
}

/** A value of a row, of columns that the frame has. */
export function value(choices: Choices, frame: DataFrame): Expr<DType> {
  const name = choices.oneOf(frame.columns);
  const one = col(name);
  const made = choices.oneOf(valuesOf(name, dtypeOf(frame, name)));
  switch (choices.below(4)) {
    case 0:
      return when(predicate(choices, frame, 1))
        .then(one)
        .otherwise(null);
    case 1:
      return coalesce(one, one);
    default:
      return made;
  }
}

function valuesOf(name: string, dtype: DType): readonly Expr<DType>[] {
  const one = col(name);
  if (isText(dtype)) return [one.str.length(), one.str.slice(0, 1), one.str.upper(), lit("b")];
  if (dtype.kind === "uint64") return [one.add(1), one.div(4), one.mod(3)];
  if (isInteger(dtype)) return [one.add(1), one.mul(2), one.neg(), one.div(4), one.mod(3)];
  if (isNumeric(dtype)) return [one.add(1), one.mul(2), one.div(2), one.abs(), lit(3)];
  switch (dtype.kind) {
    case "bool":
      return [one.not(), one.isNull()];
    case "date":
    case "timestamp":
      return [one.dt.month(), one.dt.truncate("month")];
    default:
      return [one.isNull()];
  }
}

/** An aggregate of rows; sums of its numbers are exact in any order. */
export function aggregate(choices: Choices, frame: DataFrame, isOrdered: boolean): Expr<DType> {
  const name = choices.oneOf(frame.columns);
  const dtype = dtypeOf(frame, name);
  const one = col(name);
  const all: Expr<DType>[] = [one.count(), count()];
  if (isOrdered) all.push(one.first(), one.last());
  if (dtype.kind !== "list" && dtype.kind !== "struct")
    all.push(one.nUnique(), one.min(), one.max());
  if (dtype.kind === "bool") all.push(one.any(), one.all());
  if (isInteger(dtype) || dtype.kind === "float64") {
    all.push(one.sum(), one.mean(), one.median(), one.sum().div(one.count()));
  }
  if (dtype.kind === "decimal") all.push(one.sum());
  return choices.oneOf(all);
}
