import type { Program, RunControl } from "@millrace/graph/tasks";
import type { InboxTask } from "./task-inbox.ts";

/** A task that has begun. */
export interface Running {
  readonly of: InboxTask;
  /** Milliseconds of this thread that it has taken. */
  ms: number;
  /** Aborts `getWorker().signal`, once somebody has asked for it. */
  stop: (() => void) | undefined;
  hasEnded: boolean;
  /** It has left its place: while it waits others run as if it were not there. */
  hasSeceded: boolean;
  startMs: number;
  /** It waits, and worked for so long before that it may hold much memory. */
  isHeavy: boolean;
  /** Its program and what that asks, once it runs. */
  program: Program | undefined;
  readonly control: RunControl;
}

/** Who looks for what tasks leave behind. */
export interface LeakListener {
  /** Code is about to be loaded: what that does is not the doing of a task. */
  loading(): void;
  /** It was loaded. */
  loaded(): void;
  ended(running: Running): void;
  /** Some tasks have run; `isQuiet` where none waits for anything. */
  ran(isQuiet: boolean): void;
}

/** What a task needs to run. */
export interface Given {
  readonly program: Program;
  readonly inputs: unknown[];
  readonly constants: readonly unknown[];
}
