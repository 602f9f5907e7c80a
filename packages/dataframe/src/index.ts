import type { Schema } from "./dtype.ts";
import { registerCollection, registerForm } from "@millrace/graph";
import { DataFrame, planOf } from "./dataframe.ts";
import type { SchemaOfRow } from "./rows/row-of.ts";
import { planOfRows } from "./verbs/from.ts";
import { outlineOf, planOfOutline } from "./verbs/outline.ts";

export { DataFrame };
export type { ArrowOf, ArrowSchema, BatchOf, TableOf } from "./arrow/arrow-of.ts";
export { concat } from "./concat.ts";
export {
  bool,
  date,
  decimal,
  dictionary,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  list,
  struct,
  timestamp,
  uint16,
  uint32,
  uint64,
  uint8,
  utf8,
} from "./dtype.ts";
export type {
  DType,
  DecimalType,
  ListType,
  PlainKind,
  PlainType,
  Schema,
  StructType,
  TimeUnit,
  TimestampType,
} from "./dtype.ts";
export { DataFrameError } from "./errors.ts";
export type { DataFrameErrorCode } from "./errors.ts";
export { coalesce, col, count, lit } from "./expr/col.ts";
export type { Columns } from "./expr/columns.ts";
export type { CastOptions } from "./expr/expr.ts";
export { Expr } from "./expr/expr.ts";
export { when } from "./expr/when.ts";
export { GroupBy } from "./group-by.ts";
export type { ReadCsvOptions } from "./io/csv/csv-options.ts";
export type { WriteCsvOptions } from "./io/csv/write-csv-options.ts";
export type { ReadIpcOptions } from "./io/ipc/read-ipc-source.ts";
export type { WriteIpcOptions } from "./io/ipc/write-ipc-part.ts";
export type {
  ReadJsonLinesOptions,
  WriteJsonLinesOptions,
} from "./io/json-lines/json-lines-options.ts";
export type { ReadParquetOptions } from "./io/parquet/read-parquet-source.ts";
export { readArrow, readCsv, readJsonLines, readParquet } from "./read.ts";
export type { RowOf, SchemaOfRow } from "./rows/row-of.ts";
export type { PartitionInfo } from "./steps/callbacks.ts";
export type { AggregateOptions } from "./verbs/aggregate.ts";
export type { ExplainOptions } from "./verbs/explain.ts";
export type { CutOptions } from "./verbs/from.ts";
export type { SortOptions } from "./verbs/order.ts";
export type { PivotAggregate, PivotOptions } from "./verbs/pivot.ts";
export type { RepartitionOptions, ShuffleByOptions } from "./verbs/repartition.ts";
export type { SetIndexOptions } from "./verbs/set-index.ts";
export type { WriteFrameOptions } from "./verbs/write.ts";
export type { ParquetCompression, WriteParquetOptions } from "./io/parquet/write-parquet-part.ts";
export type { WriteMode } from "./io/write-mode.ts";

declare module "@millrace/graph" {
  interface CollectionKinds<T, S> {
    readonly dataframe: S extends Schema ? DataFrame<S> : DataFrame<SchemaOfRow<T>>;
  }
}

registerCollection("dataframe", (parts) => {
  const plan = planOfRows(parts);
  return plan instanceof Promise ? plan.then((one) => new DataFrame(one)) : new DataFrame(plan);
});
registerForm<DataFrame>({
  kind: "dataframe",
  test: (collection) => collection instanceof DataFrame,
  outlineOf: (frame) => outlineOf(planOf("publish", frame)),
  make: (outline, graph, keys) => new DataFrame(planOfOutline(outline, graph, keys)),
});
