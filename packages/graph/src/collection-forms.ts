import type { Collection } from "./collection.ts";
import { GraphError, quoteValue } from "./errors.ts";
import type { Key } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";

/**
 * How the collections of a class are written down without their graphs, so that another process
 * can make the same of a graph that holds the same values.
 *
 * @example
 * ```ts
 * import type { CollectionForm } from "@millrace/graph";
 * import { Delayed } from "@millrace/graph";
 *
 * const form: CollectionForm = {
 *   kind: "delayed",
 *   test: (collection) => collection instanceof Delayed,
 *   outlineOf: () => undefined,
 *   make: (_outline, graph, [key]) => Delayed.value(0).withGraph(graph, [key as string]),
 * };
 * form.test(Delayed.value(1)); // => true
 * ```
 */
export interface CollectionForm<C extends Collection<unknown> = Collection<unknown>> {
  /** Names the form in all processes: the name of the package that has the class. */
  readonly kind: string;
  /** Whether a collection is of this class. */
  test(collection: unknown): boolean;
  /** What is left of a collection without its graph: plain data. */
  outlineOf(collection: C): unknown;
  /** The same collection on a graph in which `keys` hold its values. */
  make(outline: unknown, graph: LayeredGraph, keys: readonly Key[]): C;
}

const forms = new Map<string, CollectionForm>();

/**
 * Makes the collections of a class known to executors that give them to other processes.
 * Registering a kind again replaces its form.
 *
 * @example
 * ```ts
 * import { formNamed, registerForm } from "@millrace/graph";
 * import { Bag } from "@millrace/bag";
 *
 * registerForm({ ...formNamed("example", "bag"), kind: "words" });
 * formNamed("example", "words").test(Bag.from(["to"])); // => true
 * ```
 */
export function registerForm<C extends Collection<unknown>>(form: CollectionForm<C>): void {
  forms.set(form.kind, form);
}

/**
 * The form of a collection; undefined where its class has registered none.
 *
 * @example
 * ```ts
 * import { Delayed, formOf } from "@millrace/graph";
 *
 * formOf(Delayed.value(1))?.kind; // => "delayed"
 * ```
 */
export function formOf(collection: unknown): CollectionForm | undefined {
  let found: CollectionForm | undefined;
  for (const form of forms.values()) if (form.test(collection)) found = form;
  return found;
}

/**
 * The form that is registered under a kind.
 *
 * @param api - whom the error names
 * @throws GraphError `graph/unknown-collection` when its package was not imported
 * @example
 * ```ts
 * import { formNamed } from "@millrace/graph";
 *
 * formNamed("example", "delayed").kind; // => "delayed"
 * ```
 */
export function formNamed(api: string, kind: string): CollectionForm {
  const form = forms.get(kind);
  if (form !== undefined) return form;
  throw new GraphError(
    "graph/unknown-collection",
    `${api}: no package has added this kind of collection, got ${quoteValue(kind)}, wanted one of ` +
      `${[...forms.keys()].map(quoteValue).join(", ")}. Import @millrace/${kind} first.`,
  );
}
