import { dtypeKey } from "./dtype-traits.ts";
import { invalidArgument } from "./errors.ts";

/** Kinds of whole numbers. */
export type IntegerKind =
  "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64";

/** Kinds of floating-point numbers. */
export type FloatKind = "float32" | "float64";

/** Kinds of dtypes that have no parameters. */
export type PlainKind = IntegerKind | FloatKind | "bool" | "utf8" | "dictionary" | "date";

/** A dtype without parameters. */
export interface PlainType<K extends PlainKind = PlainKind> {
  readonly kind: K;
}

/** What one step of a timestamp is. */
export type TimeUnit = "s" | "ms" | "us" | "ns";

/** A point in time, as a count of units since 1970; `timezone` says how it is shown. */
export interface TimestampType<U extends TimeUnit = TimeUnit> {
  readonly kind: "timestamp";
  readonly unit: U;
  readonly timezone: string | undefined;
}

/** An exact number of `precision` digits (1 to 18), `scale` of them behind the point. */
export interface DecimalType {
  readonly kind: "decimal";
  readonly precision: number;
  readonly scale: number;
}

/** Any number of items of one dtype. */
export interface ListType<T extends DType = DType> {
  readonly kind: "list";
  readonly item: T;
}

/** Named parts, each of a dtype of its own. */
export interface StructType<F extends Schema = Schema> {
  readonly kind: "struct";
  readonly fields: F;
}

/** The type of a column is a value: `int32`, `utf8`, `timestamp("ms")`, `list(float64)`. */
export type DType = PlainType | TimestampType | DecimalType | ListType | StructType;

/** Names of columns and their dtypes. */
export interface Schema {
  readonly [column: string]: DType;
}

/** One column of a schema. Schemas are arrays inside: names such as "1" keep their place. */
export interface Field {
  readonly name: string;
  readonly dtype: DType;
}

/**
 * Whole numbers from -128 to 127.
 *
 * @example
 * ```ts
 * import { DataFrame, int8 } from "@millrace/dataframe";
 *
 * const rows = [{ n: -128 }];
 * await DataFrame.fromRows(rows, { schema: { n: int8 } }).toRows(); // => [{ n: -128 }]
 * ```
 */
export const int8: PlainType<"int8"> = plain("int8");
/**
 * Whole numbers of 16 bits.
 *
 * @example
 * ```ts
 * import { DataFrame, int16 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 32_767 }];
 * await DataFrame.fromRows(rows, { schema: { n: int16 } }).toRows(); // => [{ n: 32_767 }]
 * ```
 */
export const int16: PlainType<"int16"> = plain("int16");
/**
 * Whole numbers of 32 bits.
 *
 * @example
 * ```ts
 * import { DataFrame, int32 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 7 }];
 * await DataFrame.fromRows(rows, { schema: { n: int32 } }).toRows(); // => [{ n: 7 }]
 * ```
 */
export const int32: PlainType<"int32"> = plain("int32");
/**
 * Whole numbers of 64 bits, exact; bigints where values leave a frame.
 *
 * @example
 * ```ts
 * import { DataFrame, int64 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 2n ** 62n }];
 * await DataFrame.fromRows(rows, { schema: { n: int64 } }).toRows(); // => [{ n: 2n ** 62n }]
 * ```
 */
export const int64: PlainType<"int64"> = plain("int64");
/**
 * Whole numbers from 0 to 255.
 *
 * @example
 * ```ts
 * import { DataFrame, uint8 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 255 }];
 * await DataFrame.fromRows(rows, { schema: { n: uint8 } }).toRows(); // => [{ n: 255 }]
 * ```
 */
export const uint8: PlainType<"uint8"> = plain("uint8");
/**
 * Whole numbers of 16 bits from 0.
 *
 * @example
 * ```ts
 * import { DataFrame, uint16 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 65_535 }];
 * await DataFrame.fromRows(rows, { schema: { n: uint16 } }).toRows(); // => [{ n: 65_535 }]
 * ```
 */
export const uint16: PlainType<"uint16"> = plain("uint16");
/**
 * Whole numbers of 32 bits from 0.
 *
 * @example
 * ```ts
 * import { DataFrame, uint32 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 7 }];
 * await DataFrame.fromRows(rows, { schema: { n: uint32 } }).toRows(); // => [{ n: 7 }]
 * ```
 */
export const uint32: PlainType<"uint32"> = plain("uint32");
/**
 * Whole numbers of 64 bits from 0, exact; bigints where values leave a frame.
 *
 * @example
 * ```ts
 * import { DataFrame, uint64 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 2n ** 63n }];
 * await DataFrame.fromRows(rows, { schema: { n: uint64 } }).toRows(); // => [{ n: 2n ** 63n }]
 * ```
 */
export const uint64: PlainType<"uint64"> = plain("uint64");
/**
 * Numbers of single precision.
 *
 * @example
 * ```ts
 * import { DataFrame, float32 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 0.5 }];
 * await DataFrame.fromRows(rows, { schema: { n: float32 } }).toRows(); // => [{ n: 0.5 }]
 * ```
 */
export const float32: PlainType<"float32"> = plain("float32");
/**
 * Numbers of double precision, those of JavaScript.
 *
 * @example
 * ```ts
 * import { DataFrame, float64 } from "@millrace/dataframe";
 *
 * const rows = [{ n: 0.1 }];
 * await DataFrame.fromRows(rows, { schema: { n: float64 } }).toRows(); // => [{ n: 0.1 }]
 * ```
 */
export const float64: PlainType<"float64"> = plain("float64");
/**
 * True or false.
 *
 * @example
 * ```ts
 * import { DataFrame, bool } from "@millrace/dataframe";
 *
 * const rows = [{ n: true }];
 * await DataFrame.fromRows(rows, { schema: { n: bool } }).toRows(); // => [{ n: true }]
 * ```
 */
export const bool: PlainType<"bool"> = plain("bool");
/**
 * Texts of any length.
 *
 * @example
 * ```ts
 * import { DataFrame, utf8 } from "@millrace/dataframe";
 *
 * const rows = [{ n: "to be" }];
 * await DataFrame.fromRows(rows, { schema: { n: utf8 } }).toRows(); // => [{ n: "to be" }]
 * ```
 */
export const utf8: PlainType<"utf8"> = plain("utf8");
/**
 * Texts of which each is stored once: a Dictionary of Arrow where they leave a frame.
 *
 * @example
 * ```ts
 * import { DataFrame, dictionary } from "@millrace/dataframe";
 *
 * const rows = [{ n: "to" }];
 * await DataFrame.fromRows(rows, { schema: { n: dictionary } }).toRows(); // => [{ n: "to" }]
 * ```
 */
export const dictionary: PlainType<"dictionary"> = plain("dictionary");
/**
 * Days, without a time.
 *
 * @example
 * ```ts
 * import { DataFrame, date } from "@millrace/dataframe";
 *
 * const rows = [{ n: new Date("2025-01-31") }];
 * const days = DataFrame.fromRows(rows, { schema: { n: date } });
 * await days.toRows(); // => [{ n: new Date("2025-01-31") }]
 * ```
 */
export const date: PlainType<"date"> = plain("date");

/**
 * Points in time, as a count of units since 1970; the zone says how they are shown, and what their
 * day and hour are.
 *
 * @throws DataFrameError `dataframe/invalid-argument` for an unknown unit or zone
 *
 * @example
 * ```ts
 * import { DataFrame, timestamp } from "@millrace/dataframe";
 *
 * const rows = [{ at: new Date("2025-01-31T23:30:00Z") }];
 * const berlin = DataFrame.fromRows(rows, { schema: { at: timestamp("ms", "Europe/Berlin") } });
 * await berlin.select((c) => ({ day: c.at.dt.day() })).toRows(); // => [{ day: 1 }]
 * ```
 */
export function timestamp<U extends TimeUnit>(unit: U, timezone?: string): TimestampType<U> {
  if (!units.includes(unit)) {
    throw invalidArgument("timestamp", "bad unit", unit, `one of ${units.join(", ")}`);
  }
  if (timezone !== undefined && !isTimezone(timezone)) {
    const wanted = 'a name such as "UTC" or "Europe/Berlin", or an offset such as "+02:00"';
    throw invalidArgument("timestamp", "unknown time zone", timezone, wanted);
  }
  return intern({ kind: "timestamp", unit, timezone }) as TimestampType<U>;
}

/**
 * Exact numbers of `precision` digits (1 to 18), `scale` of them behind the point.
 *
 * @throws DataFrameError `dataframe/invalid-argument`
 *
 * @example
 * ```ts
 * import { DataFrame, decimal } from "@millrace/dataframe";
 *
 * const rows = [{ price: "0.10" }, { price: "0.20" }];
 * const sales = DataFrame.fromRows(rows, { schema: { price: decimal(15, 2) } });
 * await sales.agg((c) => ({ total: c.price.sum() })).toRows(); // => [{ total: "0.30" }]
 * ```
 */
export function decimal(precision: number, scale: number): DecimalType {
  if (!(Number.isInteger(precision) && precision >= 1 && precision <= 18)) {
    throw invalidArgument("decimal", "bad precision", precision, "a whole number from 1 to 18");
  }
  if (!(Number.isInteger(scale) && scale >= 0 && scale <= precision)) {
    throw invalidArgument("decimal", "bad scale", scale, `a whole number from 0 to ${precision}`);
  }
  return intern({ kind: "decimal", precision, scale }) as DecimalType;
}

/**
 * Any number of items of one dtype.
 *
 * @throws DataFrameError `dataframe/invalid-argument`
 *
 * @example
 * ```ts
 * import { DataFrame, int32, list } from "@millrace/dataframe";
 *
 * const rows = [{ n: [1, 2] }, { n: [] }];
 * const lists = DataFrame.fromRows(rows, { schema: { n: list(int32) } });
 * await lists.explode("n").toRows(); // => [{ n: 1 }, { n: 2 }, { n: null }]
 * ```
 */
export function list<T extends DType>(item: T): ListType<T> {
  checkDType("list", item);
  return intern({ kind: "list", item }) as ListType<T>;
}

/**
 * Named parts, each of a dtype of its own.
 *
 * @throws DataFrameError `dataframe/invalid-argument`
 *
 * @example
 * ```ts
 * import { DataFrame, float64, struct } from "@millrace/dataframe";
 *
 * const rows = [{ at: { x: 1, y: 2 } }];
 * const points = DataFrame.fromRows(rows, { schema: { at: struct({ x: float64, y: float64 }) } });
 * await points.toRows(); // => [{ at: { x: 1, y: 2 } }]
 * ```
 */
export function struct<const F extends Schema>(fields: F): StructType<F> {
  for (const dtype of Object.values(fields)) checkDType("struct", dtype);
  return intern({ kind: "struct", fields: { ...fields } }) as StructType<F>;
}

const units: readonly string[] = ["s", "ms", "us", "ns"];

const interned = new Map<string, DType>();

/** Most dtypes that are kept: programs have few, and one that is not kept is only less quick. */
const INTERNED_MAX = 10_000;

/** One object a dtype, so that most comparisons are of identity. */
function intern(dtype: DType): DType {
  const name = dtypeKey(dtype);
  const known = interned.get(name);
  if (known !== undefined) return known;
  if (interned.size < INTERNED_MAX) interned.set(name, Object.freeze(dtype));
  return dtype;
}

function plain<K extends PlainKind>(kind: K): PlainType<K> {
  return Object.freeze({ kind });
}

function isTimezone(name: unknown): boolean {
  if (typeof name !== "string" || name === "") return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const plainTypes: Readonly<Record<PlainKind, PlainType>> = {
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float32,
  float64,
  bool,
  utf8,
  dictionary,
  date,
};

/** Checks what a user gave as a dtype; gives the one object that stands for it. */
export function checkDType(api: string, given: unknown): DType {
  const dtype = given as DType | null | undefined;
  if (typeof dtype === "object" && dtype !== null) {
    if (isPlain(dtype)) return plainTypes[dtype.kind];
    switch (dtype.kind) {
      case "timestamp":
        return timestamp(dtype.unit, dtype.timezone);
      case "decimal":
        return decimal(dtype.precision, dtype.scale);
      case "list":
        return list(dtype.item);
      case "struct":
        return struct(dtype.fields);
    }
  }
  const plainNames = Object.keys(plainTypes).join(", ");
  const names = `${plainNames}, timestamp(…), decimal(…), list(…), struct(…)`;
  throw invalidArgument(api, "not a dtype", given, `one of ${names}`);
}

function isPlain(dtype: DType): dtype is PlainType {
  return Object.hasOwn(plainTypes, dtype.kind);
}
