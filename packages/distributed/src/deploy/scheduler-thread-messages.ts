/** What is said to the thread of a scheduler. */
export interface ToSchedulerThread {
  readonly kind: "close";
}

/** What the thread of a scheduler says. */
export type FromSchedulerThread =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "failed"; readonly error: Error }
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly event: string;
      readonly facts: object | undefined;
    };
