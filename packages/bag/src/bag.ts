import type {
  Collection,
  Delayed,
  Key,
  LayeredGraph,
  RunOptions,
  VisualizeOptions,
} from "@millrace/graph";
import { compute, optimize, persist, visualize } from "@millrace/graph";
import type {
  Broadcast,
  Elements,
  ItemOf,
  Items,
  KeyFunction,
  KeyType,
  MaybePromise,
  NameOf,
  Plucked,
  PluckedAll,
  StarFunction,
} from "./callbacks.ts";
import { invalidArgument } from "./errors.ts";
import type { WriteFilesOptions } from "./io/write-files.ts";
import { writeFiles } from "./io/write-files.ts";
import type { Partitions } from "./partitions.ts";
import { partitionKeys, partitionsAt } from "./partitions.ts";
import type { PluckKey } from "./stage/ops.ts";
import { concatBlocks } from "./steps/blocks.ts";
import { accumulate } from "./verbs/accumulate.ts";
import { concat, product, zip } from "./verbs/combine.ts";
import { filter, flatMap, flatten, map, pluck, randomSample, starmap } from "./verbs/elements.ts";
import { foldBy } from "./verbs/fold-by.ts";
import type { FoldInto, FoldOptions } from "./verbs/fold.ts";
import { fold } from "./verbs/fold.ts";
import type { CountOptions, FromOptions } from "./verbs/from.ts";
import { from, fromDelayed, range } from "./verbs/from.ts";
import { distinct, frequencies, topk } from "./verbs/groups.ts";
import { join } from "./verbs/join.ts";
import { mapPartitions } from "./verbs/map-partitions.ts";
import { reduction } from "./verbs/reduction.ts";
import { repartition, repartitionBySize } from "./verbs/repartition.ts";
import { groupBy } from "./verbs/shuffle.ts";
import { count, extreme, mean, some, spread, sum } from "./verbs/statistics.ts";
import type { TakeOptions } from "./verbs/take.ts";
import { iterate, take } from "./verbs/take.ts";
import type { DataFrameOf } from "./verbs/to-data-frame.ts";
import { toDataFrame } from "./verbs/to-data-frame.ts";
import { toArray, toDelayed } from "./verbs/to-delayed.ts";

type Other<U> = Bag<U> | Iterable<U>;

/**
 * Partitions of plain values, lazily: methods describe work and give a new Bag, `compute` runs it.
 * A chain of element operations becomes one loop. Async callbacks overlap, 16 at a time, in order.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 *
 * const words = Bag.from(["a b", "b c b"]).flatMap((line) => line.split(" "));
 * await words.frequencies().topk(1, ([, n]) => n).compute(); // => [["b", 3]]
 * ```
 */
export class Bag<T> implements Collection<T[]> {
  readonly #partitions: Partitions;
  #outputKeys: readonly Key[] | undefined;

  /** Wraps blocks of a layer; bags come from `Bag.from`, `readText` and the methods. */
  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  /** The elements of an iterable, read now; boundary i of n is `floor(i · length / n)`. */
  static from<T>(iterable: Iterable<T>, options: FromOptions = {}): Bag<T> {
    return new Bag(from(iterable, options));
  }

  /** The numbers 0 … length - 1; none is made before a task needs it. */
  static range(length: number, options: CountOptions = {}): Bag<number> {
    return new Bag(range(length, options));
  }

  /** One partition for each lazy iterable. */
  static fromDelayed<P extends Items<unknown>>(parts: Iterable<Delayed<P>>): Bag<ItemOf<P>> {
    return new Bag(fromDelayed(parts));
  }

  /** All partitions of all bags, in order. */
  static concat<const B extends readonly Bag<unknown>[]>(bags: B): Bag<Elements<B>[number]>;
  static concat<T>(bags: readonly Bag<T>[]): Bag<T>;
  static concat(bags: readonly Bag<unknown>[]): unknown {
    return new Bag(concat(Bag.#all("Bag.concat", bags)));
  }

  /** Tuples of the elements of bags whose partitions are equally long. */
  static zip<const Bags extends readonly Bag<unknown>[]>(...bags: Bags): Bag<Elements<Bags>> {
    return new Bag(zip("Bag.zip", Bag.#all("Bag.zip", bags)));
  }

  /** How many partitions. */
  get npartitions(): number {
    return this.#partitions.npartitions;
  }

  /** The graph with this bag's tasks. */
  get graph(): LayeredGraph {
    return this.#partitions.graph;
  }

  /** The keys of the partitions, in order. */
  get outputKeys(): readonly Key[] {
    return (this.#outputKeys ??= partitionKeys(this.#partitions));
  }

  /** The elements of the partitions as one array. */
  finalize(parts: unknown[]): T[] {
    return concatBlocks(parts as T[][]) as T[];
  }

  /** The same bag on another graph, in which `outputKeys` hold its partitions. */
  withGraph(graph: LayeredGraph, outputKeys: readonly Key[]): Bag<T> {
    return new Bag(partitionsAt(graph, outputKeys));
  }

  /** All elements. @throws TaskError when a callback threw, CancelledError; see `compute` */
  compute(options?: RunOptions): Promise<T[]> {
    return compute<T[]>(this, options);
  }

  /** The same bag, computed now, its partitions held by the executor; see `persist`. */
  persist(options?: RunOptions): Promise<Bag<T>> {
    return persist(this as Bag<T>, options);
  }

  /** The same bag on its optimized graph; see `optimize`. */
  optimize(): Bag<T> {
    return optimize(this as Bag<T>);
  }

  /** The graph as text; see `visualize`. */
  visualize(options?: VisualizeOptions): string {
    return visualize(this, options);
  }

  /** Every element through `f`; what follows it are further arguments, lazy ones computed once. */
  map<R, B extends readonly unknown[] = []>(
    f: (item: T, ...broadcast: B) => R,
    ...broadcast: Broadcast<B>
  ): Bag<Awaited<R>> {
    return new Bag(map(this.#partitions, f, broadcast.map(Bag.#lazy)));
  }

  /** The elements that pass a test. */
  filter<U extends T>(p: (item: T) => item is U): Bag<U>;
  filter<B extends readonly unknown[] = []>(
    p: (item: T, ...broadcast: B) => unknown,
    ...broadcast: Broadcast<B>
  ): Bag<T>;
  filter(p: unknown, ...broadcast: readonly unknown[]): unknown {
    return new Bag(filter(this.#partitions, p, broadcast.map(Bag.#lazy), true));
  }

  /** The elements that do not pass a test. */
  remove<B extends readonly unknown[] = []>(
    p: (item: T, ...broadcast: B) => unknown,
    ...broadcast: Broadcast<B>
  ): Bag<T> {
    return new Bag(filter(this.#partitions, p, broadcast.map(Bag.#lazy), false));
  }

  /** All elements of the iterables (of a text: its characters) that `f` gives. */
  flatMap<U, B extends readonly unknown[] = []>(
    f: (item: T, ...broadcast: B) => MaybePromise<Items<U>>,
    ...broadcast: Broadcast<B>
  ): Bag<U> {
    return new Bag(flatMap(this.#partitions, f, broadcast.map(Bag.#lazy)));
  }

  /** The elements of the elements, one level. */
  flatten<U>(this: Bag<Items<U>>): Bag<U> {
    return new Bag(flatten(this.#partitions));
  }

  /** A property of every element, or an array of several; `fallback` where it is undefined. */
  pluck<K extends keyof T>(key: K): Bag<T[K]>;
  pluck<K extends NameOf<T>, D>(key: K, fallback: D): Bag<Plucked<T, K, D>>;
  pluck<const Ks extends readonly (keyof T)[]>(keys: Ks): Bag<PluckedAll<T, Ks>>;
  pluck<const Ks extends readonly NameOf<T>[], D>(keys: Ks, or: D): Bag<PluckedAll<T, Ks, D>>;
  pluck(key: PluckKey, ...fallback: readonly unknown[]): unknown {
    return new Bag(pluck(this.#partitions, key, fallback));
  }

  /** Every element, an array, as the arguments of `f`. */
  starmap<R>(f: StarFunction<T, R>): Bag<Awaited<R>> {
    return new Bag(starmap(this.#partitions, f));
  }

  /** Every partition, as an iterable, through `f`. */
  mapPartitions<U>(f: (items: Iterable<T>) => MaybePromise<Items<U>>): Bag<U> {
    return new Bag(mapPartitions(this.#partitions, f));
  }

  /**
   * Folds all elements in order; `combine` (default `f`) is associative, `initial` its identity,
   * which is checked. @throws BagError `bag/empty-reduction`, `bag/not-identity`
   */
  fold(f: (a: T, b: T) => MaybePromise<T>, options?: FoldOptions<T>): Delayed<T>;
  fold<A>(f: (acc: A, item: T) => MaybePromise<A>, options: FoldInto<A>): Delayed<A>;
  fold(f: unknown, options: object = {}): unknown {
    return fold(this.#partitions, f, options);
  }

  /** Folds the elements of each key, see {@link Bag.fold}: pairs in one partition. */
  foldBy<F extends KeyFunction<T>>(
    key: F,
    f: (a: T, b: T) => MaybePromise<T>,
    options?: FoldOptions<T>,
  ): Bag<[KeyType<T, F>, T]>;
  foldBy<F extends KeyFunction<T>, A>(
    key: F,
    f: (acc: A, item: T) => MaybePromise<A>,
    options: FoldInto<A>,
  ): Bag<[KeyType<T, F>, A]>;
  foldBy(key: unknown, f: unknown, options: object = {}): unknown {
    return new Bag(foldBy(this.#partitions, key, f, options));
  }

  /** The elements of each key together, in order: pairs, dealt out by the hash of the key. */
  groupBy<F extends KeyFunction<T>>(key: F, options: CountOptions = {}): Bag<[KeyType<T, F>, T[]]> {
    return new Bag(groupBy(this.#partitions, key, options));
  }

  /** A part of each partition, and from arrays of parts one, in a tree, `splitEvery` at a time. */
  reduction<P>(
    perPartition: (items: Iterable<T>) => MaybePromise<P>,
    aggregate: (parts: P[]) => MaybePromise<P>,
    options: { readonly splitEvery?: number } = {},
  ): Delayed<P> {
    return reduction(this.#partitions, perPartition, aggregate, options) as Delayed<P>;
  }

  /** Every intermediate value of a fold, `initial` first when given. Partitions run one by one. */
  accumulate(f: (acc: T, item: T) => MaybePromise<T>): Bag<T>;
  accumulate<A>(f: (acc: A, item: T) => MaybePromise<A>, initial: A): Bag<A>;
  accumulate(f: unknown, ...initial: readonly unknown[]): unknown {
    return new Bag(accumulate(this.#partitions, f, initial));
  }

  /** Pairs of each different element and how often it occurs, as first seen, in one partition. */
  frequencies(options: { readonly splitEvery?: number } = {}): Bag<[T, number]> {
    return new Bag(frequencies(this.#partitions, options));
  }

  /** The first element of each key (default: the element itself), in one partition. */
  distinct(key?: KeyFunction<T>): Bag<T> {
    return new Bag(distinct(this.#partitions, key));
  }

  /** The `k` elements with the largest keys, largest first, ties in order; one partition. */
  topk(k: number, key?: KeyFunction<T>): Bag<T> {
    return new Bag(topk(this.#partitions, k, key));
  }

  /** How many elements. */
  count(): Delayed<number> {
    return count(this.#partitions);
  }

  /** The sum of the numbers or bigints; of nothing 0. @throws BagError `bag/not-numeric` */
  sum(this: Bag<number>): Delayed<number>;
  sum(this: Bag<bigint>): Delayed<bigint>;
  sum(): unknown {
    return sum(this.#partitions);
  }

  /** The smallest element by `<`; NaN if there is one. @throws BagError `bag/empty-reduction` */
  min(): Delayed<T> {
    return extreme(this.#partitions, "min") as Delayed<T>;
  }

  /** The largest element by `>`; NaN if there is one. @throws BagError `bag/empty-reduction` */
  max(): Delayed<T> {
    return extreme(this.#partitions, "max") as Delayed<T>;
  }

  /** The arithmetic mean; of nothing NaN. @throws BagError `bag/not-numeric` */
  mean(this: Bag<number>): Delayed<number> {
    return mean(this.#partitions);
  }

  /** The variance with divisor `n - ddof` (default n); NaN where that is not positive. */
  variance(this: Bag<number>, ddof = 0): Delayed<number> {
    return spread(this.#partitions, "variance", ddof);
  }

  /** The square root of {@link Bag.variance}. */
  std(this: Bag<number>, ddof = 0): Delayed<number> {
    return spread(this.#partitions, "std", ddof);
  }

  /** Whether an element passes (default: is truthy); a partition stops at the first. */
  any(p?: (item: T) => unknown): Delayed<boolean> {
    return some(this.#partitions, p, true);
  }

  /** Whether every element passes (default: is truthy); a partition stops at one that fails. */
  all(p?: (item: T) => unknown): Delayed<boolean> {
    return some(this.#partitions, p, false);
  }

  /** Pairs `[this, other]` of elements with equal keys; one key function can serve both. */
  join<U>(other: Other<U>, on: KeyFunction<T | U>): Bag<[T, U]>;
  join<U>(other: Other<U>, onThis: KeyFunction<T>, onOther: KeyFunction<U>): Bag<[T, U]>;
  join<U>(other: Other<U>, onThis: unknown, onOther: unknown = onThis): unknown {
    const right =
      other instanceof Bag ? other.#partitions : from(other, { npartitions: 1 }, "join");
    return new Bag(join(this.#partitions, right, onThis, onOther));
  }

  /** All pairs `[this, other]`; partition `i · m + j` pairs partition i with partition j. */
  product<U>(other: Bag<U>): Bag<[T, U]> {
    return new Bag(product(this.#partitions, Bag.#of("product", other)));
  }

  /** Tuples of the elements of this bag and others whose partitions are equally long. */
  zip<const Bags extends readonly Bag<unknown>[]>(...others: Bags): Bag<[T, ...Elements<Bags>]> {
    return new Bag(zip("zip", [this.#partitions, ...Bag.#all("zip", others)]));
  }

  /** The first `k` elements, run now; partitions that are not needed are not run. */
  take(k: number, options: TakeOptions = {}): Promise<T[]> {
    return take(this.#partitions, k, options) as Promise<T[]>;
  }

  /** Each element with probability `prob`; the same ones for the same seed and partitions. */
  randomSample(prob: number, seed?: number): Bag<T> {
    return new Bag(randomSample(this.#partitions, prob, seed));
  }

  /** Exactly `npartitions` partitions, the elements in the same order. */
  repartition(options: { readonly npartitions: number }): Bag<T> {
    return new Bag(repartition(this.#partitions, options));
  }

  /** Partitions of at most about `size` bytes in memory; measures the data, so it runs now. */
  async repartitionBySize(size: number | string, options: RunOptions = {}): Promise<Bag<T>> {
    return new Bag(await repartitionBySize(this.#partitions, size, options));
  }

  /** One Delayed a partition. */
  toDelayed(): Delayed<T[]>[] {
    return toDelayed(this.#partitions) as Delayed<T[]>[];
  }

  /** The elements as rows of a frame; without a schema, data is looked at first: a Promise. */
  toDataFrame<R, const S = undefined>(this: Bag<R>, schema?: S): DataFrameOf<R, S> {
    return toDataFrame(this.#partitions, schema as S);
  }

  /** Writes one text file a partition now, a line an element; gives the paths. Pattern: one `*`. */
  toTextFiles(pattern: string, options: WriteFilesOptions = {}): Promise<string[]> {
    return writeFiles(this.#partitions, "toTextFiles", pattern, options);
  }

  /** Writes one file a partition now, a JSON text a line; gives the paths. Pattern: one `*`. */
  toJsonLines(pattern: string, options: WriteFilesOptions = {}): Promise<string[]> {
    return writeFiles(this.#partitions, "toJsonLines", pattern, options);
  }

  /** The elements in order, with options for the run; at most two partitions run ahead. */
  iterate(options: RunOptions = {}): AsyncGenerator<T> {
    return iterate(this.#partitions, options) as AsyncGenerator<T>;
  }

  /** Iteration as {@link Bag.iterate} without options. */
  [Symbol.asyncIterator](): AsyncGenerator<T> {
    return this.iterate();
  }

  /** What the console shows of a bag beside its class. */
  get [Symbol.toStringTag](): string {
    return `${this.npartitions} partitions of ${this.#partitions.layer}`;
  }

  static #of(api: string, bag: unknown): Partitions {
    if (bag instanceof Bag) return bag.#partitions;
    throw invalidArgument(api, "this is not a bag", bag, "a Bag", "Wrap it: Bag.from(…).");
  }

  /** A bag as one lazy array; other values as they are. */
  static #lazy(this: void, value: unknown): unknown {
    return value instanceof Bag ? toArray(value.#partitions) : value;
  }

  static #all(api: string, bags: readonly unknown[]): Partitions[] {
    if (Array.isArray(bags)) return bags.map((bag) => Bag.#of(api, bag));
    throw invalidArgument(api, "the bags must come as an array", bags, "an array of bags");
  }
}
