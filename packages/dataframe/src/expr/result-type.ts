import type {
  DType,
  DecimalType,
  FloatKind,
  IntegerKind,
  ListType,
  PlainKind,
  PlainType,
  TimeUnit,
  TimestampType,
} from "../dtype.ts";
import type { Native } from "./ast.ts";
import type { NumericKind, holders, holdersInOrder } from "./common-type.ts";
import type { Expr } from "./expr.ts";

/** Dtypes that one can calculate with. */
export type NumericType = PlainType<IntegerKind | FloatKind> | DecimalType;

/** Dtypes of texts. */
export type TextType = PlainType<"utf8" | "dictionary">;

/** The dtype of truth values. */
export type BoolType = PlainType<"bool">;

/** Dtypes of days and of points in time. */
export type TimeType = PlainType<"date"> | TimestampType;

/** Dtypes whose values have an order: all but lists and structs. */
export type OrderableType = PlainType | TimestampType | DecimalType;

/**
 * The dtype of a column that is known at run time alone: it goes where any dtype goes, and what
 * does not fit is told when the expression meets its frame.
 */
export interface UnknownType {
  /** Any kind. */
  readonly kind: never;
  /** Any unit. */
  readonly unit: never;
  /** Any zone. */
  readonly timezone: never;
  /** Any precision. */
  readonly precision: never;
  /** Any scale. */
  readonly scale: never;
  /** Any item. */
  readonly item: never;
  /** Any fields. */
  readonly fields: never;
}

/** The dtype of `lit(value)`, which adapts to what is beside it as the value itself would. */
export type LiteralType<V extends Native> = Alone<V> & {
  /** The constant. */
  readonly literal: V;
};

/** The expression that a column of a dtype is. */
export type ExprOf<D extends DType> = DType extends D ? Expr<UnknownType> : Expr<D>;

/** The dtype of the column that an expression makes, or a plain value in its place. */
export type DTypeOf<E> =
  E extends Expr<infer D>
    ? [D["kind"]] extends [never]
      ? DType
      : MergeAll<[E]>
    : E extends Native
      ? Alone<E>
      : never;

/** What stands beside an expression of a dtype: an expression of its family, or a plain value. */
export type Operand<D extends DType> = [D["kind"]] extends [never]
  ? Expr<DType> | Native
  : [D["kind"]] extends [NumericKind]
    ? Expr<Partner<D["kind"]>> | number | bigint | null | DecimalText<D["kind"]>
    : [D["kind"]] extends ["utf8" | "dictionary"]
      ? Expr<TextType> | string | null
      : [D["kind"]] extends ["bool"]
        ? Expr<BoolType> | boolean | null
        : [D["kind"]] extends ["date" | "timestamp"]
          ? Expr<TimeType> | Date | null
          : Expr<D> | null;

/** Numbers that have a dtype in common with those of a kind: signed ones have none with uint64. */
type Partner<K> = [K] extends ["uint64"]
  ? PlainType<Exclude<IntegerKind, SignedKind> | FloatKind> | DecimalType
  : [K] extends [SignedKind]
    ? PlainType<Exclude<IntegerKind, "uint64"> | FloatKind> | DecimalType
    : NumericType;
type SignedKind = "int8" | "int16" | "int32" | "int64";
type DecimalText<K> = "decimal" extends K ? string : never;

/** The dtype of an expression, or that of a constant alone. */
export type SideType<O> = O extends Expr<infer D> ? D : Alone<O>;

/** The dtype that two dtypes or plain values become, one beside the other. */
export type Merge<A, B> = MergeAll<[A, B]>;

/** The dtype that expressions, dtypes and plain values become, one beside the other. */
export type MergeAll<T extends readonly unknown[]> =
  true extends IsUnknown<SideOf<T[number]>> ? UnknownType : Adapted<Typed<T>, Untyped<T>>;

/** The dtype of a sum. */
export type SumType<D extends DType> = [D["kind"]] extends [never]
  ? UnknownType
  : D["kind"] extends "float32" | "float64"
    ? PlainType<"float64">
    : D["kind"] extends "decimal"
      ? DecimalType
      : D["kind"] extends "uint64"
        ? PlainType<"uint64">
        : PlainType<"int64">;

/** The dtype of the pieces of a text. */
export type SplitType = ListType<PlainType<"utf8">>;

type IsUnknown<S> = S extends DType ? ([S["kind"]] extends [never] ? true : false) : false;

/** A dtype, or the constant that has none of its own yet. */
export type SideOf<O> = O extends Expr<infer D> ? Bare<D> : O extends DType ? Bare<O> : O;
type Bare<D> = D extends { readonly literal: infer V } ? V : D;

/** The sides that have a dtype, and those that have none. */
type Typed<T extends readonly unknown[]> = T extends readonly [infer H, ...infer R]
  ? SideOf<H> extends DType
    ? [SideOf<H>, ...Typed<R>]
    : Typed<R>
  : [];
type Untyped<T extends readonly unknown[]> = T extends readonly [infer H, ...infer R]
  ? SideOf<H> extends DType
    ? Untyped<R>
    : [SideOf<H>, ...Untyped<R>]
  : [];

type Adapted<T extends readonly unknown[], C extends readonly unknown[]> = T extends readonly []
  ? AllAlone<C>
  : AdaptAll<Fold<T>, C>;

type Fold<T extends readonly unknown[]> = T extends readonly [infer A, infer B, ...infer R]
  ? Fold<[MergeTypes<A, B>, ...R]>
  : T[0];

type AdaptAll<D, C extends readonly unknown[]> = C extends readonly [infer V, ...infer R]
  ? AdaptAll<Adapt<D, V>, R>
  : D;

type AllAlone<C extends readonly unknown[]> = Alone<Exclude<C[number], null>>;

/** The dtype of a constant that nothing is beside. */
type Alone<V> = V extends number
  ? PlainType<"float64">
  : V extends bigint
    ? PlainType<"int64">
    : V extends string
      ? PlainType<"utf8">
      : V extends boolean
        ? BoolType
        : V extends Date
          ? TimestampType<"ms">
          : never;

type MergeTypes<A, B> = A extends DType
  ? B extends DType
    ? [A["kind"], B["kind"]] extends [NumericKind, NumericKind]
      ? NumberType<CommonKind<A["kind"] & NumericKind, B["kind"] & NumericKind>>
      : MergeOthers<A, B>
    : never
  : never;

type MergeOthers<A extends DType, B extends DType> = [A, B] extends [
  TimestampType<infer U>,
  TimestampType<infer V>,
]
  ? TimestampType<U | V>
  : [A, B] extends [TimestampType, PlainType<"date">]
    ? A
    : [A, B] extends [PlainType<"date">, TimestampType]
      ? B
      : [A["kind"], B["kind"]] extends ["dictionary", "utf8"] | ["utf8", "dictionary"]
        ? PlainType<"utf8">
        : A["kind"] extends B["kind"]
          ? A
          : never;

type NumberType<K> = K extends "decimal" ? DecimalType : K extends PlainKind ? PlainType<K> : never;

type CommonKind<A extends NumericKind, B extends NumericKind> =
  First<
    typeof holdersInOrder,
    (typeof holders)[A][number] & (typeof holders)[B][number]
  > extends infer K
    ? [A | B, K] extends [IntegerKind, "decimal"]
      ? never
      : K
    : never;

type First<Order extends readonly unknown[], K> = Order extends readonly [infer H, ...infer R]
  ? H extends K
    ? H
    : First<R, K>
  : never;

/** A dtype beside a constant; both where the size of the constant decides. */
type Adapt<D, V> = D extends DType
  ? V extends null
    ? D
    : V extends number
      ? AdaptNumber<D, V, "float64">
      : V extends bigint
        ? AdaptNumber<D, V, "int64">
        : V extends Date
          ? D extends TimestampType<Exclude<TimeUnit, "s">>
            ? D
            : D | TimestampType<"ms">
          : D
  : never;

type AdaptNumber<
  D extends DType,
  V extends number | bigint,
  K extends "float64" | "int64",
> = D["kind"] extends "float64"
  ? D
  : number extends V
    ? D | MergeTypes<D, PlainType<K>>
    : bigint extends V
      ? D | MergeTypes<D, PlainType<K>>
      : `${V}` extends `${bigint}`
        ? IsShort<D["kind"], `${V}`> extends true
          ? D
          : D | MergeTypes<D, PlainType<K>>
        : D["kind"] extends IntegerKind
          ? MergeTypes<D, PlainType<K>>
          : D | MergeTypes<D, PlainType<K>>;

/** How many digits surely fit. */
interface Digits {
  readonly int8: [1, 1];
  readonly uint8: [1, 1];
  readonly int16: [1, 1, 1, 1];
  readonly uint16: [1, 1, 1, 1];
  readonly int32: [1, 1, 1, 1, 1, 1, 1, 1, 1];
  readonly uint32: [1, 1, 1, 1, 1, 1, 1, 1, 1];
  readonly int64: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
  readonly uint64: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
  readonly float32: [1, 1, 1, 1, 1, 1, 1];
  readonly float64: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
  readonly decimal: [];
}

type IsShort<K, V extends string> = K extends NumericKind
  ? V extends `-${infer Digit}`
    ? K extends `uint${string}`
      ? false
      : Within<Digit, Digits[K]>
    : Within<V, Digits[K]>
  : false;

type Within<S extends string, Max extends readonly unknown[]> = S extends ""
  ? true
  : Max extends readonly [unknown, ...infer Rest]
    ? S extends `${infer _}${infer Tail}`
      ? Within<Tail, Rest>
      : false
    : false;
