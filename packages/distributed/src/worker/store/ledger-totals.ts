/** Sums over everything that the ledger saw. */
export interface LedgerTotals {
  /** Blocks that left memory for the disk, each time they did. */
  evictedCount: number;
  evictedBytes: number;
  /** Files written, and the bytes of their blocks. */
  writes: number;
  writtenBytes: number;
  failedWrites: number;
  /** Blocks read back. */
  reads: number;
  readBytes: number;
  /** Blocks whose copy on disk, the only one, could not be read. */
  lost: number;
}

/** Nothing yet. */
export function newTotals(): LedgerTotals {
  return {
    evictedCount: 0,
    evictedBytes: 0,
    writes: 0,
    writtenBytes: 0,
    failedWrites: 0,
    reads: 0,
    readBytes: 0,
    lost: 0,
  };
}
