import { place } from "./block-table.ts";
import type { Pressure } from "./ledger-instruction.ts";
import type { LedgerTotals } from "./ledger-totals.ts";
import type { StoreLedger } from "./ledger.ts";

/** How many blocks, and how many bytes of theirs. */
export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/** What a store holds and has done, counted exactly. */
export interface StoreStats {
  /** Blocks in memory, those with a copy on disk included. */
  readonly memory: Amount;
  /** Of those in memory, the ones with an intact copy on disk. */
  readonly copied: Amount;
  /** Of those in memory, the pinned ones; `count` includes pinned blocks that are on disk. */
  readonly pinned: Amount;
  /** Blocks that are on disk only. */
  readonly disk: Amount;
  /** Files being written, and the bytes of blocks that go into them. */
  readonly writing: Amount;
  /** Blocks being read. */
  readonly reading: Amount;
  /** Blocks that wait for their turn to be read. */
  readonly awaited: Amount;
  /** Finished spill files; `bytes` is their size, and `deadBytes` belong to nobody any more. */
  readonly files: Amount & { readonly deadBytes: number };
  /** Files that nobody needs and that are about to be gone. */
  readonly removingCount: number;
  /** Sums since the store was opened; milliseconds of calls under way at a time are added up. */
  readonly total: Readonly<LedgerTotals> & { readonly writeMs: number; readonly readMs: number };
  readonly pressure: Pressure;
  readonly isStuck: boolean;
  /** The disk refused a write, and is not tried again yet. */
  readonly isDiskBad: boolean;
  /** The size of the process when it was measured last, 0 before. */
  readonly rssBytes: number;
  /** The same without what can be filled again: this is held against the marks. */
  readonly usedBytes: number;
}

/** What only those know who do the work. */
export interface Effort {
  writeMs: number;
  readMs: number;
  removingCount: number;
}

/** The figures of a ledger, and those of the work that it led to. */
export function storeStats(ledger: StoreLedger, effort: Readonly<Effort>): StoreStats {
  const { book, gauge, totals } = ledger;
  const { counts, bytes, files } = book;
  const of = (...places: readonly number[]): Amount => ({
    count: places.reduce((sum, each) => sum + counts[each]!, 0),
    bytes: places.reduce((sum, each) => sum + bytes[each]!, 0),
  });
  return {
    memory: of(place.memory, place.writing, place.both),
    copied: of(place.both),
    pinned: { count: book.pinnedCount, bytes: book.pinnedBytes },
    disk: of(place.disk, place.awaited, place.reading),
    writing: { count: files.writingCount, bytes: files.writingBytes },
    reading: { count: book.readingCount, bytes: book.readingBytes },
    awaited: of(place.awaited),
    files: {
      count: files.count - files.writingCount,
      bytes: files.sizeBytes,
      deadBytes: files.deadBytes,
    },
    removingCount: effort.removingCount,
    total: { ...totals, writeMs: effort.writeMs, readMs: effort.readMs },
    pressure: gauge.pressure,
    isStuck: ledger.isStuck,
    isDiskBad: ledger.isDiskBad,
    rssBytes: gauge.rssBytes,
    usedBytes: gauge.usedBytes,
  };
}
