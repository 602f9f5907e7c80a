import type {
  DecimalType,
  DType,
  FloatKind,
  IntegerKind,
  ListType,
  PlainType,
  Schema,
  StructType,
  TimestampType,
} from "../dtype.ts";

/** The value of JavaScript that a dtype is outside of a frame. */
export type JsOf<D extends DType> =
  D extends PlainType<infer K>
    ? JsOfPlain<K>
    : D extends TimestampType
      ? Date
      : D extends DecimalType
        ? string
        : D extends ListType<infer I>
          ? (JsOf<I> | null)[]
          : D extends StructType<infer F>
            ? RowOf<F>
            : never;

type JsOfPlain<K> = K extends "int64" | "uint64"
  ? bigint
  : K extends IntegerKind | FloatKind
    ? number
    : K extends "bool"
      ? boolean
      : K extends "utf8" | "dictionary"
        ? string
        : Date;

/** An object for a row of a schema, whose values may all be null. */
export type RowOf<S extends Schema> = { -readonly [K in keyof S]: JsOf<S[K]> | null };

/** The schema that is inferred of objects. */
export type SchemaOfRow<T> = { readonly [K in keyof T & string]: DTypeOfJs<NonNullable<T[K]>> };

/** Wrapped, so that `boolean` and unions of texts are looked at as one type. */
type DTypeOfJs<V> = [V] extends [number]
  ? PlainType<"float64">
  : [V] extends [bigint]
    ? PlainType<"int64">
    : [V] extends [string]
      ? PlainType<"utf8">
      : [V] extends [boolean]
        ? PlainType<"bool">
        : [V] extends [Date]
          ? TimestampType<"ms">
          : [V] extends [readonly (infer I)[]]
            ? ListType<DTypeOfJs<NonNullable<I>>>
            : [V] extends [object]
              ? StructType<SchemaOfRow<V>>
              : DType;
