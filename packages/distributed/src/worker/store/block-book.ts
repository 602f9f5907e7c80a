import { AWAITED, BlockQueues, queueKind, queueOf, type QueueKind } from "./block-queues.ts";
import { BlockTable, place, type Place } from "./block-table.ts";
import { FileBook, type SpillFile } from "./file-book.ts";

/** Whether the bytes of a block at this place are in memory. */
export function isHeld(at: number): boolean {
  return at === place.memory || at === place.writing || at === place.both;
}

/**
 * Where every block is, to the byte, and which ones may leave memory: the mechanism below the
 * ledger. It moves entries between places and keeps every sum; it decides nothing.
 *
 * Every entry that is in memory, not pinned and not being written is in the queue of its priority
 * and kind; every awaited one is in {@link AWAITED}; no other is in a queue.
 */
export class BlockBook {
  readonly table: BlockTable = new BlockTable();
  readonly queues: BlockQueues = new BlockQueues(this.table);
  readonly files: FileBook = new FileBook();
  /** Blocks and bytes by {@link place}. */
  readonly counts: Float64Array = new Float64Array(7);
  readonly bytes: Float64Array = new Float64Array(7);
  pinnedCount = 0;
  /** Bytes of pinned blocks that are in memory. */
  pinnedBytes = 0;
  /** Bytes being written that may leave memory when they are: neither pinned nor used since. */
  leavingBytes = 0;
  /** Reads under way, those of blocks deleted meanwhile included. */
  readingCount = 0;
  readingBytes = 0;
  readonly #largeBytes: number;
  #stamp = 0;

  constructor(largeBytes: number) {
    this.#largeBytes = largeBytes;
  }

  /** Bytes of all blocks in memory. */
  get heldBytes(): number {
    const { bytes } = this;
    return bytes[place.memory]! + bytes[place.writing]! + bytes[place.both]!;
  }

  /** Bytes in memory or on their way there. */
  get managedBytes(): number {
    return this.heldBytes + this.readingBytes;
  }

  add(id: number, version: number, bytes: number, priority: number): number {
    const { table } = this;
    const entry = table.add(id, version);
    table.bytes[entry] = bytes;
    table.priorities[entry] = priority;
    table.places[entry] = place.memory;
    this.counts[place.memory]!++;
    this.bytes[place.memory]! += bytes;
    this.#enqueue(entry);
    return entry;
  }

  /** Note a use: the block is the last to leave, and stays when its writing ends. */
  touch(entry: number): void {
    const queue = this.table.queues[entry]!;
    if (queue >= 0 && queue !== AWAITED) {
      this.queues.remove(entry);
      this.#enqueue(entry);
      return;
    }
    if (this.#isLeaving(entry)) this.leavingBytes -= this.table.bytes[entry]!;
    this.table.stamps[entry] = ++this.#stamp;
  }

  pin(entry: number): void {
    this.touch(entry);
    const { pins, places, bytes, queues } = this.table;
    if (pins[entry]!++ > 0) return;
    this.pinnedCount++;
    if (!isHeld(places[entry]!)) return;
    this.pinnedBytes += bytes[entry]!;
    if (queues[entry]! >= 0) this.queues.remove(entry);
  }

  /** False when the block has no pin. */
  unpin(entry: number): boolean {
    const { pins, places, bytes } = this.table;
    if (pins[entry] === 0) return false;
    this.touch(entry);
    if (--pins[entry]! > 0) return true;
    this.pinnedCount--;
    if (!isHeld(places[entry]!)) return true;
    this.pinnedBytes -= bytes[entry]!;
    if (places[entry] !== place.writing) this.#enqueue(entry);
    return true;
  }

  /** Forget a block wherever it is; gives the file that has one block less, if there is one. */
  forget(entry: number): SpillFile | undefined {
    const { table } = this;
    const bytes = table.bytes[entry]!;
    const at = table.places[entry]!;
    if (this.#isLeaving(entry)) this.leavingBytes -= bytes;
    if (table.queues[entry]! >= 0) this.queues.remove(entry);
    if (table.pins[entry]! > 0) {
      this.pinnedCount--;
      if (isHeld(at)) this.pinnedBytes -= bytes;
    }
    this.counts[at]!--;
    this.bytes[at]! -= bytes;
    const file = this.files.get(table.files[entry]!);
    if (file !== undefined) this.files.drop(file, bytes);
    table.remove(entry);
    return file;
  }

  /** The copy of a block in memory is no longer wanted: it would have to be written to leave. */
  forgetCopy(entry: number, file: SpillFile): void {
    const { table } = this;
    const isQueued = table.queues[entry]! >= 0;
    if (isQueued) this.queues.remove(entry);
    table.files[entry] = 0;
    this.files.drop(file, table.bytes[entry]!);
    this.#move(entry, place.memory);
    if (isQueued) this.#enqueue(entry);
  }

  beginWrite(entries: readonly number[]): SpillFile {
    const { table } = this;
    let bytes = 0;
    for (const entry of entries) bytes += table.bytes[entry]!;
    const file = this.files.begin(entries, bytes, this.#stamp);
    for (const entry of entries) {
      this.queues.remove(entry);
      table.files[entry] = file.number;
      this.#move(entry, place.writing);
    }
    this.leavingBytes += bytes;
    return file;
  }

  /** The blocks of a file are intact in it from now on, or the file came to nothing. */
  endWrite(file: SpillFile, isWritten: boolean): void {
    const { table, queues } = this;
    let [queue, after] = [-1, -1];
    for (const entry of file.entries) {
      if (table.files[entry] !== file.number) continue;
      const isUsed = table.stamps[entry]! > file.startStamp;
      if (this.#isLeaving(entry)) this.leavingBytes -= table.bytes[entry]!;
      if (!isWritten) table.files[entry] = 0;
      this.#move(entry, isWritten ? place.both : place.memory);
      if (table.pins[entry]! > 0) continue;
      if (isUsed) {
        this.#enqueue(entry);
        continue;
      }
      const own = this.queueOf(entry);
      after = queues.insertInOrder(own, entry, own === queue ? after : -1);
      queue = own;
    }
  }

  /** A block that is on disk too leaves memory. */
  evict(entry: number): void {
    this.queues.remove(entry);
    this.#move(entry, place.disk);
  }

  /** A block on disk takes its turn to be read. */
  awaitRead(entry: number): void {
    this.#move(entry, place.awaited);
    this.queues.push(AWAITED, entry);
  }

  beginRead(entry: number): void {
    this.queues.remove(entry);
    this.#move(entry, place.reading);
    this.files.get(this.table.files[entry]!)!.reads++;
    this.readingCount++;
    this.readingBytes += this.table.bytes[entry]!;
  }

  /** A read is over; false when the block that it was for was deleted meanwhile. */
  endRead(entry: number, file: SpillFile, bytes: number): boolean {
    file.reads--;
    this.readingCount--;
    this.readingBytes -= bytes;
    // The number of a file is never used again, so another block in this row names another file.
    return this.table.files[entry] === file.number;
  }

  /** A block was read, and counts as used. */
  arrive(entry: number): void {
    this.#move(entry, place.both);
    if (this.table.pins[entry] === 0) this.#enqueue(entry);
    else this.table.stamps[entry] = ++this.#stamp;
  }

  /** A block was not read, and stays on disk. */
  stayOnDisk(entry: number): void {
    this.#move(entry, place.disk);
  }

  /** The queue in which an entry that may leave memory belongs. */
  queueOf(entry: number): number {
    const { places, bytes, priorities } = this.table;
    const dirty = bytes[entry]! < this.#largeBytes ? queueKind.small : queueKind.large;
    const kind: QueueKind = places[entry] === place.both ? queueKind.clean : dirty;
    return queueOf(priorities[entry]!, kind);
  }

  /** Puts an entry at the end of its queue, as used just now. */
  #enqueue(entry: number): void {
    this.table.stamps[entry] = ++this.#stamp;
    this.queues.push(this.queueOf(entry), entry);
  }

  #isLeaving(entry: number): boolean {
    const { places, pins, files, stamps } = this.table;
    if (places[entry] !== place.writing || pins[entry] !== 0) return false;
    return stamps[entry]! <= this.files.get(files[entry]!)!.startStamp;
  }

  #move(entry: number, to: Place): void {
    const { places, bytes, pins } = this.table;
    const from = places[entry]!;
    const size = bytes[entry]!;
    this.counts[from]!--;
    this.bytes[from]! -= size;
    this.counts[to]!++;
    this.bytes[to]! += size;
    places[entry] = to;
    if (pins[entry] === 0 || isHeld(from) === isHeld(to)) return;
    this.pinnedBytes += isHeld(to) ? size : -size;
  }
}
