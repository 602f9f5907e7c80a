import { CallSite } from "./call-site.ts";
import { invalidArgument } from "./errors.ts";
import type { Finished, RunOptions, StreamOptions } from "./executor.ts";
import type { Key } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import { optimizedFor } from "./optimize/optimized-for.ts";
import { checkType, prepareRun } from "./run.ts";
import type { TaskGraph } from "./task-graph.ts";

/** Options of {@link streamGraph}: those of a run, and how the values come out. */
export type StreamRunOptions = RunOptions & StreamOptions;

/**
 * The values of the keys of a graph, one by one, with bounded look-ahead: what only later values
 * need is not started before the reader has come near. Layers are optimized as by `compute`, unless
 * `optimize` is false. Keys and options are checked now, nothing runs before the first value is
 * asked for. Leaving the loop early cancels the rest.
 *
 * @throws as `compute`
 * @example
 * ```ts
 * import { BlockwiseLayer, LayeredGraph, streamGraph } from "@millrace/graph";
 *
 * const layer = new BlockwiseLayer("squares", {
 *   count: 3,
 *   inputs: [{ kind: "index" }],
 *   steps: [{ fn: (i: number) => i * i, args: [{ kind: "input", input: 0 }] }],
 * });
 * const graph = new LayeredGraph().withLayer(layer);
 * const seen: unknown[] = [];
 * for await (const { value } of streamGraph(graph, ["squares/1", "squares/2"])) seen.push(value);
 * seen; // => [1, 4]
 * ```
 */
export function streamGraph(
  graph: TaskGraph | LayeredGraph,
  keys: readonly Key[],
  runOptions: StreamRunOptions = {},
): AsyncIterable<Finished> {
  const api = "streamGraph";
  const { executor, options } = prepareRun(api, runOptions, ["ordered", "lookahead"]);
  const { ordered, lookahead } = options;
  checkType(api, "ordered", ordered, "boolean");
  if (lookahead !== undefined && !(Number.isInteger(lookahead) && lookahead >= 1)) {
    throw invalidArgument(api, "bad lookahead", lookahead, "a whole number of 1 or more");
  }
  const list = graph.checkKeys(api, keys);
  const optimized = "layers" in graph ? optimizedFor(graph, list, options) : graph;
  const site = new CallSite(streamGraph);
  return told(executor.stream(optimized, list, options), site);
}

/** The stream itself, whose errors have the frames of the site too. */
async function* told<T>(stream: AsyncIterable<T>, site: CallSite): AsyncGenerator<T> {
  try {
    yield* stream;
  } catch (error) {
    throw site.tell(error);
  }
}
