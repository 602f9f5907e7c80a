import type { ExecutorOptions, Key, TaskGraph } from "@millrace/graph";
import { LayeredGraph, MaterializedLayer, optimizeLayers } from "@millrace/graph";
import type { ByteBudget } from "./byte-budget.ts";
import type { RunSettings } from "../messages/client-messages.ts";

/** What is special about a run. */
export interface Submission {
  /** Of a stream: how many outputs it may be ahead of its reader. */
  readonly lookahead?: number;
  /** Its values stay with the workers. */
  readonly holds?: boolean;
  /** How much of it may be brought here; any where it is undefined. */
  readonly budget?: ByteBudget;
}

/** Where each key stands among the unique ones, which are in the same order. */
export function placesAmong(unique: readonly Key[], keys: readonly Key[]): readonly number[] {
  // Mostly no key is asked for twice, and then none need be looked up.
  if (unique.length === keys.length) return keys.map((_, place) => place);
  const places = new Map(unique.map((key, place) => [key, place]));
  return keys.map((key) => places.get(key) as number);
}

/** The graph as layers: what an unoptimized run does not need stays here. */
export function layersOf(
  graph: TaskGraph | LayeredGraph,
  keys: readonly Key[],
  { optimize = true, priority = 0, retries = 0, timeoutMs }: ExecutorOptions,
): LayeredGraph {
  if (!(graph instanceof LayeredGraph)) {
    const tasks = new MaterializedLayer("tasks", graph.materialize(keys));
    return new LayeredGraph().withLayer(tasks);
  }
  return optimize ? optimizeLayers(graph, keys, { priority, retries, timeoutMs }) : graph;
}

/** What the scheduler is told of a run besides its graph. */
export function settingsOf(options: ExecutorOptions, lookahead: number | undefined): RunSettings {
  return {
    optimize: options.optimize ?? true,
    priority: options.priority ?? 0,
    retries: options.retries ?? 0,
    timeoutMs: options.timeoutMs,
    resources: options.resources,
    workers: options.workers,
    allowOtherWorkers: false,
    lookahead,
    events: options.onTask !== undefined,
    progress: options.onProgress !== undefined,
  };
}
