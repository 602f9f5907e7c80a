import type { BlockBook } from "./block-book.ts";
import { queueKind, queueOf } from "./block-queues.ts";
import type { LedgerSettings } from "./ledger-settings.ts";

/** Fewer small bytes than this share of a segment are not worth a file: they stay. */
const SEGMENT_SHARE_MIN = 1 / 16;

/**
 * The block that leaves memory next: of the lowest priority that has one, the one used least
 * recently; -1 when there is none. Blocks that have to be written count only where the disk has
 * room for them (`roomBytes`).
 */
export function nextVictim(book: BlockBook, settings: LedgerSettings, roomBytes: number): number {
  const { queues, table } = book;
  const isSegmentWorthIt =
    queues.bytesOf(queueKind.small) >= bytesWorthAFile(settings) &&
    roomBytes >= settings.largeBytes;
  for (
    let priority = queues.lowestPriority();
    priority !== undefined;
    priority = queues.lowestPriority(priority + 1)
  ) {
    let victim = queues.head(queueOf(priority, queueKind.clean));
    const small = queues.head(queueOf(priority, queueKind.small));
    if (isSegmentWorthIt) victim = olderOf(book, victim, small);
    const large = queues.head(queueOf(priority, queueKind.large));
    if (large >= 0 && table.bytes[large]! <= roomBytes) victim = olderOf(book, victim, large);
    if (victim >= 0) return victim;
  }
  return -1;
}

/** Which of two entries was used less recently; -1 stands for none. */
function olderOf({ table }: BlockBook, one: number, other: number): number {
  if (one < 0 || other < 0) return Math.max(one, other);
  return table.stamps[one]! < table.stamps[other]! ? one : other;
}

/**
 * What is written together with a small block: the small ones behind it in its queue until the
 * segment is full, so that files are few. A higher priority is drawn in only when the lower ones
 * are less than needed, or not worth a file.
 */
export function gatherSegment(
  book: BlockBook,
  settings: LedgerSettings,
  first: number,
  neededBytes: number,
  roomBytes: number,
): number[] {
  const { queues, table } = book;
  const bytesMax = Math.min(settings.segmentBytes, roomBytes);
  const entries: number[] = [];
  let bytes = 0;
  for (
    let priority: number | undefined = table.priorities[first];
    priority !== undefined;
    priority = queues.lowestPriority(priority + 1)
  ) {
    let entry = queues.head(queueOf(priority, queueKind.small));
    for (; entry >= 0; entry = table.next[entry]!) {
      if (entries.length === settings.segmentBlocksMax) return entries;
      if (bytes + table.bytes[entry]! > bytesMax) return entries;
      entries.push(entry);
      bytes += table.bytes[entry]!;
    }
    if (bytes >= neededBytes && bytes >= bytesWorthAFile(settings)) return entries;
  }
  return entries;
}

/** The fewest small bytes that are written into a file of their own. */
export function bytesWorthAFile(settings: LedgerSettings): number {
  return settings.segmentBytes * SEGMENT_SHARE_MIN;
}
