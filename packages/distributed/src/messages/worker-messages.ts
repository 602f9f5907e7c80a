import type { TaskFailure } from "./failure.ts";
import type { Rows } from "./rows.ts";
import { noRows } from "./rows.ts";
import type { FunctionName, ShippedFunction, ShippedProgram } from "./shipped.ts";
import type { ShortValue } from "./short-value.ts";
import { noShortValues } from "./short-value.ts";

/** A program that compute rows name by its number. */
export interface ProgramDefinition {
  readonly program: number;
  readonly spec: ShippedProgram;
}

/** Where another worker is found. */
export interface Peer {
  readonly worker: number;
  readonly address: string;
  /** Workers with one host share a machine. */
  readonly host: string;
}

/** What a worker may hold and run. */
export interface WorkerOffer {
  readonly name: string;
  readonly address: string;
  readonly host: string;
  readonly threads: number;
  readonly memoryBytesMax: number;
  readonly resources: Readonly<Record<string, number>>;
}

/**
 * From the scheduler to a worker. A task is named by its slot and the attempt; a value by its task
 * and the attempt that made it, its version.
 */
export type ToWorkerMessage =
  /** The first answer: the number that the worker has from now on. */
  | { readonly kind: "welcome"; readonly worker: number }
  /** The peer is not wanted, and why. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Tasks to run, in `compute-rows.ts` form, with all that they need defined before. */
  | {
      readonly kind: "compute";
      readonly priority: number;
      readonly rows: Rows;
      readonly constants: readonly unknown[];
      readonly programs: readonly ProgramDefinition[];
      readonly functions: readonly ShippedFunction[];
      readonly peers: readonly Peer[];
    }
  /** Give back what has not started; unless `all`, as many tasks stay as there are free threads. */
  | { readonly kind: "recall"; readonly all: boolean }
  /**
   * Fetch values for no task, and keep them. Rows: value, version, bytes, how many workers have it,
   * and their numbers. Each row has one answer: `acquired` in a report, or `not-acquired`.
   */
  | { readonly kind: "acquire"; readonly rows: Rows; readonly peers: readonly Peer[] }
  /** Nothing is wanted of the worker any more: it may go. `lost` values go with it. */
  | { readonly kind: "retired"; readonly lost: number }
  /** Rows of two, task and attempt: nobody needs them; stop them if they run. */
  | { readonly kind: "cancel"; readonly rows: Rows }
  /** Rows of two, task and version: values that may go. */
  | { readonly kind: "free"; readonly rows: Rows }
  /** Programs and functions that no task will name again unless they are defined anew. */
  | {
      readonly kind: "forget";
      readonly programs: readonly number[];
      readonly functions: readonly FunctionName[];
    }
  /** The answer to a heartbeat. */
  | { readonly kind: "echo"; readonly sentMs: number };

/** From a worker to the scheduler. */
export type WorkerMessage =
  | { readonly kind: "offer"; readonly offer: WorkerOffer }
  /**
   * What has happened since the last report. `done`: rows of four, task, attempt, bytes and
   * microseconds of its thread's time. The others: rows of two, task and attempt. `started` and
   * `awaiting` say what these tasks do; `acquired` are values that were fetched from a peer, `lost`
   * values that can no longer be read. `announced`, rows of two, are those of `done` whose values
   * shall go along where they are short; who has the store puts them into `values`.
   */
  | {
      readonly kind: "report";
      readonly done: Rows;
      readonly started: Rows;
      readonly awaiting: Rows;
      readonly acquired: Rows;
      readonly lost: Rows;
      readonly announced: Rows;
      readonly values: readonly ShortValue[];
    }
  | {
      readonly kind: "failed";
      readonly task: number;
      readonly attempt: number;
      /** How long it ran, microseconds. */
      readonly us: number;
      readonly failure: Pick<TaskFailure, "kind" | "thrown">;
    }
  /** Rows of two: tasks given back before they started. */
  | { readonly kind: "recalled"; readonly rows: Rows }
  /**
   * A task cannot start: inputs could be had from none of their holders. Rows of three: input,
   * version, worker that had been named as a holder.
   */
  | {
      readonly kind: "missing";
      readonly task: number;
      readonly attempt: number;
      readonly rows: Rows;
    }
  /**
   * Peers did not give what the scheduler says that they hold. Rows of four: value, version,
   * worker, and 1 where it has answered that it has it not, 0 where what it sent was not intact.
   */
  | { readonly kind: "denied"; readonly rows: Rows }
  /** Rows of two, value and version: what was to be acquired and could be had from nobody. */
  | { readonly kind: "not-acquired"; readonly rows: Rows }
  /**
   * The worker wants to go, and waits for `retired`. With `hurry` tasks that it runs are begun anew
   * elsewhere, and it is told to go when no more of its values can be copied.
   */
  | { readonly kind: "retire"; readonly hurry: boolean }
  /** Whether the worker takes more tasks, and what it holds. */
  | { readonly kind: "memory"; readonly paused: boolean; readonly bytes: number }
  | { readonly kind: "heartbeat"; readonly sentMs: number };

/** A report that says nothing. */
export const emptyReport: Extract<WorkerMessage, { kind: "report" }> = Object.freeze({
  kind: "report",
  done: noRows,
  started: noRows,
  awaiting: noRows,
  acquired: noRows,
  lost: noRows,
  announced: noRows,
  values: noShortValues,
});
