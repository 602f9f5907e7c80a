import type { DType, PlainType, TimestampType } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import type { Ast } from "./ast.ts";
import type { Expr } from "./expr.ts";
import type { TimeType } from "./result-type.ts";
import type { FunctionName, Scalar } from "./typed.ts";

const dayUnits = ["year", "quarter", "month", "week", "day"] as const;
const clockUnits = ["hour", "minute", "second"] as const;

/** What a date can be cut to; weeks begin on Monday. */
export type DayUnit = (typeof dayUnits)[number];

/** What a timestamp can be cut to. */
export type TruncateUnit = DayUnit | (typeof clockUnits)[number];

/**
 * Functions of dates and timestamps, as `.dt` of an expression; null stays null. A timestamp with
 * a time zone counts in the local time of it, one without in UTC.
 *
 * @example
 * ```ts
 * import { col } from "@millrace/dataframe";
 *
 * String(col("date").dt.year().eq(2001)); // => "year(date) = 2001"
 * ```
 */
export class TimeFunctions<D extends DType> {
  /** The dtype, for the type checker alone. */
  declare readonly "~dtype": D | undefined;
  readonly #input: Ast;
  readonly #make: <T extends DType>(ast: Ast) => Expr<T>;

  /** Of an expression; users write `.dt`. */
  constructor(input: Ast, make: <T extends DType>(ast: Ast) => Expr<T>) {
    this.#input = input;
    this.#make = make;
  }

  /** The year. */
  year(this: TimeFunctions<TimeType>): Expr<PlainType<"int32">> {
    return this.#call("year");
  }

  /** The month, 1 to 12. */
  month(this: TimeFunctions<TimeType>): Expr<PlainType<"int32">> {
    return this.#call("month");
  }

  /** The day of the month, 1 to 31. */
  day(this: TimeFunctions<TimeType>): Expr<PlainType<"int32">> {
    return this.#call("day");
  }

  /** The hour, 0 to 23. */
  hour(this: TimeFunctions<TimestampType>): Expr<PlainType<"int32">> {
    return this.#call("hour");
  }

  /** The minute, 0 to 59. */
  minute(this: TimeFunctions<TimestampType>): Expr<PlainType<"int32">> {
    return this.#call("minute");
  }

  /** The second, 0 to 59. */
  second(this: TimeFunctions<TimestampType>): Expr<PlainType<"int32">> {
    return this.#call("second");
  }

  /** The day of the week, from 1 for Monday to 7 for Sunday. */
  weekday(this: TimeFunctions<TimeType>): Expr<PlainType<"int32">> {
    return this.#call("weekday");
  }

  /** The begin of the year, quarter, month, week, day … that it is in; keeps the dtype. */
  truncate<E extends TimeType>(
    this: TimeFunctions<E>,
    unit: [E["kind"]] extends ["date"]
      ? [E["kind"]] extends [never]
        ? TruncateUnit
        : DayUnit
      : TruncateUnit,
  ): Expr<E> {
    const units: readonly string[] = [...dayUnits, ...clockUnits];
    if (!units.includes(unit)) {
      throw invalidArgument("truncate", "bad unit", unit, `one of ${units.join(", ")}`);
    }
    return this.#call("truncate", [unit]);
  }

  #call<T extends DType>(fn: FunctionName, params: readonly Scalar[] = []): Expr<T> {
    return this.#make({ kind: "call", fn, args: [this.#input], params });
  }
}
