import { mergeAnnotations, withoutAnnotations } from "./annotations.ts";
import type { Key } from "./key.ts";
import { LayeredGraph } from "./layered-graph.ts";
import { MaterializedLayer } from "./layers/materialized-layer.ts";
import { functionLabel } from "./program.ts";
import { samePrograms } from "./same-task.ts";
import type { ParsedEntry } from "./task.ts";
import { keyConflict } from "./task-graph.ts";
import { tokenize } from "./tokenize.ts";

/** One lazy call and what it reads. */
interface Call {
  readonly kind: "call";
  readonly key: Key;
  readonly entry: ParsedEntry;
  readonly inputs: readonly CallNode[];
}

/** A lazy call, or a value that a graph has. */
export type CallNode =
  Call | { readonly kind: "value"; readonly key: Key; readonly graph: LayeredGraph };

const nodes = new WeakMap<object, CallNode>();

/** Says that a collection is the value of a call, whose graph can be written with others'. */
export function setCallNode(collection: object, node: CallNode): void {
  nodes.set(collection, node);
}

/**
 * One graph of what several collections need; layers that they share are in it once. All calls
 * below them stand in one layer, so that the cost grows with the calls, not with calls a value.
 *
 * @throws GraphError `graph/key-conflict` when two different layers have one name
 * @example
 * ```ts
 * import { Delayed, mergeGraphs } from "@millrace/graph";
 *
 * const one = Delayed.value(1, { name: "one" });
 * const two = Delayed.call((x: number) => x + 1, [one], { name: "two" });
 * mergeGraphs([one, two]).materialize().keys(); // => ["one", "two"]
 * ```
 */
export function mergeGraphs(
  collections: readonly { readonly graph: LayeredGraph }[],
): LayeredGraph {
  const calls = collections.filter((collection) => nodes.has(collection));
  // The graph of a single one is kept with it.
  const isOne = calls.length < 2;
  const others = isOne ? collections : collections.filter((collection) => !nodes.has(collection));
  const start = isOne ? new LayeredGraph() : graphOfCalls(calls.map((call) => nodes.get(call)!));
  return others.reduce((merged, { graph }) => merged.merge(graph), start);
}

/** The graph of some calls: what they depend on, without recursion, and what graphs they need. */
export function graphOfCalls(roots: readonly CallNode[]): LayeredGraph {
  const api = roots.length > 1 ? "merge" : "delayed";
  const entries = new Map<Key, ParsedEntry>();
  const others = new Set<LayeredGraph>();
  const seen = new Set<CallNode>(roots);
  const stack = [...seen].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === "value") {
      others.add(next.graph);
      continue;
    }
    entries.set(next.key, joinEntries(api, next, entries.get(next.key)));
    for (const input of next.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
    }
  }
  // The same call may stand on computed values in one graph and on calls in another.
  const label = functionLabel({ name: roots[0]?.key }, "");
  const name = `delayed:${label}:${tokenize([...entries.keys()].sort())}`;
  const layer = withoutAnnotations(() => MaterializedLayer.parsed(name, entries));
  const graphs = Array.from(others, (graph) => ({ graph }));
  return mergeGraphs(graphs).withLayer(layer);
}

/** Two calls under one key must be the same; what was advised for either holds. */
function joinEntries(
  api: string,
  { key, entry }: Call,
  known: ParsedEntry | undefined,
): ParsedEntry {
  if (known === undefined || known === entry) return entry;
  const advice = mergeAnnotations(known.annotations, entry.annotations);
  if (advice === undefined || !samePrograms(known, entry)) throw keyConflict(api, key);
  return { ...known, annotations: advice.merged };
}
