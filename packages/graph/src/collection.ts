import type { Key } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";

/**
 * Anything lazy: a graph, the keys that hold its result, and how the values of those keys become
 * the result. Implement it to write your own collection; every verb here then works on it.
 */
export interface Collection<T> {
  readonly graph: LayeredGraph;
  readonly outputKeys: readonly Key[];
  /** Makes the result of the values of `outputKeys`, in their order; see `onlyPart`. */
  finalize(parts: unknown[]): T | Promise<T>;
  /**
   * The same collection on another graph, in which `outputKeys` hold its result; `optimize` and
   * `persist` need it to give back a collection of the same class.
   */
  withGraph?(graph: LayeredGraph, outputKeys: readonly Key[]): Collection<T>;
  /**
   * The same collections, in their order, on graphs that were made for each other, so that what
   * several of them need is done once where that is worth it. `compute` and `persist` call it when
   * they get several collections with this very method, unless `optimize` is false; it is called on
   * the first of them. What comes back needs `finalize`, and `withGraph` if these have it.
   */
  optimizeTogether?(collections: readonly Collection<unknown>[]): readonly Collection<unknown>[];
}

/**
 * The `finalize` of a collection whose value is that of its one key. A task that is given such a
 * collection reads the key itself; for any other `finalize` a task of its own runs before.
 *
 * @example
 * ```ts
 * import { Delayed, LayeredGraph, MaterializedLayer, onlyPart } from "@millrace/graph";
 *
 * const graph = new LayeredGraph().withLayer(MaterializedLayer.values("day", ["Monday"]));
 * const day = { graph, outputKeys: ["day/0"], finalize: onlyPart<string> };
 * await Delayed.call((name: string) => name.length, [day]).compute(); // => 6
 * ```
 */
export function onlyPart<T>(parts: unknown[]): T {
  return parts[0] as T;
}

/** What `compute` gives for a collection. */
export type Computed<C> = C extends Collection<infer T> ? T : never;

/** What `persist` and `optimize` give: a collection that has `withGraph` stays what it is. */
export type Rebuilt<C> = C extends {
  withGraph(graph: LayeredGraph, outputKeys: readonly Key[]): unknown;
}
  ? C
  : Collection<Computed<C>>;

/**
 * Whether a value is lazy: has a graph, the keys of its result and a way to finish it.
 *
 * @example
 * ```ts
 * import { Delayed, isCollection } from "@millrace/graph";
 *
 * [isCollection(Delayed.value(1)), isCollection([1])]; // => [true, false]
 * ```
 */
export function isCollection(value: unknown): value is Collection<unknown> {
  if (typeof value !== "object" || value === null) return false;
  const parts = value as Partial<Collection<unknown>>;
  return typeof parts.finalize === "function" && "graph" in value && "outputKeys" in value;
}
