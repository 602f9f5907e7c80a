import { crc32 } from "node:zlib";
import type { Block } from "../../codec/block.ts";
import {
  CHUNK_BYTES,
  openPatiently,
  type SpillFileHandle,
  type SpillFileSystem,
} from "./file-system.ts";
import type { RecordPlace } from "./record-places.ts";
import { blockOfRecord } from "./spill-record.ts";
import type { WorkerDirectory } from "./worker-directory.ts";

/** What became of a read. */
export type ReadOutcome =
  | { readonly kind: "read"; readonly block: Block }
  /** The bytes are not there as they were written. */
  | { readonly kind: "lost"; readonly reason: string; readonly cause: unknown }
  /** There is no memory for them; they are still on disk. */
  | { readonly kind: "refused"; readonly cause: unknown };

interface Request {
  readonly record: RecordPlace;
  readonly settle: (outcome: ReadOutcome) => void;
}

/** Files that are read at a time: as many threads as Node has for the file system. */
const READERS_MAX = 4;
/** Records that one call reads at the most; systems allow 1024. */
const RUN_RECORDS_MAX = 512;

/**
 * Reads records, each into a shared buffer of its own, and compares their checksums. What is asked
 * for of one file while it is open is read in the order of the file, and neighbours by one call.
 */
export class SpillReader {
  readonly #directory: WorkerDirectory;
  readonly #fileSystem: SpillFileSystem;
  /** What is asked for, by file; a file is here from the first request until it was served. */
  readonly #requests = new Map<number, Request[]>();
  /** Files that wait for a reader. */
  readonly #waiting: number[] = [];
  #readerCount = 0;

  constructor(directory: WorkerDirectory, fileSystem: SpillFileSystem) {
    this.#directory = directory;
    this.#fileSystem = fileSystem;
  }

  /** Reads a record; `settle` is called once, later, whatever becomes of it. */
  read(file: number, record: RecordPlace, settle: (outcome: ReadOutcome) => void): void {
    const others = this.#requests.get(file);
    if (others !== undefined) {
      others.push({ record, settle });
      return;
    }
    this.#requests.set(file, [{ record, settle }]);
    this.#waiting.push(file);
    if (this.#readerCount < READERS_MAX) void this.#serveFiles();
  }

  /** Serves one file after the other until none waits. It does not throw: outcomes tell. */
  async #serveFiles(): Promise<void> {
    this.#readerCount++;
    for (let file = this.#waiting.shift(); file !== undefined; file = this.#waiting.shift()) {
      await this.#serveFile(file);
    }
    this.#readerCount--;
  }

  async #serveFile(file: number): Promise<void> {
    let handle: SpillFileHandle | undefined;
    let failure: ReadOutcome | undefined;
    try {
      handle = await openPatiently(this.#fileSystem, this.#directory.fileOf(file), "r");
    } catch (error) {
      failure = lost(reasonOf(error), error);
    }
    for (let asked = this.#take(file); asked !== undefined; asked = this.#take(file)) {
      if (handle === undefined) for (const { settle } of asked) settle(failure as ReadOutcome);
      else for (const run of runsOf(asked)) await serveRun(handle, run);
    }
    // Everybody has their bytes, and they were compared.
    await handle?.close().catch(() => undefined);
  }

  /** What is asked for by now; when that is nothing, the file counts as served. */
  #take(file: number): Request[] | undefined {
    const asked = this.#requests.get(file) ?? [];
    if (asked.length > 0) this.#requests.set(file, []);
    else this.#requests.delete(file);
    return asked.length > 0 ? asked : undefined;
  }
}

/** Requests in the order of the file, neighbours together as far as one call can read them. */
function runsOf(requests: Request[]): Request[][] {
  const runs: Request[][] = [];
  let [end, bytes] = [-1, 0];
  for (const request of requests.sort((a, b) => a.record.offset - b.record.offset)) {
    const { offset, length } = request.record;
    const run = runs.at(-1);
    const fits = bytes + length <= CHUNK_BYTES && (run?.length ?? 0) < RUN_RECORDS_MAX;
    if (run !== undefined && offset === end && fits) run.push(request);
    else {
      runs.push([request]);
      bytes = 0;
    }
    end = offset + length;
    bytes += length;
  }
  return runs;
}

async function serveRun(handle: SpillFileHandle, run: readonly Request[]): Promise<void> {
  const readings = run.flatMap((request) => {
    try {
      return [{ ...request, bytes: new Uint8Array(new SharedArrayBuffer(request.record.length)) }];
    } catch (error) {
      request.settle({ kind: "refused", cause: error });
      return [];
    }
  });
  // With one left out, the others are no neighbours any more.
  const areNeighbours = readings.length === run.length && run.length > 1;
  const isRead = areNeighbours && (await readTogether(handle, readings));
  for (const reading of readings) {
    reading.settle(
      isRead ? verified(reading, crc32(reading.bytes)) : await readAlone(handle, reading),
    );
  }
}

interface Reading extends Request {
  /** As long as the record, over a shared buffer that is no longer. */
  readonly bytes: Uint8Array;
}

/** False where not every byte came: then each record is read for itself, for the intact ones. */
async function readTogether(
  handle: SpillFileHandle,
  readings: readonly Reading[],
): Promise<boolean> {
  const parts = readings.map(({ bytes }) => bytes);
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  try {
    const { bytesRead } = await handle.readv(parts, readings[0]!.record.offset);
    return bytesRead === length;
  } catch {
    // Whoever it concerns hears of it when their record is read alone.
    return false;
  }
}

/** Reads chunk by chunk; the checksum of one is computed while the next one is read. */
async function readAlone(handle: SpillFileHandle, reading: Reading): Promise<ReadOutcome> {
  const { bytes, record } = reading;
  const chunkAt = (start: number): Uint8Array => bytes.subarray(start, start + CHUNK_BYTES);
  let checksum = 0;
  try {
    let got = await readFully(handle, chunkAt(0), record.offset);
    for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES) {
      const chunk = chunkAt(start);
      if (got < chunk.byteLength) {
        const reason = `the file ends after ${record.offset + start + got} bytes`;
        return lost(`${reason}, not after ${record.offset + record.length}`, undefined);
      }
      const next = start + CHUNK_BYTES;
      const reading = readFully(handle, chunkAt(next), record.offset + next);
      checksum = crc32(chunk, checksum);
      got = await reading;
    }
  } catch (error) {
    return lost(reasonOf(error), error);
  }
  return verified(reading, checksum);
}

/** How many bytes came before the file ended. */
async function readFully(
  handle: SpillFileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < bytes.byteLength) {
    const rest = bytes.byteLength - done;
    const { bytesRead } = await handle.read(bytes, done, rest, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

function verified({ bytes, record }: Reading, checksum: number): ReadOutcome {
  if (checksum === record.checksum) return { kind: "read", block: blockOfRecord(bytes) };
  const [found, wanted] = [checksum, record.checksum].map((each) =>
    each.toString(16).padStart(8, "0"),
  );
  return lost(`its checksum is ${found}, not ${wanted}`, undefined);
}

function lost(reason: string, cause: unknown): ReadOutcome {
  return { kind: "lost", reason, cause };
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "the file is missing" : message;
}
