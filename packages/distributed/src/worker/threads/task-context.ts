import type { MessagePort } from "node:worker_threads";
import type { Running } from "./running-task.ts";
import type { ThreadStart } from "./thread-messages.ts";
import { isCancelled } from "./tickets.ts";

/** What a task can know of where it runs; see `getWorker`. */
export interface TaskContext {
  /** Name of the worker. */
  readonly name: string;
  /** Number of the thread in it. */
  readonly thread: number;
  /** Number of the attempt, which no two attempts at this task share. */
  readonly attempt: number;
  /**
   * Aborts when nobody wants the result any more, or its `timeoutMs` is over; seen between two
   * turns of the event loop.
   */
  readonly signal: AbortSignal;
  /** The same for loops that do not leave the thread: true once the task is to stop. */
  readonly isCancelled: boolean;
}

/**
 * Where the code that runs tasks and the code that asks for the task meet: two copies of it may be
 * loaded.
 */
export interface TaskContextHook {
  /** Tasks run in this thread. */
  isTaskThread: boolean;
  /** Somebody in this thread asks for the task: it is worth keeping track of it. */
  isUsed: boolean;
  /** The task that runs now. */
  current(): TaskContext | undefined;
  /** The task that runs now leaves its place; false where there is none. */
  secede(): boolean;
  /** The directory of the worker, for files of its own. */
  directory: string | undefined;
  /** Has the worker connect the other end of a port to its scheduler, as a client. */
  openClient: ((port: MessagePort) => void) | undefined;
}

const hookName = Symbol.for("millrace.taskContext");

/** The hook of this thread. */
export function taskContextHook(): TaskContextHook {
  const home = globalThis as { [hookName]?: TaskContextHook };
  home[hookName] ??= {
    isTaskThread: false,
    isUsed: false,
    current: () => undefined,
    secede: () => false,
    directory: undefined,
    openClient: undefined,
  };
  return home[hookName];
}

/** Why a task that is to stop ends. */
export class Cancelled extends Error {
  override readonly name = "CancelledError";
  readonly code = "graph/cancelled";

  constructor() {
    super("the task was stopped: nobody wants its value any more, or its 'timeoutMs' is over");
  }
}

/**
 * What `getWorker` tells of a task; `within` calls a function as code of the task. Most tasks look
 * at no signal, which costs more than they do: it is made when it is asked for.
 */
export function contextOf(
  { worker, thread, tickets }: ThreadStart,
  running: Running,
  within: (fn: () => void) => void,
): TaskContext {
  const { attempt, ticket } = running.of;
  const isOver = (): boolean => Atomics.load(tickets, ticket) === isCancelled;
  let stop: AbortController | undefined;
  return {
    name: worker,
    thread,
    attempt,
    get signal() {
      if (stop !== undefined) return stop.signal;
      const made = new AbortController();
      stop = made;
      running.stop = () => within(() => made.abort(new Cancelled()));
      if (isOver()) made.abort(new Cancelled());
      return made.signal;
    },
    get isCancelled() {
      return isOver();
    },
  };
}
