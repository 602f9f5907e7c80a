/** How much the scheduler keeps for its clients: they share its memory with all tasks. */
export interface CoordinationLimits {
  /** Queues, variables, events, locks and so on that are in use, all together. */
  readonly namesMax: number;
  /** Values in queues and variables, and on their way to subscribers. */
  readonly valuesMax: number;
  readonly bytesMax: number;
  /** Demands that wait for something. */
  readonly waitingMax: number;
  /** Leases and subscriptions. */
  readonly heldMax: number;
  /** What waits for one subscriber; older values are dropped for newer ones. */
  readonly backlogMax: number;
  readonly backlogBytesMax: number;
  /** What one answer to a subscriber holds, unless a single value has more. */
  readonly batchMax: number;
  readonly batchBytesMax: number;
}

export const coordinationLimits: CoordinationLimits = {
  namesMax: 100_000,
  valuesMax: 1_000_000,
  bytesMax: 256 * 2 ** 20,
  waitingMax: 100_000,
  heldMax: 100_000,
  backlogMax: 1_000,
  backlogBytesMax: 16 * 2 ** 20,
  batchMax: 256,
  batchBytesMax: 4 * 2 ** 20,
};
