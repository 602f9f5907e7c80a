import type { SchedulerLoad } from "../scheduler/load.ts";

/** What the machine that scales a cluster is told. */
export type AdaptiveEvent =
  | {
      readonly kind: "measured";
      readonly load: SchedulerLoad;
      /** Names of the workers that the cluster has started, without those that it lets go. */
      readonly own: readonly string[];
      /** How many more are on their way. */
      readonly startingCount: number;
    }
  /** A worker that was to be started could not be. */
  | { readonly kind: "start-failed" };

/** What is to be done. */
export type AdaptiveInstruction =
  | { readonly kind: "start"; readonly count: number }
  | { readonly kind: "retire"; readonly names: readonly string[] };

/** What a cluster is scaled by. */
export interface AdaptiveSettings {
  /** There are never fewer workers … */
  readonly minimum: number;
  /** … nor more. */
  readonly maximum: number;
  /** All that could run now should be done in this time. */
  readonly targetDurationMs: number;
  /** Threads of a worker that is started. */
  readonly threadsPerWorker: number;
  /** So many measurements in a row must ask for fewer workers before one goes. */
  readonly waitCount: number;
}
