import type { DType, PlainType } from "../dtype.ts";
import { checkDType } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import type { Ast, Native } from "./ast.ts";
import type {
  BoolType,
  Merge,
  NumericType,
  Operand,
  OrderableType,
  SumType,
} from "./result-type.ts";
import { isNative } from "./literal.ts";
import { TextFunctions } from "./text-functions.ts";
import { exprText } from "./text.ts";
import { TimeFunctions } from "./time-functions.ts";
import type { AggregateName, FunctionName, Scalar } from "./typed.ts";

let astIn: (expr: Expr<DType>) => Ast;

/** What can be beside a number: a number, or an expression of numbers. */
type Numbers<E extends NumericType> = Operand<E>;

/**
 * A value of each row, written before there are rows: from columns, constants and other
 * expressions. Immutable; `D` is the dtype of its values, and methods that it has no use for do
 * not compile. Null in, null out, where nothing else is said. Plain values stand for constants;
 * a number takes the dtype beside it if that holds it exactly.
 *
 * @example
 * ```ts
 * import { col } from "@millrace/dataframe";
 *
 * const isWorse = col("delay").gt(15).and(col("distance").lt(1000));
 * String(isWorse); // => "(delay > 15) and (distance < 1000)"
 * ```
 */
export class Expr<D extends DType = DType> {
  /** The dtype, for the type checker alone. */
  declare readonly "~dtype": D | undefined;
  readonly #ast: Ast;

  static {
    astIn = (expr) => expr.#ast;
  }

  /** Of a syntax tree; expressions come from callbacks, `col`, `lit`, `when` and the methods. */
  constructor(ast: Ast) {
    this.#ast = ast;
  }

  /** The sum; whole numbers outside of their common dtype are an error `dataframe/overflow`. */
  add<E extends NumericType, const O extends Numbers<E>>(
    this: Expr<E>,
    other: O,
  ): Expr<Merge<E, O>> {
    return call("add", [this, other]);
  }

  /** The difference, as `add` in its dtype and its errors. */
  sub<E extends NumericType, const O extends Numbers<E>>(
    this: Expr<E>,
    other: O,
  ): Expr<Merge<E, O>> {
    return call("sub", [this, other]);
  }

  /** The product, as `add` in its dtype and its errors; scales of decimals add up. */
  mul<E extends NumericType, const O extends Numbers<E>>(
    this: Expr<E>,
    other: O,
  ): Expr<Merge<E, O>> {
    return call("mul", [this, other]);
  }

  /** The quotient, always a float64: x / 0 is Infinity, 0 / 0 is NaN. */
  div<E extends NumericType>(this: Expr<E>, other: Numbers<E>): Expr<PlainType<"float64">> {
    return call("div", [this, other]);
  }

  /** The remainder, with the sign of the dividend; of whole numbers by 0 null, of floats NaN. */
  mod<E extends NumericType, const O extends Numbers<E>>(
    this: Expr<E>,
    other: O,
  ): Expr<Merge<E, O>> {
    return call("mod", [this, other]);
  }

  /** The number with the other sign. */
  neg<E extends NumericType>(this: Expr<E>): Expr<E> {
    return call("neg", [this]);
  }

  /** The number without its sign. */
  abs<E extends NumericType>(this: Expr<E>): Expr<E> {
    return call("abs", [this]);
  }

  /** The next whole number below, in the same dtype. */
  floor<E extends NumericType>(this: Expr<E>): Expr<E> {
    return call("floor", [this]);
  }

  /** The next whole number above, in the same dtype. */
  ceil<E extends NumericType>(this: Expr<E>): Expr<E> {
    return call("ceil", [this]);
  }

  /** The nearest number of `digits` behind the point, half away from zero, in the same dtype. */
  round<E extends NumericType>(this: Expr<E>, digits = 0): Expr<E> {
    if (!(Number.isInteger(digits) && digits >= 0 && digits <= 18)) {
      throw invalidArgument("round", "bad digits", digits, "a whole number from 0 to 18");
    }
    return call("round", [this], [digits]);
  }

  /** The power, a float64. */
  pow<E extends NumericType>(this: Expr<E>, exponent: Numbers<E>): Expr<PlainType<"float64">> {
    return call("pow", [this, exponent]);
  }

  /** The square root, a float64; NaN of what is below 0. */
  sqrt(this: Expr<NumericType>): Expr<PlainType<"float64">> {
    return call("sqrt", [this]);
  }

  /** e to the power of the number, a float64. */
  exp(this: Expr<NumericType>): Expr<PlainType<"float64">> {
    return call("exp", [this]);
  }

  /** The natural logarithm, a float64; -Infinity of 0. */
  log(this: Expr<NumericType>): Expr<PlainType<"float64">> {
    return call("log", [this]);
  }

  /** Whether both are equal; NaN is equal to itself, and null to nothing: see `isNull`. */
  eq<E extends OrderableType>(this: Expr<E>, other: Operand<E>): Expr<BoolType> {
    return call("eq", [this, other]);
  }

  /** Whether both differ. */
  neq<E extends OrderableType>(this: Expr<E>, other: Operand<E>): Expr<BoolType> {
    return call("neq", [this, other]);
  }

  /** Whether it is less; NaN is above all numbers, texts are in the order of code points. */
  lt<E extends OrderableType>(this: Expr<E>, other: Operand<E>): Expr<BoolType> {
    return call("lt", [this, other]);
  }

  /** Whether it is less or equal. */
  lte<E extends OrderableType>(this: Expr<E>, other: Operand<E>): Expr<BoolType> {
    return call("lte", [this, other]);
  }

  /** Whether it is greater. */
  gt<E extends OrderableType>(this: Expr<E>, other: Operand<E>): Expr<BoolType> {
    return call("gt", [this, other]);
  }

  /** Whether it is greater or equal. */
  gte<E extends OrderableType>(this: Expr<E>, other: Operand<E>): Expr<BoolType> {
    return call("gte", [this, other]);
  }

  /** Whether it lies between two bounds or on one of them. */
  between<E extends OrderableType>(
    this: Expr<E>,
    low: Operand<E>,
    high: Operand<E>,
  ): Expr<BoolType> {
    return call("and", [call("gte", [this, low]), call("lte", [this, high])]);
  }

  /** Whether it is one of some values; null of null. */
  isIn<E extends OrderableType>(
    this: Expr<E>,
    values: readonly Exclude<Operand<E>, Expr<DType> | null>[],
  ): Expr<BoolType> {
    const wanted = "an array of plain values";
    if (!Array.isArray(values)) throw invalidArgument("isIn", "no values", values, wanted);
    for (const value of values as readonly unknown[]) {
      if (value === null) {
        const remedy = "Null is equal to nothing: add .or(….isNull()).";
        throw invalidArgument("isIn", "null among the values", value, wanted, remedy);
      }
      if (value instanceof Expr) throw invalidArgument("isIn", "no value", value, wanted);
    }
    return call("isIn", [this, ...(values as readonly Native[])]);
  }

  /** Whether both are true; false beside null is false. */
  and(this: Expr<BoolType>, other: Operand<BoolType>): Expr<BoolType> {
    return call("and", [this, other]);
  }

  /** Whether one or both are true; true beside null is true. */
  or(this: Expr<BoolType>, other: Operand<BoolType>): Expr<BoolType> {
    return call("or", [this, other]);
  }

  /** Whether it is false. */
  not(this: Expr<BoolType>): Expr<BoolType> {
    return call("not", [this]);
  }

  /** Whether it is null; never null itself. */
  isNull(): Expr<BoolType> {
    return call("isNull", [this]);
  }

  /** Whether it is not null; never null itself. */
  isNotNull(): Expr<BoolType> {
    return call("isNotNull", [this]);
  }

  /** The value, or another one where it is null. */
  fillNull<E extends DType, const O extends Operand<E>>(
    this: Expr<E>,
    value: O,
  ): Expr<Merge<E, O>> {
    return call("coalesce", [this, value]);
  }

  /**
   * The value as another dtype: numbers are cut toward zero, texts are read in ISO forms. What
   * cannot be cast is an error `dataframe/bad-cast`, or null with `strict: false`.
   */
  cast<T extends DType>(dtype: T, { strict = true }: CastOptions = {}): Expr<T> {
    if (typeof strict !== "boolean") {
      throw invalidArgument("cast", "bad strict", strict, "true or false");
    }
    const to = checkDType("cast", dtype);
    return make({ kind: "cast", input: this.#ast, dtype: to, strict });
  }

  /** The same value under a name, where `select` and `withColumns` take a list. */
  alias(name: string): Expr<D> {
    if (typeof name !== "string") throw invalidArgument("alias", "bad name", name, "a string");
    return make({ kind: "alias", input: this.#ast, name });
  }

  /** Functions of texts. */
  get str(): TextFunctions<D> {
    return new TextFunctions(this.#ast, make);
  }

  /** Functions of dates and timestamps. */
  get dt(): TimeFunctions<D> {
    return new TimeFunctions(this.#ast, make);
  }

  /** Of a group: the sum, exact in int64 for whole numbers; null of nothing. */
  sum<E extends NumericType | BoolType>(this: Expr<E>): Expr<SumType<E>> {
    return aggregate("sum", this);
  }

  /** Of a group: the mean, a float64; null of nothing. */
  mean(this: Expr<NumericType | BoolType>): Expr<PlainType<"float64">> {
    return aggregate("mean", this);
  }

  /** Of a group: the least value; NaN is above all numbers. */
  min<E extends OrderableType>(this: Expr<E>): Expr<E> {
    return aggregate("min", this);
  }

  /** Of a group: the greatest value; NaN is above all numbers. */
  max<E extends OrderableType>(this: Expr<E>): Expr<E> {
    return aggregate("max", this);
  }

  /** Of a group: how many values are not null. `count()` alone counts rows. */
  count(): Expr<PlainType<"int64">> {
    return aggregate("count", this);
  }

  /** Of a group: how many different values there are, without null. */
  nUnique(this: Expr<OrderableType>): Expr<PlainType<"int64">> {
    return aggregate("nUnique", this);
  }

  /** Of a group: the first value that is not null. */
  first(): Expr<D> {
    return aggregate("first", this);
  }

  /** Of a group: the last value that is not null. */
  last(): Expr<D> {
    return aggregate("last", this);
  }

  /** Of a group: whether one is true or more; null of nothing. */
  any(this: Expr<BoolType>): Expr<BoolType> {
    return aggregate("any", this);
  }

  /** Of a group: whether none is false; null of nothing. */
  all(this: Expr<BoolType>): Expr<BoolType> {
    return aggregate("all", this);
  }

  /** Of a group: the standard deviation, by n - 1; null of fewer than two. */
  std(this: Expr<NumericType>): Expr<PlainType<"float64">> {
    return aggregate("std", this);
  }

  /** Of a group: the variance, by n - 1; null of fewer than two. */
  var(this: Expr<NumericType>): Expr<PlainType<"float64">> {
    return aggregate("var", this);
  }

  /** Of a group: the value in the middle, exact; between two their mean. */
  median(this: Expr<NumericType>): Expr<PlainType<"float64">> {
    return aggregate("median", this);
  }

  /** Of a group: the value below which a share `q` lies, exact, linear between two. */
  quantile(this: Expr<NumericType>, q: number): Expr<PlainType<"float64">> {
    return aggregate("quantile", this, [checkShare("quantile", q)]);
  }

  /** Of a group: about `nUnique`, in little memory (HyperLogLog). */
  approxNUnique(this: Expr<OrderableType>): Expr<PlainType<"int64">> {
    return aggregate("approxNUnique", this);
  }

  /** Of a group: about `quantile(q)`, in little memory (t-digest). */
  approxQuantile(this: Expr<NumericType>, q: number): Expr<PlainType<"float64">> {
    return aggregate("approxQuantile", this, [checkShare("approxQuantile", q)]);
  }

  /** The expression as people read it. */
  toString(): string {
    return exprText(this.#ast);
  }

  /** Refuses `a > b` and `a && b` on expressions, which JavaScript would work out at once. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    const remedy = "Use its methods: .add(…), .gt(…), .and(…).";
    throw invalidArgument("Expr", "no operators", this.toString(), "a method", remedy);
  }
}

/** What a cast does with what it cannot cast. */
export interface CastOptions {
  /** True: an error `dataframe/bad-cast` (default); false: null. */
  readonly strict?: boolean;
}

/** The syntax tree of an expression or a plain value; `api` is what it was given to. */
export function astOf(api: string, value: unknown): Ast {
  if (value instanceof Expr) return astIn(value);
  if (isNative(value)) return { kind: "value", value };
  const wanted = "an expression, a number, bigint, string, boolean, Date or null";
  throw invalidArgument(api, "no expression", value, wanted);
}

/** An expression of a syntax tree, of whichever dtype is wanted. */
export function make<D extends DType>(ast: Ast): Expr<D> {
  return new Expr(ast);
}

function call<D extends DType>(
  fn: FunctionName,
  args: readonly (Expr<DType> | Native)[],
  params: readonly Scalar[] = [],
): Expr<D> {
  return make({ kind: "call", fn, args: args.map((arg) => astOf(fn, arg)), params });
}

function aggregate<D extends DType>(
  fn: AggregateName,
  expr: Expr<DType>,
  params: readonly number[] = [],
): Expr<D> {
  return make({ kind: "aggregate", fn, arg: astOf(fn, expr), params });
}

function checkShare(api: string, q: unknown): number {
  if (typeof q === "number" && q >= 0 && q <= 1) return q;
  throw invalidArgument(api, "bad q", q, "a number from 0 to 1");
}
