import type { Key } from "@millrace/graph";
import type { Rows } from "./rows.ts";
import type { Peer } from "./worker-messages.ts";

/** What a client may ask a scheduler; each kind has one kind of answer. */
export type Question =
  /** Which workers have outputs of a run; all of them where none is named. */
  | { readonly kind: "who-has"; readonly run: number; readonly outputs: Rows | undefined }
  /**
   * Have so many workers keep outputs of a run, or every worker where `copies` is undefined. More
   * copies than that stay as they are.
   */
  | {
      readonly kind: "replicate";
      readonly run: number;
      readonly outputs: Rows | undefined;
      readonly copies: number | undefined;
    }
  /**
   * Where to put values that the client has itself: they are the outputs of run `run`, which is
   * made where it is not known yet. Asked again for it, those are named that are not there, perhaps
   * with other workers: their names stay.
   */
  | {
      readonly kind: "scatter";
      readonly run: number;
      readonly keys: readonly Key[];
      readonly bytes: Rows;
    }
  /** Spread all values there are over the workers, each as full as the others. */
  | { readonly kind: "rebalance" };

/** What a scheduler answers. */
export type Answer =
  /**
   * Rows: output, bytes, how many workers have it, and their numbers; none where it is not
   * computed. `peers` are all workers that are named.
   */
  | { readonly kind: "holders"; readonly rows: Rows; readonly peers: readonly Peer[] }
  /** `short` are the outputs that fewer workers have than were asked for. */
  | { readonly kind: "replicated"; readonly copied: number; readonly short: Rows }
  /**
   * Rows of four: output, task, version, worker to be given the value of that name. When a worker
   * has one the client hears that the output is `finished`; until then it must see to it.
   */
  | { readonly kind: "places"; readonly rows: Rows; readonly peers: readonly Peer[] }
  /** `stuck` values stayed where they were: whoever was to take them could not get them. */
  | { readonly kind: "rebalanced"; readonly moved: number; readonly stuck: number }
  /** The question makes no sense, or no more: its run is not known. */
  | { readonly kind: "refused"; readonly reason: string };
