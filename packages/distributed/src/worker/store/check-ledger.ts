import { isHeld, type BlockBook } from "./block-book.ts";
import { AWAITED, PRIORITY_MAX, PRIORITY_MIN, queueKind, queueOf } from "./block-queues.ts";
import { place } from "./block-table.ts";
import type { SpillFile } from "./file-book.ts";
import type { LedgerSettings } from "./ledger-settings.ts";
import type { MemoryGauge } from "./memory-gauge.ts";
import { nextVictim } from "./victims.ts";

/** What there is to check of a ledger. */
export interface CheckedLedger {
  readonly settings: LedgerSettings;
  readonly book: BlockBook;
  readonly gauge: MemoryGauge;
  readonly roomBytes: number;
  readonly isStuck: boolean;
  readonly isRestless: boolean;
}

/** Counts everything anew and throws where a sum, a queue, a file, a limit or the mood is wrong. */
export function checkLedger(ledger: CheckedLedger): void {
  checkRows(ledger.book);
  checkQueues(ledger.book);
  checkFiles(ledger.book);
  checkLimits(ledger);
  checkProgress(ledger);
}

function checkRows(book: BlockBook): void {
  const { table, files } = book;
  const counts = new Float64Array(7);
  const bytes = new Float64Array(7);
  let [pinnedCount, pinnedBytes, leavingBytes, named] = [0, 0, 0, 0];
  for (let entry = 0; entry < table.end; entry++) {
    const at = table.places[entry]!;
    if (at === place.free) continue;
    named++;
    counts[at]!++;
    bytes[at]! += table.bytes[entry]!;
    const { id, version } = table.nameOf(entry);
    same("the entry that is found by its name", table.find(id, version), entry);
    const file = files.get(table.files[entry]!);
    same("an entry has a file where it should", file !== undefined, at !== place.memory);
    if (table.pins[entry]! > 0) {
      pinnedCount++;
      if (isHeld(at)) pinnedBytes += table.bytes[entry]!;
    } else if (at === place.writing && table.stamps[entry]! <= file!.startStamp) {
      leavingBytes += table.bytes[entry]!;
    }
  }
  same("named blocks", table.count, named);
  same("blocks by place", book.counts, counts);
  same("bytes by place", book.bytes, bytes);
  same("pinned blocks", book.pinnedCount, pinnedCount);
  same("pinned bytes", book.pinnedBytes, pinnedBytes);
  same("leaving bytes", book.leavingBytes, leavingBytes);
}

function checkQueues(book: BlockBook): void {
  const { table, queues } = book;
  const bytes = new Float64Array(3);
  const counts = new Float64Array(3);
  let queued = 0;
  for (let priority = PRIORITY_MIN; priority <= PRIORITY_MAX; priority++) {
    for (const kind of Object.values(queueKind)) {
      const queue = queueOf(priority, kind);
      if (queues.head(queue) < 0) continue;
      let before = 0;
      for (const entry of queues.entriesOf(queue)) {
        queued++;
        bytes[kind]! += table.bytes[entry]!;
        counts[kind]!++;
        same("the queue that an entry names", table.queues[entry], queue);
        same("the queue in which an entry belongs", book.queueOf(entry), queue);
        same("a queued block is not pinned", table.pins[entry], 0);
        same("a queue is in the order of use", table.stamps[entry]! > before, true);
        before = table.stamps[entry]!;
      }
    }
  }
  for (const kind of Object.values(queueKind)) {
    same(`queued bytes of kind ${kind}`, queues.bytesOf(kind), bytes[kind]);
    same(`queued blocks of kind ${kind}`, queues.countOf(kind), counts[kind]);
  }
  for (const entry of queues.entriesOf(AWAITED)) {
    queued++;
    same("an awaited block", table.places[entry], place.awaited);
  }
  let inPlace = 0;
  for (let entry = 0; entry < table.end; entry++) {
    const at = table.places[entry]!;
    const mayLeave = (at === place.memory || at === place.both) && table.pins[entry] === 0;
    if (mayLeave || at === place.awaited) inPlace++;
  }
  same("queued blocks", queued, inPlace);
}

function checkFiles(book: BlockBook): void {
  const { table, files } = book;
  let [deadBytes, writingCount, writingBytes, sizeBytes] = [0, 0, 0, 0];
  let [reads, members] = [0, 0];
  for (const file of files.values()) {
    deadBytes += file.bytes - file.liveBytes;
    sizeBytes += file.sizeBytes;
    reads += file.reads;
    if (file.isWriting) writingCount++;
    if (file.isWriting) writingBytes += file.bytes;
    members += checkFile(table, file);
  }
  let copies = 0;
  for (let entry = 0; entry < table.end; entry++) {
    if (table.places[entry] !== place.free && table.files[entry] !== 0) copies++;
  }
  same("blocks that name a file", copies, members);
  same("dead bytes", files.deadBytes, deadBytes);
  same("files being written", files.writingCount, writingCount);
  same("bytes being written", files.writingBytes, writingBytes);
  same("bytes on disk", files.sizeBytes, sizeBytes);
  same("reads under way", book.readingCount, reads);
  // Those of deleted blocks are under way too.
  same("bytes being read", book.readingBytes >= book.bytes[place.reading]!, true);
}

/** How many blocks the file has. */
function checkFile(table: BlockBook["table"], file: SpillFile): number {
  let [liveCount, liveBytes, reads] = [0, 0, 0];
  for (const entry of file.entries) {
    if (table.files[entry] !== file.number) continue;
    liveCount++;
    liveBytes += table.bytes[entry]!;
    const at = table.places[entry]!;
    if (at === place.reading) reads++;
    same("a block is being written with its file", at === place.writing, file.isWriting);
  }
  same(`blocks of file ${file.number}`, file.liveCount, liveCount);
  same(`bytes of file ${file.number}`, file.liveBytes, liveBytes);
  same(`reads of file ${file.number}`, file.reads >= reads, true);
  same(`use of file ${file.number}`, liveCount > 0 || file.reads > 0 || file.isWriting, true);
  return liveCount;
}

function checkLimits({ settings, book }: CheckedLedger): void {
  const { writingCount, writingBytes } = book.files;
  same("files written at a time", writingCount <= settings.writesMax, true);
  const isWriteFair = writingBytes <= settings.writingBytesMax || writingCount === 1;
  same("bytes written at a time", isWriteFair, true);
  const isReadFair = book.readingBytes <= settings.readingBytesMax || book.readingCount === 1;
  same("bytes read at a time", isReadFair, true);
}

function checkProgress(ledger: CheckedLedger): void {
  const { settings, book, gauge } = ledger;
  const { managedBytes, files } = book;
  const isAwaited = book.queues.head(AWAITED) >= 0;
  const isIdle = files.writingCount === 0 && book.readingCount === 0 && !isAwaited;
  const neededBytes = gauge.excessBytes(managedBytes) - book.leavingBytes;
  const victim = nextVictim(book, settings, ledger.roomBytes);
  if (neededBytes > 0 && victim >= 0) {
    same("what may leave for nothing has left", book.table.places[victim] === place.both, false);
    same("as much is being written as may be", files.writingCount > 0, true);
  }
  if (isAwaited) {
    same(
      "a read waits for another or for a write",
      book.readingCount + files.writingCount > 0,
      true,
    );
  }
  const { pressure } = gauge;
  same("the pressure", gauge.assess(managedBytes), pressure);
  same("stuck", ledger.isStuck, pressure === "paused" && files.writingCount === 0);
  const isRestless = pressure !== "ok" || !isIdle || book.pinnedCount > 0;
  same("restless", ledger.isRestless, isRestless);
}

function same(what: string, got: unknown, wanted: unknown): void {
  if (got === wanted) return;
  const texts = [got, wanted].map((value) =>
    value instanceof Float64Array ? value.join() : String(value),
  );
  if (texts[0] === texts[1]) return;
  throw new Error(`ledger: ${what}, got ${texts[0]}, wanted ${texts[1]}`);
}
