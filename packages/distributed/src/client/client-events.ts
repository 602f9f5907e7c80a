import type { Key, LayeredGraph, Progress } from "@millrace/graph";
import type {
  Attempt,
  ClientMessage,
  RunSettings,
  ToClientMessage,
} from "../messages/client-messages.ts";
import type { TaskFailure } from "../messages/failure.ts";
import type { Answer, Question } from "../messages/questions.ts";
import type { Rows } from "../messages/rows.ts";
import type { HeldOutput, ShippedFunction } from "../messages/shipped.ts";

/** Where the value of an output is. */
export interface Location {
  readonly worker: number;
  readonly task: number;
  readonly version: number;
  readonly bytes: number;
}

/** How far a run has come. */
export type Counts = Pick<Progress, "done" | "total" | "running" | "retried">;

/** What happens to a client. A run is named by a number that its user has chosen. */
export type ClientEvent =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly reason: string }
  | { readonly kind: "told"; readonly message: ToClientMessage }
  /** Run a graph; `functions` are all that it names. */
  | {
      readonly kind: "asked";
      readonly run: number;
      readonly graph: LayeredGraph;
      readonly keys: readonly Key[];
      readonly functions: readonly ShippedFunction[];
      readonly holds: readonly HeldOutput[];
      readonly settings: RunSettings;
      /** Whether values are brought here, or stay with the workers until the run is released. */
      readonly brings: boolean;
    }
  /** A value has been brought here. */
  | { readonly kind: "brought"; readonly run: number; readonly output: number }
  /** It could not be: its worker is gone, or has it no more. */
  | {
      readonly kind: "not-brought";
      readonly run: number;
      readonly output: number;
      readonly from: Location;
    }
  /** It could not be, again and again, and nobody tries any more. */
  | { readonly kind: "given-up"; readonly run: number; readonly output: number }
  /** The reader of a stream has taken outputs up to this one, without it. */
  | { readonly kind: "consumed"; readonly run: number; readonly count: number }
  | { readonly kind: "retried"; readonly run: number }
  /** Some outputs of a run are wanted no longer, others are. */
  | { readonly kind: "let-go"; readonly run: number; readonly outputs: readonly number[] }
  /**
   * Make values that are here the outputs of a run. The answer says where to put each of them; it
   * is asked for again, with a new request, for those that are not `finished` in due time.
   */
  | {
      readonly kind: "scattered";
      readonly run: number;
      readonly request: number;
      readonly keys: readonly Key[];
      readonly bytes: Rows;
    }
  /** Ask the scheduler something; `request` is a number that was not used before. */
  | { readonly kind: "questioned"; readonly request: number; readonly question: Question }
  /** The scheduler makes a run of this client, of values of others; they stay with the workers. */
  | { readonly kind: "adopted"; readonly run: number; readonly outputCount: number }
  /** Nobody wants anything of a run any more. */
  | { readonly kind: "released"; readonly run: number };

/** What a client wants done. */
export type ClientInstruction =
  | { readonly kind: "tell"; readonly message: ClientMessage }
  /** Bring the value of an output here and say `brought`. */
  | {
      readonly kind: "bring";
      readonly run: number;
      readonly output: number;
      readonly from: Location;
    }
  /** Outputs are with workers, where values are not brought here. */
  | { readonly kind: "finished"; readonly run: number; readonly outputs: readonly number[] }
  | {
      readonly kind: "failed";
      readonly run: number;
      readonly outputs: readonly number[];
      readonly failure: TaskFailure;
    }
  /** Outputs that had failed may come after all. */
  | { readonly kind: "retried"; readonly run: number; readonly outputs: readonly number[] }
  /** The whole run cannot be: its graph is no good. */
  | { readonly kind: "rejected"; readonly run: number; readonly error: unknown }
  /** The scheduler is gone, and this run with it. */
  | { readonly kind: "lost"; readonly run: number; readonly reason: string }
  | {
      readonly kind: "progressed";
      readonly run: number;
      readonly counts: Counts;
    }
  | { readonly kind: "warn"; readonly text: string }
  | { readonly kind: "answered"; readonly request: number; readonly answer: Answer }
  /** The scheduler is gone, and its answer with it. */
  | { readonly kind: "unanswered"; readonly request: number; readonly reason: string }
  | { readonly kind: "attempted"; readonly run: number; readonly attempts: readonly Attempt[] };
