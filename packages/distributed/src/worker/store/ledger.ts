import { BlockBook, isHeld } from "./block-book.ts";
import { AWAITED, queueKind } from "./block-queues.ts";
import { place, type BlockName } from "./block-table.ts";
import { checkLedger } from "./check-ledger.ts";
import type { SpillFile } from "./file-book.ts";
import type { LedgerInstruction, Pressure } from "./ledger-instruction.ts";
import { ledgerSettings, type LedgerOptions, type LedgerSettings } from "./ledger-settings.ts";
import { newTotals, type LedgerTotals } from "./ledger-totals.ts";
import { MemoryGauge } from "./memory-gauge.ts";
import { gatherSegment, nextVictim } from "./victims.ts";

/**
 * The pure half of the block store: which block is where, to the byte, and what is to be done about
 * it. It has no clock and does nothing itself: every method may leave instructions, which `take`
 * gives; whoever carries them out reports back. So the store and a simulator drive the same code.
 *
 * Blocks leave memory in the order of their priority, lowest first, and among equals in the order
 * of their last use. A block stays while it is pinned. Being written does not change what may be
 * done with it: it can be used, pinned and deleted. What was written or read back keeps its copy on
 * disk, so it leaves memory without being written again.
 *
 * `put`, `find`, `touch` and `delete` cost a hash look-up and a few links as long as there is room.
 */
export class StoreLedger {
  readonly settings: LedgerSettings;
  readonly totals: LedgerTotals = newTotals();
  /** Where everything is. To be read for statistics and checks, never changed from outside. */
  readonly book: BlockBook;
  readonly gauge: MemoryGauge;
  #diskBadUntilMs: number | undefined;
  #isStuck = false;
  /** The pressure is "ok" and nothing is under way, so below the target nothing is to be done. */
  #isCalm = true;
  #outbox: LedgerInstruction[] = [];

  constructor(options: LedgerOptions) {
    this.settings = ledgerSettings(options);
    this.book = new BlockBook(this.settings.largeBytes);
    this.gauge = new MemoryGauge(this.settings);
  }

  get hasInstructions(): boolean {
    return this.#outbox.length > 0;
  }

  /** The instructions since the last call, in the order in which they are to be carried out. */
  take(): readonly LedgerInstruction[] {
    const instructions = this.#outbox;
    this.#outbox = [];
    return instructions;
  }

  /** The entry of a name, -1 for none. */
  find(id: number, version: number): number {
    return this.book.table.find(id, version);
  }

  nameOf(entry: number): BlockName {
    return this.book.table.nameOf(entry);
  }

  isInMemory(entry: number): boolean {
    return isHeld(this.book.table.places[entry]!);
  }

  /** The file that has or will have a copy, 0 for none: with it, an entry means one block only. */
  fileOf(entry: number): number {
    return this.book.table.files[entry]!;
  }

  /** Whether anything in a file is still wanted. */
  isWanted(file: number): boolean {
    return (this.book.files.get(file)?.liveCount ?? 0) > 0;
  }

  get pressure(): Pressure {
    return this.gauge.pressure;
  }

  /**
   * Paused, with nothing being written and nothing that could be: only the worker itself can make
   * progress now, by letting one task run.
   */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Whether something is under way, pinned, or above a mark, so that memory is to be watched. */
  get isRestless(): boolean {
    return !this.#isCalm || this.book.pinnedCount > 0;
  }

  /** Whether the disk refused a write and is left alone. */
  get isDiskBad(): boolean {
    return this.#diskBadUntilMs !== undefined;
  }

  /**
   * Whether more bytes can be accepted: false only where memory is full to its limit and the disk
   * takes nothing.
   */
  hasRoomFor(bytes: number): boolean {
    const { memoryBytes, largeBytes } = this.settings;
    return this.book.managedBytes + bytes <= memoryBytes || this.roomBytes >= largeBytes;
  }

  /** A new block in memory, used just now; -1 when the name is taken, and nothing changes. */
  put(id: number, version: number, bytes: number, priority: number): number {
    if (this.find(id, version) >= 0) return -1;
    const entry = this.book.add(id, version, bytes, priority);
    this.gauge.grow(bytes);
    this.#settle();
    return entry;
  }

  /** Note that a block was used. */
  touch(entry: number): void {
    this.book.touch(entry);
    this.#settle();
  }

  /** Ask for a block to be in memory; one that is on its way already comes once. */
  load(entry: number): void {
    this.book.touch(entry);
    if (this.book.table.places[entry] === place.disk) {
      this.book.awaitRead(entry);
      this.#advance();
    } else this.#settle();
  }

  /** Keep a block in memory, from when it is there until it is unpinned as often. */
  pin(entry: number): void {
    this.book.pin(entry);
    this.#settle();
  }

  /** Take one pin away; false when there is none. The block counts as used. */
  unpin(entry: number): boolean {
    if (!this.book.unpin(entry)) return false;
    this.#settle();
    return true;
  }

  /** Forget a block, wherever it is, with its pins. */
  delete(entry: number): void {
    const bytes = this.book.table.bytes[entry]!;
    const wasHeld = this.isInMemory(entry);
    const file = this.book.forget(entry);
    if (file !== undefined) this.#tidy(file);
    if (wasHeld) this.#release(bytes);
    this.#settle();
  }

  /** Forget every block. */
  clear(): void {
    const { table } = this.book;
    for (let entry = 0; entry < table.end; entry++) {
      if (table.places[entry] !== place.free) this.delete(entry);
    }
  }

  /** A file was written; what was neither used nor pinned meanwhile may leave memory. */
  written(number: number, sizeBytes: number): void {
    const file = this.#file(number);
    this.totals.writes++;
    this.totals.writtenBytes += file.bytes;
    this.book.endWrite(file, true);
    this.book.files.finish(file, sizeBytes);
    this.#tidy(file);
    this.#advance();
  }

  /** A file could not be written: its blocks stay in memory, and the disk is left alone a while. */
  writeFailed(number: number, nowMs: number): void {
    const file = this.#file(number);
    this.totals.failedWrites++;
    this.#diskBadUntilMs = nowMs + this.settings.diskRetryMs;
    this.book.endWrite(file, false);
    this.book.files.abandon(file);
    this.#advance();
  }

  /** A read ended well. False when the block was deleted meanwhile: its bytes are for nobody. */
  read(entry: number, number: number, bytes: number): boolean {
    const file = this.#file(number);
    const isWanted = this.book.endRead(entry, file, bytes);
    this.totals.reads++;
    this.totals.readBytes += bytes;
    if (isWanted) this.book.arrive(entry);
    else this.#release(bytes);
    if (isWanted && file.isMoving) this.book.forgetCopy(entry, file);
    this.#tidy(file);
    this.#advance();
    return isWanted;
  }

  /**
   * A read failed. `isLost`: the block is forgotten, or else it stays on disk to be asked for
   * again. False when the block was deleted meanwhile.
   */
  readFailed(entry: number, number: number, bytes: number, isLost: boolean): boolean {
    const file = this.#file(number);
    const isWanted = this.book.endRead(entry, file, bytes);
    if (isWanted && isLost) {
      this.totals.lost++;
      this.book.forget(entry);
    } else if (isWanted) this.book.stayOnDisk(entry);
    this.#release(bytes);
    this.#tidy(file);
    this.#advance();
    return isWanted;
  }

  /** The measured size of the process; to be reported every 100 ms while `isRestless`. */
  measured(rssBytes: number, nowMs: number): void {
    if (this.#diskBadUntilMs !== undefined && nowMs >= this.#diskBadUntilMs) {
      this.#diskBadUntilMs = undefined;
    }
    this.gauge.measure(rssBytes);
    this.#reclaim();
    this.#advance();
  }

  /** Checks every invariant against a count from scratch; throws where one does not hold. */
  validate(): void {
    checkLedger(this);
  }

  /** How many bytes may still be written; 0 while the disk is left alone. */
  get roomBytes(): number {
    const { diskBytesMax } = this.settings;
    const { sizeBytes, writingBytes } = this.book.files;
    if (this.isDiskBad) return 0;
    return diskBytesMax === false
      ? Number.POSITIVE_INFINITY
      : diskBytesMax - sizeBytes - writingBytes;
  }

  #file(number: number): SpillFile {
    const file = this.book.files.get(number);
    if (file === undefined) throw new Error(`ledger: nothing is under way for file ${number}`);
    return file;
  }

  /** The cheap end of an event that matters only above a mark, or while something is under way. */
  #settle(): void {
    if (this.#isCalm && this.book.managedBytes <= this.gauge.calmBytes) return;
    this.#advance();
  }

  #advance(): void {
    do this.#relieve();
    while (this.#startReads());
    this.#assess();
  }

  /** Lets blocks leave memory until what is left, and is not leaving yet, is below the marks. */
  #relieve(): void {
    const { book, settings } = this;
    if (this.#neededBytes() <= 0) return;
    const evicted: number[] = [];
    let highest = Number.NEGATIVE_INFINITY;
    for (;;) {
      const hasClean = book.queues.countOf(queueKind.clean) > 0;
      // The cheap way to find out, at every put while the disk is busy, that nothing can be done.
      if (!hasClean && book.files.writingCount >= settings.writesMax) break;
      const bytes = this.#neededBytes();
      const victim = nextVictim(book, settings, this.roomBytes);
      if (victim < 0) break;
      if (book.table.places[victim] === place.both) {
        // A little more than needed, so that it is done now and then and not at every put; but no
        // higher priority has to leave for that.
        const priority = book.table.priorities[victim]!;
        if (bytes > 0) highest = priority;
        else if (priority > highest || bytes <= -settings.segmentBytes) break;
        this.#evict(victim);
        evicted.push(victim);
      } else if (bytes <= 0 || !this.#startWrite(victim, bytes)) break;
    }
    if (evicted.length > 0) this.#outbox.push({ kind: "evict", entries: evicted });
    this.#reclaim();
  }

  /** How many bytes are to leave memory that are not on their way yet. */
  #neededBytes(): number {
    return this.gauge.excessBytes(this.book.managedBytes) - this.book.leavingBytes;
  }

  #evict(entry: number): void {
    const bytes = this.book.table.bytes[entry]!;
    this.book.evict(entry);
    this.gauge.release(bytes);
    this.totals.evictedCount++;
    this.totals.evictedBytes += bytes;
  }

  /** False when as much is being written as may be. */
  #startWrite(victim: number, neededBytes: number): boolean {
    const { book, settings, roomBytes } = this;
    const { writingCount, writingBytes } = book.files;
    const isLarge = book.table.bytes[victim]! >= settings.largeBytes;
    const bytesMost = isLarge ? book.table.bytes[victim]! : settings.segmentBytes;
    if (writingCount >= settings.writesMax) return false;
    if (writingCount > 0 && writingBytes + bytesMost > settings.writingBytesMax) return false;
    const entries = isLarge
      ? [victim]
      : gatherSegment(book, settings, victim, neededBytes, roomBytes);
    const { number: file, bytes } = book.beginWrite(entries);
    this.#outbox.push({ kind: "write", file, entries, bytes, isLarge });
    return true;
  }

  /** Starts the reads whose turn it is, as far as the limits allow; whether there were any. */
  #startReads(): boolean {
    const { book, settings } = this;
    let isStarted = false;
    for (;;) {
      const entry = book.queues.head(AWAITED);
      if (entry < 0) return isStarted;
      const bytes = book.table.bytes[entry]!;
      if (book.readingCount > 0 && book.readingBytes + bytes > settings.readingBytesMax) break;
      // Above the limit a read waits for the memory that a write is about to free. It never waits
      // where nothing is being written, so it cannot wait for ever.
      const isOver = book.managedBytes + bytes > settings.memoryBytes;
      if (isOver && book.files.writingCount > 0) break;
      book.beginRead(entry);
      this.gauge.grow(bytes);
      this.#outbox.push({ kind: "read", entry, file: this.fileOf(entry), bytes });
      isStarted = true;
    }
    return isStarted;
  }

  #assess(): void {
    const { book, gauge } = this;
    const [pressureBefore, wasStuck] = [gauge.pressure, this.#isStuck];
    const pressure = gauge.assess(book.managedBytes);
    const isIdle =
      book.files.writingCount === 0 && book.readingCount === 0 && book.queues.head(AWAITED) < 0;
    // What can be spilled is being written by now, and reads free nothing.
    this.#isStuck = pressure === "paused" && book.files.writingCount === 0;
    this.#isCalm = pressure === "ok" && isIdle;
    if (pressure === pressureBefore && this.#isStuck === wasStuck) return;
    this.#outbox.push({ kind: "tell", pressure, isStuck: this.#isStuck });
  }

  /** One block of a file less is wanted, or one reader less is at it. */
  #tidy(file: SpillFile): void {
    const { files } = this.book;
    if (files.retire(file)) this.#outbox.push({ kind: "remove", file: file.number });
    else if (files.deadBytes > this.settings.deadBytesMax && files.isMostlyDead(file)) {
      // It takes memory and the disk, so it waits where there is no room or no disk.
      if (this.pressure !== "paused" && !this.isDiskBad) this.#relocate(file);
    }
  }

  /**
   * Empties a segment that a few long-lived blocks keep: what is in memory forgets its copy, what
   * is on disk is read, to be written again among others when memory is needed. Without this, one
   * small block could hold a whole segment on disk for ever.
   */
  #relocate(file: SpillFile): void {
    const { book } = this;
    file.isMoving = true;
    for (const entry of file.entries) {
      if (this.fileOf(entry) !== file.number) continue;
      if (book.table.places[entry] === place.disk) book.awaitRead(entry);
      else if (book.table.places[entry] === place.both) book.forgetCopy(entry, file);
    }
    if (book.files.retire(file)) this.#outbox.push({ kind: "remove", file: file.number });
    this.#advance();
  }

  #release(bytes: number): void {
    this.gauge.release(bytes);
    this.#reclaim();
  }

  #reclaim(): void {
    if (this.gauge.takeReclaim()) this.#outbox.push({ kind: "reclaim" });
  }
}
