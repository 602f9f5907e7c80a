import { checkOptions } from "./check-options.ts";
import { GraphError, invalidArgument } from "./errors.ts";
import type { Executor, ExecutorOptions, Finished, StreamOptions } from "./executor.ts";
import { InlineRun } from "./inline-run.ts";
import type { Key } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import type { Lowered } from "./lower.ts";
import { lowerGraph } from "./lower.ts";
import type { TaskGraph } from "./task-graph.ts";

/**
 * Most asynchronous tasks that the inline executor lets wait at the same time, unless told
 * otherwise.
 */
export const asyncTasksMaxDefault = 64;
/** Requested values that a stream may be ahead of its reader, unless told otherwise. */
const lookaheadDefault = 2;

/**
 * An executor that runs tasks in this thread, one synchronous stretch at a time: the plain
 * reference that every other executor is compared with. Independent asynchronous tasks overlap. A
 * value is forgotten as soon as its last reader has run. Every 10 ms the event loop gets a turn,
 * so that signals, timers and progress work during long runs. Functions are called as they are,
 * not captured.
 *
 * @param options.asyncTasksMax - most asynchronous tasks that wait at the same time; default 64
 * @throws GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { TaskGraph, createInlineExecutor, task } from "@millrace/graph";
 *
 * const executor = createInlineExecutor({ asyncTasksMax: 2 });
 * const graph = TaskGraph.from({ a: task(async () => 1, []) });
 * await graph.compute("a", { executor }); // => 1
 * ```
 */
export function createInlineExecutor(
  options: { readonly asyncTasksMax?: number | undefined } = {},
): Executor {
  checkOptions("createInlineExecutor", options, ["asyncTasksMax"]);
  const { asyncTasksMax = asyncTasksMaxDefault } = options;
  if (!(asyncTasksMax >= 1) || (asyncTasksMax !== Infinity && !Number.isInteger(asyncTasksMax))) {
    const wanted = "a whole number of 1 or more";
    throw invalidArgument("createInlineExecutor", "bad asyncTasksMax", asyncTasksMax, wanted);
  }
  return {
    name: "inline",
    async run(graph, keys, runOptions) {
      refuseWorkers("compute", runOptions);
      const lowered = lower(graph, keys, runOptions);
      const run = new InlineRun(lowered, runOptions, { asyncTasksMax, lookahead: Infinity });
      await run.run();
      return Array.from(lowered.wanted, (t) => run.take(t));
    },
    stream(graph, keys, streamOptions) {
      refuseWorkers("streamGraph", streamOptions);
      return stream(graph, keys, streamOptions, asyncTasksMax);
    },
  };
}

function lower(
  graph: TaskGraph | LayeredGraph,
  keys: readonly Key[],
  { optimize = true, priority = 0, retries = 0, timeoutMs }: ExecutorOptions,
): Lowered {
  return lowerGraph(graph, keys, optimize, { priority, retries, timeoutMs });
}

/** The executor named "inline". */
export const inlineExecutor: Executor = createInlineExecutor();

/** One process without workers cannot honour a wish for one, so it says so. */
function refuseWorkers(api: string, { resources, workers }: ExecutorOptions): void {
  const name =
    workers !== undefined ? "workers" : resources !== undefined ? "resources" : undefined;
  if (name === undefined) return;
  throw new GraphError(
    "graph/unsupported-option",
    `${api}: the inline executor has no workers, got the option '${name}', wanted none. ` +
      "Leave it out, or run on a cluster.",
  );
}

async function* stream(
  graph: TaskGraph | LayeredGraph,
  keys: readonly Key[],
  options: StreamOptions,
  asyncTasksMax: number,
): AsyncGenerator<Finished> {
  const { lookahead = lookaheadDefault, ordered = true } = options;
  const lowered = lower(graph, keys, options);
  const run = new InlineRun(lowered, options, { asyncTasksMax, lookahead });
  const outlet = new Outlet(run, lowered.wanted, ordered);
  const ended = run.run().then(
    () => outlet.end(undefined),
    (error: unknown) => outlet.end({ error }),
  );
  try {
    for (let count = 0; count < keys.length; count++) {
      // Asking for the next value, the reader has done with the one before.
      if (count > 0) run.advance();
      const index = await outlet.next();
      yield { key: keys[index] as Key, index, value: run.take(lowered.wanted[index] as number) };
    }
  } finally {
    run.cancel("the reader of the stream has left");
    await ended;
  }
}

/** Hands the positions of finished values to one reader, in order of keys or of finishing. */
class Outlet {
  readonly #indexesOf = new Map<number, number[]>();
  readonly #finished: number[] = [];
  readonly #run: InlineRun;
  readonly #wanted: Int32Array;
  readonly #ordered: boolean;
  #given = 0;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(run: InlineRun, wanted: Int32Array, ordered: boolean) {
    this.#run = run;
    this.#wanted = wanted;
    this.#ordered = ordered;
    wanted.forEach((t, index) => {
      const known = this.#indexesOf.get(t);
      if (known === undefined) this.#indexesOf.set(t, [index]);
      else known.push(index);
    });
    run.onFinished = (t) => {
      if (!ordered) for (const index of this.#indexesOf.get(t) ?? []) this.#finished.push(index);
      this.#wake?.();
    };
  }

  end(failure: { error: unknown } | undefined): void {
    this.#failure = failure;
    this.#wake?.();
  }

  async next(): Promise<number> {
    for (;;) {
      const index = this.#ready();
      if (index >= 0) {
        this.#given++;
        return index;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #ready(): number {
    if (!this.#ordered) return this.#finished[this.#given] ?? -1;
    return this.#run.isFinished(this.#wanted[this.#given] as number) ? this.#given : -1;
  }
}
