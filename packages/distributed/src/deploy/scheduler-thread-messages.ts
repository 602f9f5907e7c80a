import type { SchedulerLoad } from "../scheduler/load.ts";

/** What is said to the thread of a scheduler. */
export type ToSchedulerThread =
  | { readonly kind: "close" }
  /** Answered by `load` with the same number. */
  | { readonly kind: "measure"; readonly request: number };

/** What the thread of a scheduler says. */
export type FromSchedulerThread =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "load"; readonly request: number; readonly load: SchedulerLoad }
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly event: string;
      readonly facts: object | undefined;
    };
