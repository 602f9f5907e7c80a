import { crc32 } from "node:zlib";
import type { Block } from "../../codec/block.ts";
import {
  CHUNK_BYTES,
  openPatiently,
  type SpillFileHandle,
  type SpillFileSystem,
} from "./file-system.ts";
import type { RecordPlace } from "./record-places.ts";
import { SpillReader, type ReadOutcome } from "./spill-reader.ts";
import { packRecord, recordBytes, recordPieces } from "./spill-record.ts";
import type { WorkerDirectory } from "./worker-directory.ts";

/** Shorter pieces are copied together; longer ones are written from where they are. */
const COPIED_BYTES_MAX = 64 * 1024;
const GATHER_BYTES = 256 * 1024;
/** As many buffers as files are written at a time, by default. */
const SPARES_MAX = 2;
const SPARE_STEP_BYTES = 2 ** 20;

/** A file as it was written: its size, and the places of its blocks in their order. */
export interface WrittenFile {
  readonly sizeBytes: number;
  readonly records: readonly RecordPlace[];
}

/**
 * The spill files of a worker: written once, read at will, deleted as a whole. Their names are
 * numbers, whatever the values in them are called. The checksums are not on disk but in memory,
 * where a disk cannot damage them together with the bytes.
 */
export class SpillFiles {
  readonly #fileSystem: SpillFileSystem;
  readonly #directory: WorkerDirectory;
  readonly #reader: SpillReader;
  /** Buffers to copy blocks together in, to be used again. */
  readonly #spares: Buffer[] = [];

  constructor(directory: WorkerDirectory, fileSystem: SpillFileSystem) {
    this.#directory = directory;
    this.#fileSystem = fileSystem;
    this.#reader = new SpillReader(directory, fileSystem);
  }

  /**
   * Write blocks into a new file. When it fails, nothing stays. When nobody wants the file any more
   * (`isWanted`), the rest is not written, and what was written must not be read.
   */
  async write(
    file: number,
    blocks: readonly Block[],
    isWanted: () => boolean,
  ): Promise<WrittenFile> {
    const path = this.#directory.fileOf(file);
    const handle = await this.#create(path);
    let isOpen = true;
    try {
      const [first] = blocks as [Block];
      const isLong = blocks.length === 1 && recordBytes(first) > CHUNK_BYTES;
      const written = isLong
        ? await writeLong(handle, first, isWanted)
        : await this.#writeTogether(handle, blocks);
      isOpen = false;
      // Some file systems say only here that the disk is full.
      await handle.close();
      return written;
    } catch (error) {
      // What matters is the first failure. What is left of the file goes with the directory.
      if (isOpen) await handle.close().catch(() => undefined);
      // As above.
      await this.#fileSystem.unlink(path).catch(() => undefined);
      throw error;
    }
  }

  /** Read the record of a block; `settle` is called once, later, whatever becomes of it. */
  read(file: number, record: RecordPlace, settle: (outcome: ReadOutcome) => void): void {
    this.#reader.read(file, record, settle);
  }

  async remove(file: number): Promise<void> {
    try {
      await this.#fileSystem.unlink(this.#directory.fileOf(file));
    } catch (error) {
      // Somebody tidied up, and nobody wants it.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  /** Blocks that are short in all are copied together: that costs less than another call. */
  async #writeTogether(handle: SpillFileHandle, blocks: readonly Block[]): Promise<WrittenFile> {
    let sizeBytes = 0;
    for (const block of blocks) sizeBytes += recordBytes(block);
    const segment = this.#borrow(sizeBytes);
    try {
      let offset = 0;
      const records = blocks.map((block): RecordPlace => {
        const start = offset;
        offset = packRecord(segment, start, block);
        const checksum = crc32(segment.subarray(start, offset));
        return { offset: start, length: offset - start, checksum };
      });
      await writeFully(handle, segment.subarray(0, offset), 0);
      return { sizeBytes, records };
    } finally {
      this.#spares.push(segment);
      this.#spares.sort((a, b) => b.byteLength - a.byteLength).splice(SPARES_MAX);
    }
  }

  /** New buffers cost more than the copying, in page faults and garbage collections. */
  #borrow(bytes: number): Buffer {
    const index = this.#spares.findIndex((spare) => spare.byteLength >= bytes);
    const [spare] = index < 0 ? [] : this.#spares.splice(index, 1);
    return spare ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / SPARE_STEP_BYTES) * SPARE_STEP_BYTES);
  }

  async #create(path: string): Promise<SpillFileHandle> {
    try {
      return await openPatiently(this.#fileSystem, path, "wx", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    // The directory was removed, as cleaners of temporary directories do.
    await this.#directory.restore();
    return openPatiently(this.#fileSystem, path, "wx", 0o600);
  }
}

/** A long block is written chunk by chunk; the next checksum is computed while one is written. */
async function writeLong(
  handle: SpillFileHandle,
  block: Block,
  isWanted: () => boolean,
): Promise<WrittenFile> {
  let [length, checksum] = [0, 0];
  let writing = Promise.resolve();
  for (const chunk of chunksOf(recordPieces(block))) {
    checksum = crc32(chunk, checksum);
    await writing;
    if (!isWanted()) break;
    writing = writeFully(handle, chunk, length);
    length += chunk.byteLength;
  }
  await writing;
  return { sizeBytes: length, records: [{ offset: 0, length, checksum }] };
}

/** The same bytes in pieces of a good size for writing. */
function* chunksOf(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let gathered = new Uint8Array(GATHER_BYTES);
  let filled = 0;
  for (const piece of pieces) {
    const isShort = piece.byteLength < COPIED_BYTES_MAX;
    if (filled > 0 && (!isShort || filled + piece.byteLength > gathered.byteLength)) {
      yield gathered.subarray(0, filled);
      // What was handed out is still being written.
      gathered = gathered.subarray(filled);
      filled = 0;
    }
    if (isShort) {
      if (piece.byteLength > gathered.byteLength) gathered = new Uint8Array(GATHER_BYTES);
      gathered.set(piece, filled);
      filled += piece.byteLength;
      continue;
    }
    for (let start = 0; start < piece.byteLength; start += CHUNK_BYTES) {
      yield piece.subarray(start, start + CHUNK_BYTES);
    }
  }
  if (filled > 0) yield gathered.subarray(0, filled);
}

/** A system writes as much as it likes at once, and says how much that was. */
async function writeFully(
  handle: SpillFileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const rest = bytes.byteLength - done;
    const { bytesWritten } = await handle.write(bytes, done, rest, position + done);
    if (bytesWritten === 0) {
      throw Object.assign(new Error("the disk takes no more bytes"), { code: "ENOSPC" });
    }
    done += bytesWritten;
  }
}
