import { CallSite } from "./call-site.ts";
import type { Collection, Computed, Rebuilt } from "./collection.ts";
import { mergeGraphs } from "./call-graph.ts";
import { isCollection } from "./collection.ts";
import { invalidArgument } from "./errors.ts";
import type { Executor, ExecutorOptions, RunOptions } from "./executor.ts";
import type { Key } from "./key.ts";
import { LayeredGraph } from "./layered-graph.ts";
import { MaterializedLayer } from "./layers/materialized-layer.ts";
import { optimizedTogether } from "./optimize-together.ts";
import { optimizeLayers } from "./optimize/fuse-layers.ts";
import { optimizedFor } from "./optimize/optimized-for.ts";
import { prepareRun } from "./run.ts";

/**
 * The value of a collection, or of several at once: what they share runs once, and collections
 * with `optimizeTogether`, as frames, are planned for each other.
 *
 * The run goes merge → optimize → run → finalize; the executor writes the tasks out, fuses,
 * orders and runs them. Nothing is kept afterwards, see {@link persist}.
 *
 * @param options.executor - who runs it; default `getDefaultExecutor()`
 * @param options.optimize - false runs the graph exactly as it was built
 * @param options.signal - aborting it rejects with a CancelledError
 * @param options.onProgress - called at the start, now and then, and at the end; see `progressBar`
 * @throws TaskError when user code threw (its `cause` is what was thrown), CancelledError,
 * GraphError
 * @example
 * ```ts
 * import { Delayed, compute } from "@millrace/graph";
 *
 * const two = Delayed.call((x: number) => x + 1, [1]);
 * const three = Delayed.call((x: number) => x + 1, [two]);
 * await compute([two, three]); // => [2, 3]
 * ```
 */
export function compute<T>(collection: Collection<T>, options?: RunOptions): Promise<T>;
export function compute<const Cs extends readonly Collection<unknown>[]>(
  collections: Cs,
  options?: RunOptions,
): Promise<{ -readonly [I in keyof Cs]: Computed<Cs[I]> }>;
export async function compute(
  target: Collection<unknown> | readonly Collection<unknown>[],
  options: RunOptions = {},
): Promise<unknown> {
  const collections = checkCollections("compute", target);
  const prepared = prepareRun("compute", options);
  const site = new CallSite(compute);
  try {
    const values = await computeAll(collections, prepared.executor, prepared.options);
    return isCollection(target) ? values[0] : values;
  } catch (error) {
    throw site.tell(error);
  }
}

async function computeAll(
  collections: readonly Collection<unknown>[],
  executor: Executor,
  options: ExecutorOptions,
): Promise<unknown[]> {
  const together = inOneRun("compute", collections, options);
  const { keys, graph } = together;
  const parts = await executor.run(graph, keys, options);
  return Promise.all(
    // Each is async, so that one which throws leaves no rejection of another behind.
    splitParts(together.collections, parts).map(async (own, i) =>
      (collections[i] as Collection<unknown>).finalize(own),
    ),
  );
}

/** Collections as one graph, and the keys of all of them. */
interface Together {
  readonly collections: readonly Collection<unknown>[];
  readonly graph: LayeredGraph;
  readonly keys: readonly Key[];
}

function inOneRun(
  api: string,
  given: readonly Collection<unknown>[],
  options: ExecutorOptions,
): Together {
  const { optimize: isWanted = true } = options;
  const collections = isWanted ? optimizedTogether(api, given) : given;
  const merged = mergeGraphs(collections);
  const keys = keysOf(api, collections, merged);
  return { collections, graph: optimizedFor(merged, keys, options), keys };
}

/** The keys of all collections, looked for while the caller's line is near. */
function keysOf(
  api: string,
  collections: readonly Collection<unknown>[],
  graph: LayeredGraph,
): readonly Key[] {
  return graph.checkKeys(
    api,
    collections.flatMap(({ outputKeys }) => outputKeys),
  );
}

/** Each collection's own parts. */
function splitParts<P>(collections: readonly Collection<unknown>[], parts: readonly P[]): P[][] {
  let start = 0;
  return collections.map(({ outputKeys }) => parts.slice(start, (start += outputKeys.length)));
}

function checkCollections(
  api: string,
  target: Collection<unknown> | readonly Collection<unknown>[],
): readonly Collection<unknown>[] {
  const collections = isCollection(target) ? [target] : target;
  if (!Array.isArray(collections)) {
    throw invalidArgument(api, "nothing lazy", target, "a collection or an array of collections");
  }
  collections.forEach((collection: unknown, i) => {
    if (isCollection(collection)) return;
    throw invalidArgument(api, `entry ${i} is not lazy`, collection, "a collection");
  });
  return collections as readonly Collection<unknown>[];
}

/**
 * The same collection, run now, its results held by the executor: what derives from it starts
 * there. Several collections at once share their work.
 *
 * @throws as {@link compute}
 * @example
 * ```ts
 * import { Delayed, persist } from "@millrace/graph";
 *
 * let calls = 0;
 * const kept = await persist(Delayed.call(() => ++calls, []));
 * await kept.compute();
 * await kept.compute(); // => 1
 * ```
 */
export function persist<C extends Collection<unknown>>(
  collection: C,
  options?: RunOptions,
): Promise<Rebuilt<C>>;
export function persist<const Cs extends readonly Collection<unknown>[]>(
  collections: Cs,
  options?: RunOptions,
): Promise<{ -readonly [I in keyof Cs]: Rebuilt<Cs[I]> }>;
export async function persist(
  target: Collection<unknown> | readonly Collection<unknown>[],
  options: RunOptions = {},
): Promise<unknown> {
  const collections = checkCollections("persist", target);
  const prepared = prepareRun("persist", options);
  const site = new CallSite(persist);
  try {
    const rebuilt = await persistAll(collections, prepared.executor, prepared.options);
    return isCollection(target) ? rebuilt[0] : rebuilt;
  } catch (error) {
    throw site.tell(error);
  }
}

async function persistAll(
  collections: readonly Collection<unknown>[],
  executor: Executor,
  options: ExecutorOptions,
): Promise<Collection<unknown>[]> {
  const { collections: all, graph, keys } = inOneRun("persist", collections, options);
  return executor.persist === undefined
    ? heldHere(all, await executor.run(graph, keys, options))
    : heldThere(all, await executor.persist(graph, keys, options));
}

let persistCount = 0;
const processToken = crypto.randomUUID().slice(0, 8);

/**
 * The collections on values kept in this process. Each has a layer of its own, so that the values
 * of one can go while another lives.
 */
function heldHere(
  collections: readonly Collection<unknown>[],
  values: unknown[],
): Collection<unknown>[] {
  return splitParts(collections, values).map((own, i) => {
    const layer = MaterializedLayer.values(`persisted-${processToken}-${persistCount++}`, own);
    const keys = Array.from(own, (_, k) => layer.keys.at(k));
    const graph = new LayeredGraph().withLayer(layer);
    return rebuild(collections[i] as Collection<unknown>, graph, keys);
  });
}

/** The collections on values that their executor keeps. */
function heldThere(
  collections: readonly Collection<unknown>[],
  { graph, keys }: { readonly graph: LayeredGraph; readonly keys: readonly Key[] },
): Collection<unknown>[] {
  return splitParts(collections, keys).map((own, i) =>
    rebuild(collections[i] as Collection<unknown>, optimizeLayers(graph, own), own),
  );
}

function rebuild(
  collection: Collection<unknown>,
  graph: LayeredGraph,
  outputKeys: readonly Key[],
): Collection<unknown> {
  return (
    collection.withGraph?.(graph, outputKeys) ?? {
      graph,
      outputKeys,
      finalize: (parts) => collection.finalize(parts),
    }
  );
}

/**
 * The same collection on its optimized graph: what `compute` would run, to look at or to keep.
 *
 * @example
 * ```ts
 * import { Delayed, optimize } from "@millrace/graph";
 *
 * await optimize(Delayed.call(() => 1, [])).compute(); // => 1
 * ```
 */
export function optimize<C extends Collection<unknown>>(collection: C): Rebuilt<C> {
  checkCollections("optimize", collection);
  const { graph } = collection;
  const keys = keysOf("optimize", [collection], graph);
  return rebuild(collection, optimizeLayers(graph, keys), keys) as Rebuilt<C>;
}
