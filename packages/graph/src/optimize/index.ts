import { checkOptions } from "../check-options.ts";
import { invalidArgument } from "../errors.ts";
import type { GraphCore } from "../graph-core.ts";
import type { Key, KeyList } from "../key.ts";
import type { Task } from "../task.ts";
import { TaskGraph } from "../task-graph.ts";
import { cullCore } from "./cull.ts";
import { fuseCore } from "./fuse.ts";
import { inlineCore, isCheap } from "./inline.ts";
import { orderCore } from "./order-core.ts";

/**
 * The part of a graph that `keys` need, each task as it was. An unknown key is an error.
 *
 * Cost: a byte or two for each task there is, and one visit of each that is kept.
 *
 * @throws GraphError `graph/missing-key`
 * @example
 * ```ts
 * import { TaskGraph, cull, ref, task } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const graph = TaskGraph.from({ a: 1, b: task(inc, [ref("a")]), unused: task(inc, [ref("a")]) });
 * cull(graph, ["b"]).keys(); // => ["a", "b"]
 * ```
 */
export function cull(graph: TaskGraph, keys: KeyList): TaskGraph {
  return wrap(graph, cullCore(graph.core, indexesOf("cull", graph, keys)));
}

/**
 * The same answers from fewer, coarser tasks: a task that only one other task reads becomes part
 * of its reader. `keys` stay tasks of their own; every other task of the original runs exactly
 * once. A fused task has its reader's key. Annotations: the higher priority and the larger number
 * of retries hold; tasks that must run in different places stay apart, and so do tasks of which
 * only one names a priority, or retries: what the other gets is known to a run only. The answer
 * does not depend on the order of insertion.
 *
 * Cost: about a tenth of a microsecond a task and edge.
 *
 * @param options.maxWidth - how many parallel inputs one fused task may absorb; default 1, chains
 * only
 * @param options.maxDepth - how many steps a fused task may have; default no limit
 * @throws GraphError `graph/missing-key`, `graph/invalid-argument`; CycleError
 * @example
 * ```ts
 * import { TaskGraph, fuse, ref, task } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const graph = TaskGraph.from({
 *   a: task(inc, [1]),
 *   b: task(inc, [ref("a")]),
 *   c: task(inc, [ref("b")]),
 * });
 * const fused = fuse(graph, ["c"]);
 * fused.size; // => 1
 * await fused.compute("c"); // => 4
 * ```
 */
export function fuse(
  graph: TaskGraph,
  keys: KeyList,
  options: {
    readonly maxWidth?: number | undefined;
    readonly maxDepth?: number | undefined;
  } = {},
): TaskGraph {
  checkOptions("fuse", options, ["maxWidth", "maxDepth"]);
  const { maxWidth = 1, maxDepth = Infinity } = options;
  checkLimit("maxWidth", maxWidth);
  checkLimit("maxDepth", maxDepth);
  return wrap(graph, fuseCore(graph.core, indexesOf("fuse", graph, keys), { maxWidth, maxDepth }));
}

function checkLimit(name: string, value: number): void {
  if (value >= 1 && (value === Infinity || Number.isInteger(value))) return;
  throw invalidArgument("fuse", `${name} must be a whole number of 1 or more`, value, "1, 2, …");
}

/**
 * The same answers with some tasks copied into their readers. By default those that do no work:
 * aliases and small plain values. `keys` stay tasks of their own and are not copied; what they do
 * not need is left out.
 *
 * @param options.only - keys of the tasks to copy, or a test; a function task with several
 * readers then runs once a reader, so name cheap ones. Keys must be there, so that a misspelt one
 * is told: the answer has no more those that were copied
 * @throws GraphError `graph/missing-key`; CycleError
 * @example
 * ```ts
 * import { TaskGraph, inline, ref, task } from "@millrace/graph";
 *
 * const add = (x: number, y: number) => x + y;
 * const graph = TaskGraph.from({
 *   k: 10,
 *   a: task(add, [1, ref("k")]),
 *   b: task(add, [2, ref("k")]),
 * });
 * inline(graph, ["a", "b"]).keys(); // => ["a", "b"]
 * ```
 */
export function inline(
  graph: TaskGraph,
  keys: KeyList,
  options: { readonly only?: KeyList | ((key: Key, task: Task) => boolean) | undefined } = {},
): TaskGraph {
  checkOptions("inline", options, ["only"]);
  const { only } = options;
  const chosen = only === undefined || typeof only === "function" ? only : keySet(graph, only);
  // Tasks that nobody needs have no say in what may be copied.
  const needed = wrap(graph, cullCore(graph.core, indexesOf("inline", graph, keys)));
  const wanted = indexesOf("inline", needed, keys);
  return wrap(needed, inlineCore(needed.core, wanted, chooser(needed, chosen), undefined));
}

function keySet(graph: TaskGraph, keys: KeyList): ReadonlySet<Key> {
  return new Set(graph.checkKeys("inline", keys));
}

function chooser(
  graph: TaskGraph,
  only: ReadonlySet<Key> | ((key: Key, task: Task) => boolean) | undefined,
): (t: number) => boolean {
  const { core } = graph;
  if (only === undefined) return (t) => isCheap(core, t);
  if (typeof only === "function") {
    return (t) => {
      const key = core.keys.at(t);
      return only(key, graph.get(key));
    };
  }
  return (t) => only.has(core.keys.at(t));
}

/**
 * The position at which each task should run so that few values are alive at a time; a task comes
 * after what it reads. Higher `priority` annotations come first, and ties go by key, digit runs
 * as numbers.
 *
 * Cost: under a microsecond a task.
 *
 * @throws CycleError
 * @example
 * ```ts
 * import { TaskGraph, order, ref, task } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const graph = TaskGraph.from({ b: task(inc, [ref("a")]), a: 1 });
 * order(graph); // => new Map([["b", 1], ["a", 0]])
 * ```
 */
export function order(graph: TaskGraph): Map<Key, number> {
  const positions = orderCore(graph.core, 0);
  return new Map(Array.from(positions, (position, t) => [graph.core.keys.at(t), position]));
}

function indexesOf(api: string, graph: TaskGraph, keys: KeyList): number[] {
  return graph.checkKeys(api, keys).map((key) => graph.indexOf(key));
}

function wrap(graph: TaskGraph, core: GraphCore): TaskGraph {
  return core === graph.core ? graph : new TaskGraph(core);
}
