import type { FailureKind } from "../messages/failure.ts";
import type { Rows } from "../messages/rows.ts";
import type { ShippedFunction } from "../messages/shipped.ts";
import type {
  Peer,
  ProgramDefinition,
  ToWorkerMessage,
  WorkerMessage,
} from "../messages/worker-messages.ts";
import type { Block } from "../codec/block.ts";

/**
 * A value that a worker holds or wants: of a task and the attempt that made it. A piece of such a
 * value that was fetched alone has a name of the worker's own, with version 0.
 */
export interface ValueName {
  readonly id: number;
  readonly version: number;
}

/** One value to be fetched from a peer. */
export interface Want {
  readonly name: ValueName;
  /** Which piece of it, or -1 for the whole. */
  readonly piece: number;
  /** What the worker calls it when it is here. */
  readonly as: ValueName;
  /** What it is taken to have, as far as the scheduler has said. */
  readonly bytes: number;
}

/** An input of a task as its thread gets it. */
export type RunInput =
  | { readonly kind: "value"; readonly name: ValueName }
  /** Many values; of each, where a piece is asked for, that one: or it is such a piece already. */
  | {
      readonly kind: "gathered";
      readonly members: readonly { readonly name: ValueName; readonly isPiece: boolean }[];
      readonly piece: number;
    };

/** A task all of whose inputs are here. */
export interface RunnableTask {
  readonly task: number;
  readonly attempt: number;
  readonly program: number;
  readonly priority: number;
  readonly inPieces: boolean;
  /** A client waits for the result, which goes along with the report where it is short. */
  readonly isAnnounced: boolean;
  /** How many milliseconds it may run; 0 for as long as it takes. */
  readonly timeoutMs: number;
  readonly inputs: readonly RunInput[];
  readonly constants: readonly unknown[];
}

/** What happens to a worker. */
export type WorkerEvent =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly reason: string }
  | { readonly kind: "told"; readonly message: ToWorkerMessage }
  /** Tasks have begun, or wait for something asynchronous: rows of two, task and attempt. */
  | { readonly kind: "started"; readonly rows: Rows }
  | { readonly kind: "awaiting"; readonly rows: Rows }
  /** Values are in the store: rows of four, task, attempt, bytes and microseconds. */
  | { readonly kind: "ran"; readonly rows: Rows }
  | {
      readonly kind: "failed";
      readonly task: number;
      readonly attempt: number;
      readonly us: number;
      readonly failure: { readonly kind: FailureKind; readonly thrown: Block | undefined };
    }
  /** The answer to `withdraw`, for those that had not begun: rows of two. */
  | { readonly kind: "withdrawn"; readonly rows: Rows }
  /** The answer to `abort`: nothing of these runs any more. Rows of two. */
  | { readonly kind: "aborted"; readonly rows: Rows }
  /** A task could not begin, since these values are not readable any more. */
  | {
      readonly kind: "unreadable";
      readonly task: number;
      readonly attempt: number;
      readonly values: readonly ValueName[];
    }
  /** Values in the store can no longer be read. */
  | { readonly kind: "lost"; readonly values: readonly ValueName[] }
  /**
   * The answer to question `question`: what is in the store now, and what the peer has not. A late
   * one, to a question of an old connection, is still said, with what it brought.
   */
  | {
      readonly kind: "fetched";
      readonly question: number;
      readonly got: readonly Want[];
      readonly missing: readonly Want[];
    }
  /** A client has put values into the store, by the names that the scheduler gave it. */
  | { readonly kind: "received"; readonly values: readonly ValueName[] }
  /** The question got no answer, or one whose bytes were not intact. */
  | { readonly kind: "fetch-failed"; readonly question: number; readonly isCorrupt?: boolean }
  /** How much is held, and whether more tasks would be too much. */
  | { readonly kind: "pressure"; readonly paused: boolean; readonly bytes: number }
  /**
   * The process is to end: what it has is handed over first. Said again with `hurry` when the time
   * for that is up: tasks stop, and what nobody can take is lost.
   */
  | { readonly kind: "retire"; readonly hurry: boolean }
  | { readonly kind: "ticked" };

/** What a worker wants done. */
export type WorkerInstruction =
  | { readonly kind: "tell"; readonly message: WorkerMessage }
  /** The scheduler is not heard, or has given this worker up: connect anew. */
  | { readonly kind: "reconnect"; readonly reason: string }
  | {
      readonly kind: "define";
      readonly programs: readonly ProgramDefinition[];
      readonly functions: readonly ShippedFunction[];
    }
  | {
      readonly kind: "forget";
      readonly programs: readonly number[];
      readonly functions: readonly string[];
    }
  | { readonly kind: "run"; readonly task: RunnableTask }
  /** Give a task back if it has not begun. */
  | { readonly kind: "withdraw"; readonly task: number; readonly attempt: number }
  /** Nobody wants a task any more: stop it as soon as can be. */
  | { readonly kind: "abort"; readonly task: number; readonly attempt: number }
  /** Ask a peer for values; there is one `fetched` or `fetch-failed` for each question. */
  | {
      readonly kind: "fetch";
      readonly question: number;
      readonly peer: Peer;
      readonly wants: readonly Want[];
    }
  | { readonly kind: "drop"; readonly values: ValueName[] }
  /** Nothing is wanted here any more: leave, and do not come back. `lost` values go with it. */
  | { readonly kind: "retired"; readonly lost: number }
  | { readonly kind: "wake"; readonly atMs: number };
