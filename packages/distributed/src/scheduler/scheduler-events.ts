import type { Key, LayeredGraph } from "@millrace/graph";
import type { Block } from "../codec/block.ts";
import type { ClientMessage, RunSettings, ToClientMessage } from "../messages/client-messages.ts";
import type { HeldOutput } from "../messages/shipped.ts";
import type { ToWorkerMessage, WorkerMessage, WorkerOffer } from "../messages/worker-messages.ts";
import type { ExpandedGraph } from "./expand.ts";

/**
 * What happens to a scheduler. A peer is named by the number of its connection, its epoch, which
 * never comes again.
 */
export type SchedulerEvent =
  | { readonly kind: "worker-connected"; readonly epoch: number; readonly offer: WorkerOffer }
  | { readonly kind: "client-connected"; readonly epoch: number; readonly name: string }
  | { readonly kind: "worker-said"; readonly epoch: number; readonly message: WorkerMessage }
  | { readonly kind: "client-said"; readonly epoch: number; readonly message: ClientMessage }
  /** The connection is gone, and whoever was behind it for all that can be known. */
  | { readonly kind: "disconnected"; readonly epoch: number; readonly reason: string }
  /** A worker shall go, as if it had said so itself: see `retire` of `WorkerMessage`. */
  | { readonly kind: "retire"; readonly worker: number; readonly hurry: boolean }
  /** The answer to `expand`. */
  | {
      readonly kind: "expanded";
      readonly epoch: number;
      readonly run: number;
      readonly graph: ExpandedGraph;
    }
  | {
      readonly kind: "not-expanded";
      readonly epoch: number;
      readonly run: number;
      readonly error: unknown;
    }
  /** Outputs that a client holds are kept under a number, whatever becomes of the client. */
  | {
      readonly kind: "shared";
      readonly epoch: number;
      readonly share: number;
      readonly holds: readonly HeldOutput[];
    }
  /** A client has what is kept under a number too, as the outputs of a run of its own. */
  | {
      readonly kind: "adopted";
      readonly epoch: number;
      readonly share: number;
      readonly run: number;
    }
  /** Nobody else will be given what is kept under a number. */
  | { readonly kind: "unshared"; readonly share: number }
  /** What is shared under a number is kept until its tasks have ended. */
  | { readonly kind: "entrusted"; readonly share: number }
  /** The time has come that `wake` named. */
  | { readonly kind: "ticked" };

/** What a scheduler wants done. */
export type SchedulerInstruction =
  | { readonly kind: "tell-worker"; readonly epoch: number; readonly message: ToWorkerMessage }
  | { readonly kind: "tell-client"; readonly epoch: number; readonly message: ToClientMessage }
  /**
   * The peer is not heard any more. `fault`: what it said has shown a mistake of the scheduler.
   * `isDistrusted`: no connection of the same process is wanted.
   */
  | {
      readonly kind: "disconnect";
      readonly epoch: number;
      readonly reason: string;
      readonly fault?: Error;
      readonly isDistrusted?: boolean;
    }
  /** Write out a graph with `expandGraph`, here or elsewhere, and say `expanded`. */
  | {
      readonly kind: "expand";
      readonly epoch: number;
      readonly run: number;
      readonly graph: LayeredGraph;
      readonly keys: readonly Key[];
      readonly settings: RunSettings;
      /** Graph and keys as they came, for who writes them out elsewhere. */
      readonly source?: Block | undefined;
    }
  /** Something that who runs the scheduler may want to know: a line for its log. */
  | {
      readonly kind: "warn";
      readonly event: string;
      readonly facts: Readonly<Record<string, unknown>>;
    }
  /** Say `ticked` at this time; it replaces what was said before. */
  | { readonly kind: "wake"; readonly atMs: number };
