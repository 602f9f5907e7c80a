import type { ExecutorOptions } from "../executor.ts";
import type { Key } from "../key.ts";
import type { LayeredGraph } from "../layered-graph.ts";
import { optimizeLayers } from "./fuse-layers.ts";

/** The graph that a run with some options goes over; as it was built where they say so. */
export function optimizedFor(
  graph: LayeredGraph,
  keys: readonly Key[],
  { optimize = true, priority = 0, retries = 0, timeoutMs }: ExecutorOptions,
): LayeredGraph {
  return optimize ? optimizeLayers(graph, keys, { priority, retries, timeoutMs }) : graph;
}
