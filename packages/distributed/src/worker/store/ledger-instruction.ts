/** How much room there is: above "ok", fetch nothing ahead of time; "paused", start no task. */
export type Pressure = "ok" | "spilling" | "paused";

/**
 * What the ledger wants done; entries are numbers of its rows. Each `write` and each `read` is
 * answered by one event, whatever becomes of the blocks meanwhile; the others need no answer.
 */
export type LedgerInstruction =
  /** Write blocks into a new file, and answer `written` or `writeFailed`. */
  | {
      readonly kind: "write";
      readonly file: number;
      readonly entries: readonly number[];
      readonly bytes: number;
      /** One block in a file of its own. */
      readonly isLarge: boolean;
    }
  /** Read a block back, and answer `read` or `readFailed`. */
  | {
      readonly kind: "read";
      readonly file: number;
      readonly entry: number;
      readonly bytes: number;
    }
  /** Let go of the bytes in memory; they are on disk. */
  | { readonly kind: "evict"; readonly entries: readonly number[] }
  /** Delete a file; nothing in it is wanted any more, and nobody reads it. */
  | { readonly kind: "remove"; readonly file: number }
  /** Ask the runtime to collect garbage: much was let go of. */
  | { readonly kind: "reclaim" }
  /** Tell the worker how much room there is. `isStuck`: nothing that the store does will help. */
  | { readonly kind: "tell"; readonly pressure: Pressure; readonly isStuck: boolean };
