// What the class delegates to, a verb a function from plans to plans or results.
export { advised } from "./advice.ts";
export { aggregateBy, describe, nUnique, unique, valueCounts } from "./aggregate.ts";
export type { AggregateOptions } from "./aggregate.ts";
export { finalizer, toBag, toDelayed, toRows } from "./bridges.ts";
export { explain } from "./explain.ts";
export type { ExplainOptions } from "./explain.ts";
export { fromDelayedTables, fromObjects, fromTable } from "./from.ts";
export type { CutOptions } from "./from.ts";
export { kept } from "./keep.ts";
export { mapBlocks } from "./map.ts";
export { first, last, sampleRows, sortBy, topkBy } from "./order.ts";
export type { SortOptions } from "./order.ts";
export { blocksAt, partitionsAt } from "./partitions.ts";
export { pivot } from "./pivot.ts";
export type { PivotOptions } from "./pivot.ts";
export {
  castColumns,
  drop,
  dropNulls,
  fillNull,
  filterBy,
  rename,
  select,
  withColumns,
} from "./project.ts";
export { boundsOf, repartitionBy, repartitionBySize, shuffleOn } from "./repartition.ts";
export type { Bound, RepartitionOptions, ShuffleByOptions } from "./repartition.ts";
export { setIndex } from "./set-index.ts";
export type { SetIndexOptions } from "./set-index.ts";
export { batchesOf } from "./stream.ts";
export { together } from "./together.ts";
export { toArrow, toCsv, toJsonLines, toParquet } from "./write.ts";
export type {
  ToArrowOptions,
  ToCsvOptions,
  ToJsonLinesOptions,
  ToParquetOptions,
  WriteFrameOptions,
} from "./write.ts";
export { explode } from "../plan/rows.ts";
export type { PartitionInfo } from "../steps/callbacks.ts";
