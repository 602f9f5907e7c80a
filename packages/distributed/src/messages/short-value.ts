/**
 * A value so short that it goes along with the news that it is there, from its worker to the
 * scheduler and on to the client: to ask the worker for it would take longer.
 */
export interface ShortValue {
  readonly task: number;
  /** The attempt that made it. */
  readonly version: number;
  /** The header of its block, which has nothing else. */
  readonly bytes: Uint8Array;
}

/** What is longer is asked for. */
export const shortBytesMax = 1_024;

/**
 * Values that one message brings at most, and outputs of a run of which any go along: where there
 * are more they are asked for together.
 */
export const shortValuesMax = 32;

export const noShortValues: readonly ShortValue[] = Object.freeze([]);
