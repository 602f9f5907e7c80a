import type { RunDefaults } from "./annotations.ts";
import { blocksOf } from "./block-keys.ts";
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
  const numbers = new Int32Array(keys.length);
  const first = firstOfBlocks(core, keys);
  for (let i = 0; i < keys.length; i++) {
    numbers[i] = first >= 0 ? first + i : core.keys.indexOf(keys[i] as Key);
  }
  return numbers;
}

/** The number of the first of some keys that follow one another, where that is known. */
function firstOfBlocks({ keys: table }: GraphCore, keys: readonly Key[]): number {
  const first = blocksOf(keys) === undefined ? -1 : table.indexOf(keys[0] ?? "");
  if (first < 0) return -1;
  // Keys of a run rise, so that between the first and the last there are no others.
  const { start, count } = table.runAt(first);
  const last = first + keys.length - 1;
  return start + count > last && table.at(last) === keys.at(-1) ? first : -1;
}
