import type { RunDefaults } from "./annotations.ts";
import type { GraphCore } from "./graph-core.ts";
import type { Key } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import type { GraphLimits } from "./materializer.ts";
import { fuseCore } from "./optimize/fuse.ts";
import { inlineCore, isCheap } from "./optimize/inline.ts";
import type { TaskGraph } from "./task-graph.ts";

/** A graph ready to run: integers, and the number of the task behind each requested key. */
export interface Lowered {
  readonly core: GraphCore;
  /** One number for each requested key, in their order. */
  readonly wanted: Int32Array;
}

/**
 * Writes out the tasks that `keys` need and, unless told otherwise, makes them few: cheap values
 * are inlined, chains are fused. This is what an executor does first.
 *
 * @param defaults - what tasks get in the run that say nothing themselves; where it is not known,
 * tasks of which only one names a priority, or retries, stay apart
 * @param limits - how much of layers may be written out; default whatever there is
 * @throws GraphError `graph/missing-key`, `graph/key-conflict`, `graph/too-large`; CycleError when
 * it optimizes
 * @example
 * ```ts
 * import { TaskGraph, lowerGraph, ref, task } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const graph = TaskGraph.from({ a: 1, b: task(inc, [ref("a")]), c: task(inc, [ref("b")]) });
 * lowerGraph(graph, ["c"], false).core.size; // => 3
 * lowerGraph(graph, ["c"], true).core.size; // => 1
 * ```
 */
export function lowerGraph(
  graph: TaskGraph | LayeredGraph,
  keys: readonly Key[],
  optimize: boolean,
  defaults?: RunDefaults,
  limits?: GraphLimits,
): Lowered {
  const { core } = "layers" in graph ? graph.materialize(keys, limits) : graph.materialize(keys);
  const asked = numbersOf(core, keys);
  if (!optimize) return { core, wanted: asked };
  const inlined = inlineCore(core, [...asked], (t) => isCheap(core, t), defaults);
  const kept = inlined === core ? asked : numbersOf(inlined, keys);
  const chains = { maxWidth: 1, maxDepth: Infinity, defaults };
  const fused = fuseCore(inlined, [...kept], chains);
  return { core: fused, wanted: fused === inlined ? kept : numbersOf(fused, keys) };
}

function numbersOf(core: GraphCore, keys: readonly Key[]): Int32Array {
  return Int32Array.from(keys, (key) => core.keys.indexOf(key));
}
