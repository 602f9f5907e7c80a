import { constants } from "node:os";
import type { StartScheduler, StartWorker } from "@millrace/distributed/command";

/** How a user tells a command to end: Ctrl-C, kill, a terminal that is closed. */
export const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** One of `stopSignals`. */
export type StopSignal = (typeof stopSignals)[number];

/** What a command has around it; tests give it another one. */
export interface World {
  /** Lines that scripts may wait for. */
  readonly out: (text: string) => void;
  /** What happens, and what is wrong. */
  readonly err: (text: string) => void;
  readonly startScheduler: StartScheduler;
  readonly startWorker: StartWorker;
  /** The module of a process of a worker; undefined for that of the package. */
  readonly workerMain?: URL | undefined;
  /** Calls `stop` with 1, 2, … for each wish of the user to end; gives what stops that. */
  readonly onStop: (stop: (count: number, signal: StopSignal) => void) => () => void;
}

/** How a process ends by a signal, as shells count. */
export function exitOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** How a command ends. */
export const exit = {
  fine: 0,
  /** It went wrong later on. */
  failed: 1,
  /** What was typed or set is no good, so nothing was begun. */
  refused: 2,
  /** The user did not want to wait for its end. */
  interrupted: 130,
} as const;
