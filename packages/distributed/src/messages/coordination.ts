import type { Block } from "../codec/block.ts";
import type { HeldOutput } from "./shipped.ts";

/** A value that a client gives away, which the scheduler does not look into. */
export interface PassedValue {
  readonly block: Block;
  /** Outputs of its runs that the block names by their position here. */
  readonly holds: readonly HeldOutput[];
}

/** What variables, published collections and uploaded files share: a name has one value. */
export type VariableSpace = "variable" | "published" | "uploaded";

/** What locks and semaphores share: so many may have it at a time. */
export type PermitSpace = "lock" | "semaphore";

/**
 * What a client wants of what all clients share. There is one answer for each, sooner or later;
 * `run` is a number of the client's own under which it gets the futures that a value has in it.
 */
export type Demand =
  /** Answered when it is in: it waits while there are `lengthMax` values or more. */
  | {
      readonly kind: "queue-put";
      readonly name: string;
      readonly lengthMax: number;
      readonly value: PassedValue;
    }
  /** Answered at once where it does not wait: with nothing where there is nothing. */
  | {
      readonly kind: "queue-get";
      readonly name: string;
      readonly waits: boolean;
      readonly run: number;
    }
  | { readonly kind: "queue-size"; readonly name: string }
  /** Drops all values; answered with how many there were. */
  | { readonly kind: "queue-clear"; readonly name: string }
  /** Answered with the number of a lease, of which there are up to `leasesMax` at a time. */
  | {
      readonly kind: "acquire";
      readonly space: PermitSpace;
      readonly name: string;
      readonly leasesMax: number;
      readonly waits: boolean;
    }
  | { readonly kind: "let-go"; readonly lease: number }
  | { readonly kind: "event-set"; readonly name: string }
  | { readonly kind: "event-clear"; readonly name: string }
  /** Answered at once where it does not wait: with 1 where it is set. */
  | { readonly kind: "event-get"; readonly name: string; readonly waits: boolean }
  /** Answered with 0 where there is a value and there must be none. */
  | {
      readonly kind: "variable-set";
      readonly space: VariableSpace;
      readonly name: string;
      readonly isNew: boolean;
      readonly value: PassedValue;
    }
  | {
      readonly kind: "variable-get";
      readonly space: VariableSpace;
      readonly name: string;
      readonly waits: boolean;
      readonly run: number;
    }
  /** Answered with 1 where there was a value. */
  | { readonly kind: "variable-delete"; readonly space: VariableSpace; readonly name: string }
  | { readonly kind: "variable-names"; readonly space: VariableSpace }
  /** Answered with how many subscribers there are. */
  | { readonly kind: "topic-publish"; readonly name: string; readonly value: PassedValue }
  /** Answered with the number of a subscription. */
  | { readonly kind: "topic-subscribe"; readonly name: string }
  /** Answered with values that have come, as soon as there is one. */
  | { readonly kind: "topic-next"; readonly subscription: number }
  | { readonly kind: "topic-leave"; readonly subscription: number }
  /** Makes an actor known, whose host is the task of the one future in the value. */
  | { readonly kind: "actor-open"; readonly name: string; readonly value: PassedValue }
  /** The client has the actor too, until it lets go of it or goes. */
  | { readonly kind: "actor-hold"; readonly name: string }
  | { readonly kind: "actor-let-go"; readonly name: string }
  /** The client is the host from now on; no other has been. */
  | { readonly kind: "actor-host"; readonly name: string; readonly worker: string }
  /** Of the host: answered with a call when there is one, with nothing when the actor has ended. */
  | { readonly kind: "actor-next"; readonly name: string; readonly run: number }
  /** Answered with the value that the host gives for it. */
  | {
      readonly kind: "actor-call";
      readonly name: string;
      readonly run: number;
      readonly value: PassedValue;
    }
  /** Of the host: answers a call. */
  | {
      readonly kind: "actor-answer";
      readonly name: string;
      readonly call: number;
      readonly value: PassedValue;
    }
  /** Of the host: there is no instance any more. */
  | { readonly kind: "actor-end"; readonly name: string; readonly reason: string }
  /** The tasks of the futures in the value run to their ends, whatever becomes of the client. */
  | { readonly kind: "entrust"; readonly value: PassedValue }
  /** Which workers there are that take tasks. */
  | { readonly kind: "worker-names" }
  /** The client is about to go: it waits for nothing, has no lease and listens to nothing. */
  | { readonly kind: "leave" }
  /**
   * An earlier demand is not wanted any more. It is answered as if this had not been said where
   * that has happened before, and with `withdrawn` else; this itself is not answered.
   */
  | { readonly kind: "withdraw"; readonly request: number };

/** What becomes of a demand. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "names"; readonly names: readonly string[] }
  /** `futures` outputs of the run that was asked for stand for the futures in it. */
  | { readonly kind: "value"; readonly block: Block; readonly futures: number }
  /** A value that is a call of an actor, which is answered by this number. */
  | {
      readonly kind: "call";
      readonly call: number;
      readonly block: Block;
      readonly futures: number;
    }
  /** There is no value, and the demand does not wait for one. */
  | { readonly kind: "nothing" }
  /** `dropped` values that came before these had no room. */
  | { readonly kind: "batch"; readonly blocks: readonly Block[]; readonly dropped: number }
  | { readonly kind: "withdrawn" }
  | { readonly kind: "refused"; readonly why: Refusal; readonly reason: string };

/**
 * - `full`: the scheduler keeps no more of this;
 * - `at-odds`: somebody else says something else of the same name;
 * - `gone`: what it names is not there, or not any more;
 * - `ended`: the actor that it names is not there, or not any more.
 */
export type Refusal = "full" | "at-odds" | "gone" | "ended";

/** From a client: there is one `coordinated` with this number, which the client has chosen. */
export interface CoordinateMessage {
  readonly kind: "coordinate";
  readonly request: number;
  readonly demand: Demand;
}

/** The answer. */
export interface CoordinatedMessage {
  readonly kind: "coordinated";
  readonly request: number;
  readonly outcome: Outcome;
}

/** Bytes that one value may have; what is larger belongs to the workers. */
export const valueBytesMax: number = 2 ** 20;

/** Futures that one value may have in it. */
export const valueFuturesMax = 10_000;

/** Characters that a name may have. */
export const nameLengthMax = 256;

/** Characters of why an actor has ended. */
export const endReasonMax = 1_000;
