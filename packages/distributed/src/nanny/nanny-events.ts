import type { LastWords } from "../messages/worker-deaths.ts";
import type { ExitReason } from "./exit-reason.ts";

/** What happened to a nanny or its worker. */
export type NannyEvent =
  /** There shall be a worker. */
  | { readonly kind: "started" }
  /** The process runs. `chance` is from 0 to 1, for all that must not happen at one time. */
  | { readonly kind: "spawned"; readonly pid: number; readonly chance: number }
  | { readonly kind: "not-spawned"; readonly reason: string }
  /** The worker is known to its scheduler. */
  | { readonly kind: "ready" }
  /** The worker is about to run its first task. */
  | { readonly kind: "began" }
  /** The worker says why it is about to end. */
  | { readonly kind: "told"; readonly reason: string }
  /** Memory of the process as the system counts it. */
  | { readonly kind: "sampled"; readonly bytes: number }
  | { readonly kind: "exited"; readonly exit: ProcessExit }
  /** The worker shall hand over what it has and end. */
  | { readonly kind: "retire-wanted" }
  /** The worker shall end; what it has is not needed. */
  | { readonly kind: "close-wanted" }
  /** The worker shall be gone now. */
  | { readonly kind: "kill-wanted" }
  | { readonly kind: "ticked" };

/** How a process ended. */
export interface ProcessExit {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The last lines of its standard error. */
  readonly stderr: string;
}

/** What is to be done. */
export type NannyInstruction =
  /**
   * `previous`: what the worker before died of; `words`: how the last one ended that the scheduler
   * knew, where it has not been told yet.
   */
  | {
      readonly kind: "spawn";
      readonly previous: ExitReason | undefined;
      readonly words: LastWords | undefined;
    }
  | { readonly kind: "signal"; readonly signal: "SIGTERM" | "SIGKILL" }
  /** Ask the worker to end without handing over. */
  | { readonly kind: "close" }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn" | "error";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number | undefined>>;
    }
  | { readonly kind: "wake"; readonly atMs: number }
  /** Nothing comes after it. */
  | { readonly kind: "end"; readonly end: NannyEnd };

/** Why there is no worker any more, and will be none. */
export type NannyEnd =
  /** It handed over what it had, by its own wish, that of the scheduler or of the user. */
  | { readonly kind: "retired"; readonly reason: string }
  | { readonly kind: "closed"; readonly reason: string }
  /** The scheduler does not take it: another version, another token. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "scheduler-lost"; readonly reason: string }
  /** Its options are no good, so another one would end in the same way. */
  | { readonly kind: "not-started"; readonly reason: string }
  /** It was killed because that was wanted, or because it did not end when asked. */
  | { readonly kind: "killed"; readonly reason: string }
  /** It died while it was to end anyway. */
  | { readonly kind: "died"; readonly reason: string }
  /** Workers died again and again. */
  | { readonly kind: "gave-up"; readonly reason: string };

/** By which exit code a worker tells its nanny what must not be tried again. */
export const exitCodes = {
  /** It retired or was closed. */
  done: 0,
  notStarted: 2,
  refused: 3,
  schedulerLost: 4,
  nannyLost: 5,
  /** Its scheduler does not believe it any more: another one is to take its place. */
  distrusted: 6,
} as const;
