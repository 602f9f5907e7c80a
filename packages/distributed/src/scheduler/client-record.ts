import type { RunSettings, ToClientMessage } from "../messages/client-messages.ts";
import type { HeldOutput } from "../messages/shipped.ts";
import type { ShortValue } from "../messages/short-value.ts";
import { noShortValues } from "../messages/short-value.ts";
import type { Peer } from "../messages/worker-messages.ts";
import type { ExpandedGraph } from "./expand.ts";
import type { Run } from "./run.ts";
import type { Place } from "./scheduler-state.ts";

/** A submitted run on its way in. */
export interface ComingRun {
  readonly settings: RunSettings;
  /** Its tasks, once they are written out; then it waits for functions. */
  graph: ExpandedGraph | undefined;
  /** Outputs of earlier runs that its tasks may stand for. */
  readonly holds: readonly HeldOutput[];
  /** Where these are and stay for it, as far as their runs are in. */
  readonly reserved: Place[];
  /** Its client has released it meanwhile, but a later run may stand for outputs of it. */
  isReleased: boolean;
  /** How far the reader of a stream has come. */
  consumed: number;
}

/** A client that has just come. */
export function makeClient(epoch: number, name: string): ClientRecord {
  return {
    epoch,
    name,
    runs: new Map(),
    coming: new Map(),
    knownPeers: new Set(),
    newPeers: [],
    newValues: noShortValues,
    outbox: [],
    news: [],
    isTalkedTo: false,
    isGone: false,
  };
}

/** A client that is connected, and the runs that it has submitted. */
export interface ClientRecord {
  /** The number of its connection: its epoch. */
  readonly epoch: number;
  readonly name: string;
  /** By the client's own number. */
  readonly runs: Map<number, Run>;
  /** Runs that it has submitted and that are not taken in yet, by its own number. */
  readonly coming: Map<number, ComingRun>;
  /** Workers of which it knows where they are, by their epochs. */
  readonly knownPeers: Set<number>;
  /** Workers of which it will be told where they are. */
  newPeers: Peer[];
  /** Short values that it will be told. */
  newValues: readonly ShortValue[];
  /** What it is to be told at the end of this event. */
  readonly outbox: ToClientMessage[];
  /** Runs with news that are gathered in the run itself. */
  readonly news: Run[];
  /** It is in the list of those that are told something. */
  isTalkedTo: boolean;
  isGone: boolean;
}
