import { realpathSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import type { Executor, Settings } from "@millrace/graph";
import { checkSettings, createInlineExecutor, parseBytes, registerExecutor } from "@millrace/graph";
import { awaitingTasksDefault, shareMemory } from "../worker/host/worker-host-settings.ts";
import { taskContextHook } from "../worker/threads/task-context.ts";
import type { LocalEngine } from "./engine.ts";
import type { EngineSettings } from "./engine-settings.ts";
import { loadSettings } from "../settings/load-settings.ts";
import { memoryOfMachine } from "./memory-of-machine.ts";

declare module "@millrace/graph" {
  interface ExecutorNames {
    /** Task threads of this process. */
    readonly threads: true;
  }
}

/** An executor that runs tasks on threads of this process, until it is closed. */
export interface ThreadsExecutor extends Executor, AsyncDisposable {
  /** Ends its threads and forgets its values; runs that have not ended fail. */
  close(): Promise<void>;
}

/**
 * An executor of its own with threads of its own. Programs need none: the one named "threads" is
 * there, made of what `configure` and the environment say.
 *
 * Threads start with the first run and end with the process, which they do not keep alive.
 * Functions, and what they read from outside, are sent to the threads as they are at the first run;
 * values come back as copies. Values that do not fit into memory go to disk.
 *
 * @throws GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { createThreadsExecutor } from "@millrace/distributed";
 * import { TaskGraph, task } from "@millrace/graph";
 *
 * await using executor = createThreadsExecutor({ threads: 1, memoryLimit: "512MB" });
 * await TaskGraph.from({ a: task(() => 6 * 7) }).compute("a", { executor }); // => 42
 * ```
 */
export function createThreadsExecutor(settings: Settings = {}): ThreadsExecutor {
  checkSettings("createThreadsExecutor", settings);
  return makeExecutor(() => Promise.resolve(settings));
}

/**
 * The executor named "threads", which every collection can name. It starts with its first run, with
 * what `configure`, the environment and the configuration file say. In a task it runs everything in
 * the thread of the task: as many threads as there should be are at work already.
 *
 * @example
 * ```ts
 * import { threadsExecutor } from "@millrace/distributed";
 * import { TaskGraph, task } from "@millrace/graph";
 *
 * const graph = TaskGraph.from({ a: task(() => 6 * 7) });
 * await graph.compute("a", { executor: "threads" }); // => 42
 * await graph.compute("a", { executor: threadsExecutor }); // => 42
 * ```
 */
export const threadsExecutor: ThreadsExecutor = taskContextHook().isTaskThread
  ? inTaskThread()
  : makeExecutor(loadSettings);

registerExecutor(threadsExecutor);

function inTaskThread(): ThreadsExecutor {
  const close = async (): Promise<void> => undefined;
  return { ...createInlineExecutor(), name: "threads", close, [Symbol.asyncDispose]: close };
}

function makeExecutor(load: () => Promise<Settings>): ThreadsExecutor {
  let engine: Promise<LocalEngine> | undefined;
  const start = async (): Promise<LocalEngine> => {
    if (engine !== undefined) return engine;
    const starting = startEngine(load);
    engine = starting;
    try {
      return await starting;
    } catch (error) {
      // What is wrong may be mended before the next run.
      if (engine === starting) engine = undefined;
      throw error;
    }
  };
  const close = async (): Promise<void> => {
    // The run that began it was told why it could not start.
    const running = engine?.catch(() => undefined);
    engine = undefined;
    await (await running)?.close();
  };
  return {
    name: "threads",
    run: async (graph, keys, options) => (await start()).client.run(graph, keys, options),
    async *stream(graph, keys, options) {
      yield* (await start()).client.stream(graph, keys, options);
    },
    persist: async (graph, keys, options) => (await start()).client.persist(graph, keys, options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Who runs nothing on threads does not wait for what runs it. */
async function startEngine(load: () => Promise<Settings>): Promise<LocalEngine> {
  const [{ LocalEngine: Engine }, settings] = await Promise.all([import("./engine.ts"), load()]);
  return Engine.start(engineSettings(settings));
}

function engineSettings(settings: Settings): EngineSettings {
  const { threads = availableParallelism(), memoryLimit = "auto" } = settings;
  const memoryBytesMax = memoryLimit === "auto" ? memoryOfMachine() : parseBytes(memoryLimit);
  return {
    name: "local",
    threads,
    memoryBytesMax,
    localDirectory: settings.localDirectory ?? realpathSync(tmpdir()),
    resources: settings.resources ?? {},
    awaitingTasksMax: settings.awaitingTasks ?? awaitingTasksDefault,
    ...shareMemory(memoryBytesMax, threads),
    warn: (message) => process.emitWarning(message, { code: "MILLRACE" }),
  };
}
