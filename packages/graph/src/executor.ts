import type { Key } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import type { TaskGraph } from "./task-graph.ts";

/** How far a run has come. Counts are of tasks after optimization. */
export interface Progress {
  /** Tasks that have ended well. */
  readonly done: number;
  readonly total: number;
  /** Tasks that are being run now. */
  readonly running: number;
  /** Attempts that failed and were repeated. */
  readonly retried: number;
  /** Milliseconds since the run began. */
  readonly elapsedMs: number;
  /** How the run has ended; the last report of a run has it, and no other. */
  readonly outcome?: "done" | "failed" | "cancelled";
}

/** One attempt at a task, as profilers see it. Times are milliseconds since the run began. */
export interface TaskEvent {
  readonly key: Key;
  readonly startMs: number;
  readonly endMs: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly outcome: "done" | "failed";
}

/**
 * The names of executors, as keys. A package that registers an executor adds its name, and so does
 * who calls `registerExecutor`; a name that nobody has added is a compile error.
 *
 * @example
 * ```ts
 * import { TaskGraph, createInlineExecutor, registerExecutor } from "@millrace/graph";
 *
 * declare module "@millrace/graph" {
 *   interface ExecutorNames {
 *     careful: true;
 *   }
 * }
 *
 * registerExecutor({ ...createInlineExecutor({ asyncTasksMax: 1 }), name: "careful" });
 * await TaskGraph.from({ a: 1 }).compute("a", { executor: "careful" }); // => 1
 * ```
 */
export interface ExecutorNames {
  /** Runs in this thread; see `createInlineExecutor`. */
  readonly inline: true;
}

/** The name of an executor. */
export type ExecutorName = keyof ExecutorNames;

/** What can be asked of one run. */
export interface RunOptions {
  /** Who runs it: an executor or the name of a registered one. Default: `getDefaultExecutor()`. */
  readonly executor?: Executor | ExecutorName | undefined;
  /** Whether to fuse and inline first; default true. */
  readonly optimize?: boolean | undefined;
  /** Aborting it rejects the run with a CancelledError; tasks that have not started never do. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called at the start, at most every 50 ms, and at the end. What it throws, or what its promise
   * rejects with, rejects the run.
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called after every attempt at a task; errors as of `onProgress`. */
  readonly onTask?: ((event: TaskEvent) => void) | undefined;
  /** For all tasks of the run that say nothing themselves. Higher runs earlier. */
  readonly priority?: number | undefined;
  /**
   * For all tasks of the run that say nothing themselves: how often a failed task is tried again.
   */
  readonly retries?: number | undefined;
  /**
   * For all tasks of the run that say nothing themselves: how many milliseconds one attempt may
   * run, 1 to 2,147,483,647; default no limit. Of tasks that were fused it is the limit of all
   * together. In this thread, as of the inline executor, only waiting tasks can be stopped.
   */
  readonly timeoutMs?: number | undefined;
  /** Amounts of named resources each task needs; only for executors that have workers. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Workers that may run the tasks; only for executors that have workers. */
  readonly workers?: readonly string[] | undefined;
}

/** What an executor is told of a run. `executor` has been resolved by then. */
export type ExecutorOptions = Omit<RunOptions, "executor">;

/** One requested value. */
export interface Finished {
  readonly key: Key;
  /** Position of the key among the requested ones. */
  readonly index: number;
  readonly value: unknown;
}

/** How finished values come out of a stream. */
export interface StreamOptions extends ExecutorOptions {
  /** True (default): in the order of the keys asked for. False: as they finish. */
  readonly ordered?: boolean | undefined;
  /**
   * At most this many requested values are worked on or in the hands of the reader, who is done
   * with one when asking for the next; default 2. What only later values need is not started
   * before.
   */
  readonly lookahead?: number | undefined;
}

/** Runs graphs. Implement it to run Millrace graphs anywhere. */
export interface Executor {
  readonly name: string;
  /** The values of `keys`, in their order. */
  run(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<unknown[]>;
  /** The values of `keys` one by one; leaving the loop early cancels the rest. */
  stream(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: StreamOptions,
  ): AsyncIterable<Finished>;
  /**
   * Runs `keys` and keeps their values with the executor; gives a graph and the keys in it that
   * hold them. Without it the values are kept in this process.
   */
  persist?(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<{ graph: LayeredGraph; keys: readonly Key[] }>;
}
