import type { Demand, Outcome } from "../../messages/coordination.ts";
import type { HeldOutput } from "../../messages/shipped.ts";

/** What is answered here: all but questions about workers. */
export type OwnDemand = Exclude<Demand, { kind: "worker-names" }>;

/** What happens to what clients share. A client is named by its epoch. */
export type CoordinationEvent =
  | {
      readonly kind: "demanded";
      readonly epoch: number;
      readonly request: number;
      readonly demand: OwnDemand;
    }
  /** A worker goes, or is gone. */
  | { readonly kind: "worker-left"; readonly worker: string }
  /** A client is gone, for all that can be known. */
  | { readonly kind: "left"; readonly epoch: number };

/** What is to be done, in this order. */
export type CoordinationInstruction =
  | {
      readonly kind: "reply";
      readonly epoch: number;
      readonly request: number;
      readonly outcome: Outcome;
    }
  /** Keep outputs of a client under a number, whatever becomes of the client. */
  | {
      readonly kind: "share";
      readonly share: number;
      readonly epoch: number;
      readonly holds: readonly HeldOutput[];
    }
  /** A client has them too from now on, as the outputs of its run `run`. */
  | {
      readonly kind: "adopt";
      readonly share: number;
      readonly epoch: number;
      readonly run: number;
    }
  /** They are to be kept until their tasks have ended. */
  | { readonly kind: "entrust"; readonly share: number }
  /** Nobody asks for them under this number any more. */
  | { readonly kind: "unshare"; readonly share: number };
