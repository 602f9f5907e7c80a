/** A spill file: a segment of many blocks, or one large block. */
export interface SpillFile {
  readonly number: number;
  /** What was written, in order; an entry belongs to the file only while its row names the file. */
  readonly entries: readonly number[];
  /** Bytes of all its blocks as they were written, dead or alive. */
  readonly bytes: number;
  /** Blocks used or pinned after this stay in memory when the writing ends. */
  readonly startStamp: number;
  isWriting: boolean;
  /** Its blocks are being read in order to write them elsewhere. */
  isMoving: boolean;
  liveCount: number;
  liveBytes: number;
  /** How many reads are under way. */
  reads: number;
  /** Its size on disk, from the end of the writing on. */
  sizeBytes: number;
}

/** A file is mostly dead, and worth moving, when less than a quarter of it is wanted. */
const LIVE_SHARE_MIN = 1 / 4;

/** The spill files there are, and exact sums over them. */
export class FileBook {
  readonly #files = new Map<number, SpillFile>();
  #last = 0;
  /** Bytes of blocks in files that nobody wants any more. */
  deadBytes = 0;
  /** Files being written, and the bytes of their blocks, dead or alive. */
  writingCount = 0;
  writingBytes = 0;
  /** What the files take on disk, as far as it is known. */
  sizeBytes = 0;

  get count(): number {
    return this.#files.size;
  }

  get(number: number): SpillFile | undefined {
    return this.#files.get(number);
  }

  values(): IterableIterator<SpillFile> {
    return this.#files.values();
  }

  begin(entries: readonly number[], bytes: number, startStamp: number): SpillFile {
    const number = ++this.#last;
    const file: SpillFile = {
      number,
      entries,
      bytes,
      startStamp,
      isWriting: true,
      isMoving: false,
      liveCount: entries.length,
      liveBytes: bytes,
      reads: 0,
      sizeBytes: 0,
    };
    this.#files.set(number, file);
    this.writingCount++;
    this.writingBytes += bytes;
    return file;
  }

  finish(file: SpillFile, sizeBytes: number): void {
    file.isWriting = false;
    file.sizeBytes = sizeBytes;
    this.sizeBytes += sizeBytes;
    this.writingCount--;
    this.writingBytes -= file.bytes;
  }

  /** One block of the file is no longer wanted. */
  drop(file: SpillFile, bytes: number): void {
    file.liveCount--;
    file.liveBytes -= bytes;
    this.deadBytes += bytes;
  }

  /** Forgets a file when nothing in it is wanted and nobody is at work on it: it may be deleted. */
  retire(file: SpillFile): boolean {
    if (file.liveCount > 0 || file.reads > 0 || file.isWriting) return false;
    this.#forget(file);
    return true;
  }

  /** Forgets a file that could not be written, and what it was to hold. */
  abandon(file: SpillFile): void {
    this.finish(file, 0);
    this.#forget(file);
  }

  isMostlyDead(file: SpillFile): boolean {
    return file.liveBytes < LIVE_SHARE_MIN * file.bytes && !file.isWriting && !file.isMoving;
  }

  #forget(file: SpillFile): void {
    this.deadBytes -= file.bytes - file.liveBytes;
    this.sizeBytes -= file.sizeBytes;
    this.#files.delete(file.number);
  }
}
