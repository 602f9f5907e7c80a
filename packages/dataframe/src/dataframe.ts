import type {
  Collection,
  CollectionOf,
  Delayed,
  Key,
  LayeredGraph,
  RunOptions,
  VisualizeOptions,
} from "@millrace/graph";
import { compute, optimize, persist, visualize } from "@millrace/graph";
import type { RecordBatch, Table } from "apache-arrow";
import type { BatchOf, TableOf } from "./arrow/arrow-of.ts";
import type { Schema } from "./dtype.ts";
import { invalidArgument } from "./errors.ts";
import type { CastOptions, Expr } from "./expr/expr.ts";
import type { BoolType } from "./expr/result-type.ts";
import { GroupBy } from "./group-by.ts";
import { partitionKeys } from "./lower/partitions.ts";
import { physicalPlan, type Physical } from "./lower/physical.ts";
import type { PlanNode } from "./plan/node.ts";
import type { RowOf, SchemaOfRow } from "./rows/row-of.ts";
import type {
  Cast,
  Cell,
  CellSchema,
  Cells,
  CellsOf,
  ColumnName,
  Counts,
  Dropped,
  Exploded,
  NewNames,
  OfColumns,
  OneOrMore,
  Renamed,
  Replaced,
  Selected,
  ValueCounts,
} from "./schemas.ts";
import * as verbs from "./verbs/index.ts";

let planIn: (frame: DataFrame) => PlanNode;

/**
 * Columns over partitions, lazily: methods describe work and give a new frame, `compute` runs it.
 * Expressions are checked at the caller's line. A plan is rewritten before it runs: filters and
 * columns move into the files, chains become one compiled loop. Rows keep their order.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 *
 * const flights = DataFrame.fromRows([
 *   { carrier: "AA", delay: 20 },
 *   { carrier: "BB", delay: 5 },
 *   { carrier: "AA", delay: 40 },
 * ]);
 * const late = flights.filter((c) => c.delay.gt(15)).groupBy("carrier");
 * await late.agg((c) => ({ mean: c.delay.mean() })).toRows(); // => [{ carrier: "AA", mean: 30 }]
 * ```
 */
export class DataFrame<S extends Schema = Schema> implements Collection<TableOf<S>> {
  /** The schema, for the type checker alone. */
  declare readonly "~schema"?: S;
  /** The partitions as one Arrow Table, a record batch each. */
  readonly finalize: (parts: unknown[]) => Promise<TableOf<S>>;
  readonly #plan: PlanNode;
  #outputKeys: readonly Key[] | undefined;

  static {
    planIn = (frame) => frame.#plan;
  }

  /** The frame of a plan; frames come from readers, `DataFrame.from…` and the methods. */
  constructor(plan: PlanNode) {
    this.#plan = verbs.advised(plan);
    this.finalize = verbs.finalizer(this.#plan.fields);
  }

  /** The rows of an Arrow Table; memory is shared, so it must not change afterwards. */
  static fromArrow<S extends Schema = Schema>(
    table: Table | RecordBatch | readonly RecordBatch[],
    options: verbs.CutOptions = {},
  ): DataFrame<S> {
    return new DataFrame(verbs.fromTable(table, options));
  }

  /** One row an object; see {@link RowOf} for dtypes. @throws `dataframe/bad-row` */
  static fromRows<const T extends Schema>(
    rows: Iterable<object>,
    options: verbs.CutOptions & { readonly schema: T },
  ): DataFrame<T>;
  static fromRows<R extends object>(
    rows: Iterable<R>,
    cut?: verbs.CutOptions,
  ): DataFrame<SchemaOfRow<R>>;
  static fromRows(rows: Iterable<object>, options: object = {}): unknown {
    return new DataFrame(verbs.fromObjects(rows, options));
  }

  /** One partition for each lazy Arrow Table, all with the columns of the schema. */
  static fromDelayed<const T extends Schema>(
    parts: Iterable<Delayed<Table>>,
    options: { readonly schema: T },
  ): DataFrame<T> {
    return new DataFrame(verbs.fromDelayedTables(parts, options));
  }

  /** The dtype of each column. */
  get schema(): S {
    return Object.fromEntries(this.#plan.fields.map(({ name, dtype }) => [name, dtype])) as never;
  }

  /** The names of the columns, in order. */
  get columns(): ColumnName<S>[] {
    return this.#plan.fields.map(({ name }) => name as ColumnName<S>);
  }

  /** How many partitions. */
  get npartitions(): number {
    return this.#plan.layout.npartitions;
  }

  /** The column that partitions are sorted by, where there is one. */
  get index(): ColumnName<S> | undefined {
    return this.#plan.layout.index as ColumnName<S> | undefined;
  }

  /** Bounds of the index, one more than partitions, where they are known. */
  get divisions(): readonly verbs.Bound[] | undefined {
    return verbs.boundsOf(this.#plan);
  }

  /** The layers that compute the frame, after its plan was optimized. */
  get graph(): LayeredGraph {
    return this.#physical.partitions.graph;
  }

  /** The keys of the partitions, in order. */
  get outputKeys(): readonly Key[] {
    return (this.#outputKeys ??= partitionKeys(this.#physical.partitions));
  }

  /** The same frame on another graph, in which `outputKeys` hold its partitions. */
  withGraph(graph: LayeredGraph, outputKeys: readonly Key[]): DataFrame<S> {
    return new DataFrame(verbs.blocksAt(this.#physical.plan, graph, outputKeys));
  }

  /** Frames on graphs in which what several of them need is done once; `compute` calls it. */
  optimizeTogether(frames: readonly DataFrame[]): readonly Collection<unknown>[] {
    return verbs.together(frames.map(planIn), (plan) => new DataFrame(plan));
  }

  /** All rows as an Arrow Table. @throws DataFrameError, TaskError, CancelledError */
  compute(options?: RunOptions): Promise<TableOf<S>> {
    return compute<TableOf<S>>(this, options);
  }

  /** The same frame, computed now, held by the executor with texts that repeat stored once. */
  persist(options?: RunOptions): Promise<DataFrame<S>> {
    return persist(new DataFrame<S>(verbs.kept(this.#plan)), options);
  }

  /** The same frame on its optimized graph; see `optimize`. */
  optimize(): DataFrame<S> {
    return optimize(this as DataFrame<S>);
  }

  /** The graph as text; see `visualize`. */
  visualize(options?: VisualizeOptions): string {
    return visualize(this, options);
  }

  /** The plan as written, as it runs, and its stages with their tasks; `code` adds their loops. */
  explain(options: verbs.ExplainOptions = {}): string {
    return verbs.explain(this.#plan, options);
  }

  /** Some columns, by name or made of expressions: `select((c) => ({ z: c.a.mul(2) }))`. */
  select<const K extends readonly ColumnName<S>[]>(...names: K): DataFrame<Selected<S, K[number]>>;
  select<const O extends Cells>(cells: CellsOf<S, O>): DataFrame<CellSchema<O>>;
  select(...cells: readonly (ColumnName<S> | Expr)[]): DataFrame;
  select(...given: readonly unknown[]): unknown {
    return new DataFrame(verbs.select(this.#plan, given));
  }

  /** All columns, and more made of expressions; one of a known name replaces it in its place. */
  withColumns<const O extends Cells>(cells: CellsOf<S, O>): DataFrame<Replaced<S, CellSchema<O>>> {
    return new DataFrame(verbs.withColumns(this.#plan, cells));
  }

  /** The rows for which a predicate is true; null is not. */
  filter<T extends Schema>(
    this: DataFrame<T>,
    predicate: Expr<BoolType> | OfColumns<T, Expr<BoolType>>,
  ): DataFrame<T> {
    return new DataFrame(verbs.filterBy(this.#plan, predicate));
  }

  /** All columns but some. */
  drop<const K extends readonly ColumnName<S>[]>(...names: K): DataFrame<Dropped<S, K[number]>> {
    return new DataFrame(verbs.drop(this.#plan, names));
  }

  /** Columns under other names, where they stand: `rename({ old: "new" })`. */
  rename<const M extends NewNames<S>>(names: M): DataFrame<Renamed<S, M>> {
    return new DataFrame(verbs.rename(this.#plan, names));
  }

  /** Columns as other dtypes: `cast({ n: int32 })`; `strict: false` gives null for what cannot. */
  cast<const T extends { readonly [K in ColumnName<S>]?: Schema[string] }>(
    dtypes: T,
    options: CastOptions = {},
  ): DataFrame<Replaced<S, Cast<T>>> {
    return new DataFrame(verbs.castColumns(this.#plan, dtypes, options));
  }

  /** The rows with a value in all columns, or in those named. */
  dropNulls(...names: readonly ColumnName<S>[]): DataFrame<S> {
    return new DataFrame(verbs.dropNulls(this.#plan, names));
  }

  /** A value in the place of null: in all columns that can hold it, or by column. */
  fillNull(value: Exclude<Cell, Expr> | { readonly [K in ColumnName<S>]?: Cell }): DataFrame<S> {
    return new DataFrame(verbs.fillNull(this.#plan, value));
  }

  /** The first row of each combination of values, of all columns or some, in one partition. */
  unique(
    columns?: OneOrMore<ColumnName<S>>,
    options: Pick<verbs.AggregateOptions, "splitEvery"> = {},
  ): DataFrame<S> {
    return new DataFrame(verbs.unique(this.#plan, columns, options));
  }

  /** Rows in order of columns, all partitions as one; stable, nulls last by default. */
  sort(by: OneOrMore<ColumnName<S>>, options: verbs.SortOptions = {}): DataFrame<S> {
    return new DataFrame(verbs.sortBy(this.#plan, by, options));
  }

  /** The `n` rows with the largest values, largest first, in one partition. */
  topk(n: number, by: OneOrMore<ColumnName<S>>, options: verbs.SortOptions = {}): DataFrame<S> {
    return new DataFrame(verbs.topkBy(this.#plan, n, by, options));
  }

  /** The first `n` rows, of all partitions, in one. */
  head(n = 5): DataFrame<S> {
    return new DataFrame(verbs.first(this.#plan, n, "head"));
  }

  /** The first `n` rows, of all partitions, in one. */
  limit(n: number): DataFrame<S> {
    return new DataFrame(verbs.first(this.#plan, n, "limit"));
  }

  /** The last `n` rows, of all partitions, in one. */
  tail(n = 5): DataFrame<S> {
    return new DataFrame(verbs.last(this.#plan, n));
  }

  /** Each row with a probability; the same ones for the same seed and partitions. */
  sample(fraction: number, seed?: number): DataFrame<S> {
    return new DataFrame(verbs.sampleRows(this.#plan, fraction, seed));
  }

  /** Rows by the values of columns, for `agg`; without columns all rows are one group. */
  groupBy<const K extends readonly ColumnName<S>[]>(...keys: K): GroupBy<S, K[number]> {
    return new GroupBy(this.#plan, keys, (plan) => new DataFrame(plan));
  }

  /** One row with aggregates of all rows; see {@link GroupBy.agg}. */
  agg<const O extends Cells>(aggregates: CellsOf<S, O>): DataFrame<CellSchema<O>> {
    return new DataFrame(verbs.aggregateBy(this.#plan, [], aggregates, {}));
  }

  /** Each value of a column and its `count`, the most frequent first. */
  valueCounts<K extends ColumnName<S>>(column: K): DataFrame<ValueCounts<S, K>> {
    return new DataFrame(verbs.valueCounts(this.#plan, column));
  }

  /** How many different values each column has: one row. */
  nUnique<K extends ColumnName<S>>(...names: readonly K[]): DataFrame<Counts<K>> {
    return new DataFrame(verbs.nUnique(this.#plan, names));
  }

  /** Count, mean, deviation, extremes and quartiles of all columns of numbers, a row each. */
  describe(): DataFrame {
    return new DataFrame(verbs.describe(this.#plan));
  }

  /** One row an item of a list column; a list without items gives a row with null. */
  explode<K extends ColumnName<S>>(column: K): DataFrame<Exploded<S, K>> {
    return new DataFrame(verbs.explode(this.#plan, column));
  }

  /** One column a category, each the aggregate of a value; see {@link verbs.PivotOptions}. */
  pivot(options: verbs.PivotOptions<ColumnName<S>>): DataFrame {
    return new DataFrame(verbs.pivot(this.#plan, options));
  }

  /** Each partition, an Arrow Table, through `fn`, also async, to the columns of a schema. */
  mapPartitions<const T extends Schema>(
    fn: (table: TableOf<S>, info: verbs.PartitionInfo) => Table | Promise<Table>,
    options: { readonly schema: T },
  ): DataFrame<T> {
    return new DataFrame(verbs.mapBlocks(this.#plan, "table", fn, options));
  }

  /** Each row, an object, through `fn`, which may be async, to the columns of a schema. */
  mapRows<const T extends Schema>(
    fn: (row: RowOf<S>, info: verbs.PartitionInfo) => object | Promise<object>,
    options: { readonly schema: T },
  ): DataFrame<T> {
    return new DataFrame(verbs.mapBlocks(this.#plan, "row", fn, options));
  }

  /** The same rows in order in other partitions; nothing is computed: see the options. */
  repartition(options: verbs.RepartitionOptions): DataFrame<S> {
    return new DataFrame(verbs.repartitionBy(this.#plan, options));
  }

  /** Partitions of at most about `size` bytes; measures the data, so it runs now. */
  async repartitionBySize(size: number | string, options: RunOptions = {}): Promise<DataFrame<S>> {
    return new DataFrame(await verbs.repartitionBySize(this.#plan, size, options));
  }

  /** Rows dealt out by the hash of columns: equal ones come together. */
  shuffle(options: verbs.ShuffleByOptions<ColumnName<S>>): DataFrame<S> {
    return new DataFrame(verbs.shuffleOn(this.#plan, options));
  }

  /** Rows sorted by a column over partitions with known divisions; runs now where it must look. */
  async setIndex(
    column: ColumnName<S>,
    options: verbs.SetIndexOptions = {},
  ): Promise<DataFrame<S>> {
    return new DataFrame(await verbs.setIndex(this.#plan, column, options));
  }

  /** Some partitions by number, from the end where it is negative. */
  partitions(numbers: number | readonly number[]): DataFrame<S> {
    return new DataFrame(verbs.partitionsAt(this.#plan, numbers));
  }

  /** One record batch a partition, in order, with bounded look-ahead. */
  batches(options: RunOptions = {}): AsyncGenerator<BatchOf<S>> {
    return verbs.batchesOf(this.#physical.partitions, this.#plan.fields, options);
  }

  /** All rows as objects. */
  toRows(options: RunOptions = {}): Promise<RowOf<S>[]> {
    return verbs.toRows(this.#physical, options) as Promise<RowOf<S>[]>;
  }

  /** One Delayed of an Arrow Table a partition. */
  toDelayed(): Delayed<TableOf<S>>[] {
    return verbs.toDelayed(this.#physical);
  }

  /** A Bag of rows as objects, with the same partitions; needs `@millrace/bag`. */
  toBag(): CollectionOf<"bag", RowOf<S>> {
    return verbs.toBag(this.#physical);
  }

  /** Writes one CSV file a partition now; gives the paths. Pattern: one `*`. */
  toCsv(pattern: string, options: verbs.ToCsvOptions = {}): Promise<string[]> {
    return verbs.toCsv(this.#physical, pattern, options);
  }

  /** Writes one Parquet file a partition now; gives the paths. Pattern: one `*`. */
  toParquet(pattern: string, options: verbs.ToParquetOptions = {}): Promise<string[]> {
    return verbs.toParquet(this.#physical, pattern, options);
  }

  /** Writes one Arrow IPC file a partition now; gives the paths. Pattern: one `*`. */
  toArrow(pattern: string, options: verbs.ToArrowOptions = {}): Promise<string[]> {
    return verbs.toArrow(this.#physical, pattern, options);
  }

  /** Writes one file a partition now, a JSON object a row; gives the paths. Pattern: one `*`. */
  toJsonLines(pattern: string, options: verbs.ToJsonLinesOptions = {}): Promise<string[]> {
    return verbs.toJsonLines(this.#physical, pattern, options);
  }

  get #physical(): Physical {
    return physicalPlan(this.#plan);
  }
}

/** The plan of a frame; `api` is what it was given to. */
export function planOf(api: string, frame: unknown): PlanNode {
  if (frame instanceof DataFrame) return planIn(frame);
  throw invalidArgument(api, "this is no frame", frame, "a DataFrame");
}
