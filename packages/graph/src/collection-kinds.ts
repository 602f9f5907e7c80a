import { GraphError, quoteValue } from "./errors.ts";
import type { LayeredGraph } from "./layered-graph.ts";

/**
 * The classes of collections that packages add, by name, for `T` the values of one element and
 * `S` a schema. A package adds its class here and gives `registerCollection` a way to make one;
 * so packages that do not import each other can still give each other's collections.
 *
 * @example
 * ```ts
 * import type { CollectionKinds } from "@millrace/graph";
 * import "@millrace/bag";
 *
 * const kind: keyof CollectionKinds<number, unknown> = "bag";
 * kind; // => "bag"
 * ```
 */
// oxlint-disable-next-line no-unused-vars -- packages that add a class use the parameters
export interface CollectionKinds<T, S> {}

/**
 * The collection of a kind, where its package is there.
 *
 * @example
 * ```ts
 * import type { CollectionOf } from "@millrace/graph";
 * import { Bag } from "@millrace/bag";
 *
 * const numbers: CollectionOf<"bag", number> = Bag.from([1, 2]);
 * await numbers.compute(); // => [1, 2]
 * ```
 */
export type CollectionOf<Kind extends string, T, S = unknown> = Kind extends keyof CollectionKinds<
  T,
  S
>
  ? CollectionKinds<T, S>[Kind]
  : never;

/**
 * What a collection is made of: the first `npartitions` values of a layer, each an array of
 * elements, and the schema that was asked for, if one was.
 *
 * @example
 * ```ts
 * import { LayeredGraph, MaterializedLayer, makeCollection } from "@millrace/graph";
 * import type { CollectionParts } from "@millrace/graph";
 * import "@millrace/bag";
 *
 * const graph = new LayeredGraph().withLayer(MaterializedLayer.values("words", [["to", "be"]]));
 * const parts: CollectionParts = { graph, layer: "words", npartitions: 1 };
 * await makeCollection<"bag", string>("toBag", "bag", parts).compute(); // => ["to", "be"]
 * ```
 */
export interface CollectionParts {
  readonly graph: LayeredGraph;
  readonly layer: string;
  readonly npartitions: number;
  readonly schema?: unknown;
}

const makers = new Map<string, (parts: CollectionParts) => unknown>();

/**
 * Makes a kind of collection available to packages that do not know its class: `make` gives one, or
 * a Promise of one where it has to look at the data first.
 *
 * @example
 * ```ts
 * import { registerCollection } from "@millrace/graph";
 *
 * declare module "@millrace/graph" {
 *   interface CollectionKinds<T, S> {
 *     layerName: string;
 *   }
 * }
 *
 * registerCollection("layerName", ({ layer }) => layer);
 * ```
 */
export function registerCollection<Kind extends keyof CollectionKinds<unknown, unknown>>(
  kind: Kind,
  make: (parts: CollectionParts) => unknown,
): void {
  makers.set(kind, make);
}

/**
 * A collection of a kind whose class the caller does not import.
 *
 * @param api - whom the error names
 * @throws GraphError `graph/unknown-collection` when its package was not imported
 * @example
 * ```ts
 * import { LayeredGraph, MaterializedLayer, makeCollection } from "@millrace/graph";
 * import "@millrace/bag";
 *
 * const graph = new LayeredGraph().withLayer(MaterializedLayer.values("numbers", [[1, 2], [3]]));
 * const parts = { graph, layer: "numbers", npartitions: 2 };
 * await makeCollection<"bag", number>("toBag", "bag", parts).sum().compute(); // => 6
 * ```
 */
export function makeCollection<Kind extends string, T, S = unknown>(
  api: string,
  kind: Kind,
  parts: CollectionParts,
): CollectionOf<Kind, T, S> {
  const make = makers.get(kind);
  if (make !== undefined) return make(parts) as CollectionOf<Kind, T, S>;
  throw new GraphError(
    "graph/unknown-collection",
    `${api}: no package has added this kind of collection, got ${quoteValue(kind)}, wanted one of ` +
      `${[...makers.keys()].map(quoteValue).join(", ") || "none"}. Import @millrace/${kind} first.`,
  );
}
