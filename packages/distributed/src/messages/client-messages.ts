import type { Key, LayeredGraph } from "@millrace/graph";
import type { Block } from "../codec/block.ts";
import type { TaskFailure } from "./failure.ts";
import type { Answer, Question } from "./questions.ts";
import type { Rows } from "./rows.ts";
import type { FunctionName, HeldOutput, ShippedFunction } from "./shipped.ts";
import type { ShortValue } from "./short-value.ts";
import type { Peer } from "./worker-messages.ts";

/** What holds for all tasks of a run that say nothing themselves. */
export interface RunSettings {
  readonly optimize: boolean;
  readonly priority: number;
  readonly retries: number;
  /** How many milliseconds one attempt may run; undefined for as long as it takes. */
  readonly timeoutMs: number | undefined;
  readonly resources: Readonly<Record<string, number>> | undefined;
  readonly workers: readonly string[] | undefined;
  /** Whether `workers` is a wish and no condition. */
  readonly allowOtherWorkers: boolean;
  /** How many outputs may be ahead of the reader of a stream; undefined where all are collected. */
  readonly lookahead: number | undefined;
  /** Whether the client wants to hear of every attempt. */
  readonly events: boolean;
  /** Whether the client wants to hear how far the run has come. */
  readonly progress: boolean;
}

/** The settings of a run of which nothing special is asked, whose tasks stay as they are. */
export const plainSettings: RunSettings = {
  optimize: false,
  priority: 0,
  retries: 0,
  timeoutMs: undefined,
  resources: undefined,
  workers: undefined,
  allowOtherWorkers: false,
  lookahead: undefined,
  events: false,
  progress: false,
};

/**
 * From a client to the scheduler. A run is named by a number of the client's own, an output of it
 * by its place among the keys asked for.
 */
export type ClientMessage =
  /**
   * Functions of `graph` are stand-ins, its values shipped; keys do not repeat. `functions` are
   * those that this client has not sent before, `holds` the outputs of earlier runs that tasks of
   * the graph may stand for.
   */
  | {
      readonly kind: "submit";
      readonly run: number;
      readonly graph: LayeredGraph;
      readonly keys: readonly Key[];
      readonly functions: readonly ShippedFunction[];
      readonly holds: readonly HeldOutput[];
      readonly settings: RunSettings;
      /** Graph and keys as they came, where they came as bytes. */
      readonly source?: Block;
    }
  /** The answer to `need`. */
  | { readonly kind: "supply"; readonly functions: readonly ShippedFunction[] }
  /** The reader of a stream has come to output number `consumed`. */
  | { readonly kind: "advance"; readonly run: number; readonly consumed: number }
  /** These outputs are wanted no longer; all of them where none is named. */
  | { readonly kind: "release"; readonly run: number; readonly outputs: Rows | undefined }
  /** The value of an output could not be had from a worker that was said to have it. */
  | {
      readonly kind: "missing";
      readonly run: number;
      readonly output: number;
      readonly task: number;
      readonly version: number;
      readonly worker: number;
    }
  /** Tasks that failed shall be tried again; `round` is how often that was said, this time too. */
  | { readonly kind: "retry"; readonly run: number; readonly round: number }
  /** There is one `answer` with this number, which the client has chosen. */
  | { readonly kind: "ask"; readonly request: number; readonly question: Question };

/** From the scheduler to a client. */
export type ToClientMessage =
  /** The run is known; how many tasks it has after optimization. */
  | { readonly kind: "accepted"; readonly run: number; readonly tasks: number }
  /** The graph is no good: a cycle, or a missing key. */
  | { readonly kind: "rejected"; readonly run: number; readonly error: unknown }
  /** The scheduler lacks these functions; the run waits for them. */
  | { readonly kind: "need"; readonly run: number; readonly functions: readonly FunctionName[] }
  /**
   * Rows of five: output, task, attempt, worker, bytes. An output may come again, when its worker
   * was lost and another has computed it anew. `peers` are the workers that this client is told of
   * for the first time, `values` those that are short.
   */
  | {
      readonly kind: "finished";
      readonly run: number;
      readonly rows: Rows;
      readonly peers: readonly Peer[];
      readonly values: readonly ShortValue[];
    }
  /** `round` is that of the last `retry` heard: a failure of before the next one does not count. */
  | {
      readonly kind: "failed";
      readonly run: number;
      readonly round: number;
      readonly outputs: Rows;
      readonly failure: TaskFailure;
    }
  | {
      readonly kind: "progress";
      readonly run: number;
      readonly done: number;
      readonly running: number;
      readonly retried: number;
    }
  /** Something that the user of the client should know, in words: tasks that nobody may run. */
  | { readonly kind: "warned"; readonly text: string }
  | { readonly kind: "answer"; readonly request: number; readonly answer: Answer }
  /** Attempts that have ended; see `TaskEvent`. */
  | { readonly kind: "attempts"; readonly run: number; readonly attempts: readonly Attempt[] };

/** One attempt at a task that has ended. Times are milliseconds on the scheduler's clock. */
export interface Attempt {
  readonly key: Key;
  readonly attempt: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: "done" | "failed";
}
