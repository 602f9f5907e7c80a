import type * as Arrow from "apache-arrow";
import type {
  DType,
  DecimalType,
  ListType,
  PlainKind,
  PlainType,
  Schema,
  StructType,
  TimestampType,
} from "../dtype.ts";

/** The types of Arrow that dtypes without parameters become. */
interface PlainArrow extends Readonly<Record<PlainKind, Arrow.DataType>> {
  readonly int8: Arrow.Int8;
  readonly int16: Arrow.Int16;
  readonly int32: Arrow.Int32;
  readonly int64: Arrow.Int64;
  readonly uint8: Arrow.Uint8;
  readonly uint16: Arrow.Uint16;
  readonly uint32: Arrow.Uint32;
  readonly uint64: Arrow.Uint64;
  readonly float32: Arrow.Float32;
  readonly float64: Arrow.Float64;
  readonly bool: Arrow.Bool;
  readonly utf8: Arrow.Utf8;
  readonly dictionary: Arrow.Dictionary<Arrow.Utf8, Arrow.Int32>;
  readonly date: Arrow.DateDay;
}

/** The type of Arrow that a dtype becomes. */
export type ArrowOf<D extends DType> =
  D extends PlainType<infer K>
    ? PlainArrow[K]
    : D extends TimestampType
      ? Arrow.Timestamp
      : D extends DecimalType
        ? Arrow.Decimal
        : D extends ListType<infer T>
          ? Arrow.List<ArrowOf<T>>
          : D extends StructType<infer F>
            ? Arrow.Struct<ArrowSchema<F>>
            : never;

/** The types of Arrow of the columns of a schema. */
export type ArrowSchema<S extends Schema> = { [K in keyof S & string]: ArrowOf<S[K]> };

/**
 * A record batch of a frame, as {@link TableOf}.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 * import type { BatchOf, float64 } from "@millrace/dataframe";
 *
 * const batches: BatchOf<{ n: typeof float64 }>[] = [];
 * for await (const batch of DataFrame.fromRows([{ n: 1 }]).batches()) batches.push(batch);
 * batches.length; // => 1
 * ```
 */
export type BatchOf<S extends Schema> = string extends keyof S
  ? Arrow.RecordBatch
  : Arrow.RecordBatch<ArrowSchema<S>>;

/**
 * The Arrow Table of a frame; of one whose columns are not known to the compiler, any Table.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 * import type { TableOf, float64 } from "@millrace/dataframe";
 *
 * const frame = DataFrame.fromRows([{ n: 1 }, { n: 2 }]);
 * const table: TableOf<{ n: typeof float64 }> = await frame.compute();
 * table.getChild("n")?.toArray(); // => Float64Array.of(1, 2)
 * ```
 */
export type TableOf<S extends Schema> = string extends keyof S
  ? Arrow.Table
  : Arrow.Table<ArrowSchema<S>>;
