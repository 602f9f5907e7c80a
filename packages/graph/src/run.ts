import { checkAnnotations } from "./annotations.ts";
import { CallSite } from "./call-site.ts";
import { checkOptions } from "./check-options.ts";
import { GraphError, invalidArgument, quoteValue } from "./errors.ts";
import type { Executor, ExecutorName, RunOptions } from "./executor.ts";
import { inlineExecutor } from "./inline-executor.ts";
import type { Key } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import type { TaskGraph } from "./task-graph.ts";

const registered = new Map<string, Executor>();
let defaultExecutor: Executor | undefined;

/**
 * Makes an executor available by its name, as `{ executor: "name" }`. The same name again
 * replaces it; "inline" stays what it is. TypeScript learns the name by {@link ExecutorNames}.
 *
 * @throws GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { TaskGraph, createInlineExecutor, registerExecutor } from "@millrace/graph";
 *
 * declare module "@millrace/graph" {
 *   interface ExecutorNames {
 *     mine: true;
 *   }
 * }
 *
 * registerExecutor({ ...createInlineExecutor(), name: "mine" });
 * await TaskGraph.from({ a: 1 }).compute("a", { executor: "mine" }); // => 1
 * ```
 */
export function registerExecutor(executor: Executor): void {
  const { name } = checkExecutor("registerExecutor", executor);
  if (name === inlineExecutor.name) {
    throw invalidArgument("registerExecutor", "this name is taken", name, "another name");
  }
  registered.set(name, executor);
}

/**
 * Makes an executor the one that runs whatever names no other; undefined goes back to "inline".
 *
 * @throws GraphError `graph/unknown-executor`, `graph/invalid-argument`
 * @example
 * ```ts
 * import { getDefaultExecutor, setDefaultExecutor } from "@millrace/graph";
 *
 * setDefaultExecutor("inline");
 * getDefaultExecutor().name; // => "inline"
 * ```
 */
export function setDefaultExecutor(executor: Executor | ExecutorName | undefined): void {
  defaultExecutor =
    executor === undefined ? undefined : resolveExecutor("setDefaultExecutor", executor);
}

/**
 * The executor that runs whatever names no other: "inline" until one is set.
 *
 * @example
 * ```ts
 * import { getDefaultExecutor } from "@millrace/graph";
 *
 * getDefaultExecutor().name; // => "inline"
 * ```
 */
export function getDefaultExecutor(): Executor {
  return defaultExecutor ?? inlineExecutor;
}

function resolveExecutor(api: string, executor: Executor | string | undefined): Executor {
  if (executor === undefined) return getDefaultExecutor();
  if (typeof executor !== "string") return checkExecutor(api, executor);
  const found = executor === inlineExecutor.name ? inlineExecutor : registered.get(executor);
  if (found !== undefined) return found;
  const names = [inlineExecutor.name, ...registered.keys()].map(quoteValue).join(", ");
  throw new GraphError(
    "graph/unknown-executor",
    `${api}: no executor has this name, got ${quoteValue(executor)}, wanted one of ${names}. ` +
      "Register it first, or pass the executor itself.",
  );
}

function checkExecutor(api: string, executor: Executor): Executor {
  const parts = executor as Partial<Executor> | null;
  if (
    typeof parts?.name !== "string" ||
    typeof parts.run !== "function" ||
    typeof parts.stream !== "function"
  ) {
    throw invalidArgument(
      api,
      "this is not an executor",
      executor,
      "an object with name, run() and stream()",
    );
  }
  return executor;
}

const runOptions: Readonly<Record<keyof RunOptions, true>> = {
  executor: true,
  optimize: true,
  signal: true,
  onProgress: true,
  onTask: true,
  priority: true,
  retries: true,
  timeoutMs: true,
  resources: true,
  workers: true,
};

/**
 * The names of all options of a run: what a verb of a collection takes beside its own.
 *
 * @example
 * ```ts
 * import { runOptionNames } from "@millrace/graph";
 *
 * runOptionNames.includes("signal"); // => true
 * ```
 */
export const runOptionNames: readonly string[] = Object.keys(runOptions);

/** Checks the options of a run, at the caller's line, and finds its executor. */
export function prepareRun<O extends RunOptions>(
  api: string,
  options: O,
  moreNames: readonly string[] = [],
): { executor: Executor; options: Omit<O, "executor"> } {
  checkOptions(api, options, [...runOptionNames, ...moreNames]);
  const { executor, ...rest } = options;
  const { priority, retries, timeoutMs, resources, workers } = rest;
  checkAnnotations(api, { priority, retries, timeoutMs, resources, workers });
  checkType(api, "optimize", rest.optimize, "boolean");
  checkType(api, "onProgress", rest.onProgress, "function");
  checkType(api, "onTask", rest.onTask, "function");
  if (rest.signal !== undefined && !(rest.signal instanceof AbortSignal)) {
    throw invalidArgument(api, "signal must be an AbortSignal", rest.signal, "an AbortSignal");
  }
  return { executor: resolveExecutor(api, executor), options: rest };
}

/** Checks the type of an option, where it is given. */
export function checkType(api: string, name: string, value: unknown, wanted: string): void {
  if (value === undefined || typeof value === wanted) return;
  throw invalidArgument(api, `${name} must be a ${wanted}`, value, `a ${wanted}`);
}

/** The value of one key of a graph, or the values of several. */
export async function computeKeys(
  graph: TaskGraph | LayeredGraph,
  keys: Key | readonly Key[],
  runOptions: RunOptions,
): Promise<unknown> {
  if (typeof keys !== "string" && !Array.isArray(keys)) {
    throw invalidArgument("compute", "a key must be a string", keys, "a key or an array of keys");
  }
  const { executor, options } = prepareRun("compute", runOptions);
  const list = graph.checkKeys("compute", typeof keys === "string" ? [keys] : keys);
  const site = new CallSite(computeKeys);
  try {
    const values = await executor.run(graph, list, options);
    return typeof keys === "string" ? values[0] : values;
  } catch (error) {
    throw site.tell(error);
  }
}
