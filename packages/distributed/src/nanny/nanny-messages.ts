import type { LastWords } from "../messages/worker-deaths.ts";
import type { RemoteWorkerOptions } from "../deploy/process-options.ts";

/** Options of a worker as they travel to its process: over a channel, not as arguments. */
export type SentWorkerOptions = Omit<RemoteWorkerOptions, "log" | "began" | "predecessor">;

/** What a nanny says to its worker. */
export type ToWorkerProcess =
  | {
      readonly kind: "start";
      readonly options: SentWorkerOptions;
      readonly json: boolean;
      /** What the worker before it died of. */
      readonly previous: string | undefined;
      /** The same for its scheduler, of the last one that this knew and was not told of. */
      readonly words: LastWords | undefined;
    }
  | { readonly kind: "retire" }
  | { readonly kind: "close" };

/** What a worker says to its nanny. */
export type FromWorkerProcess =
  | { readonly kind: "ready" }
  /** Its first task is about to run. */
  | { readonly kind: "began" }
  /** Why it is about to end. */
  | { readonly kind: "ending"; readonly reason: string };
