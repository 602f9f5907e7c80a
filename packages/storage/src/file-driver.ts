import fs from "node:fs";
import fsp from "node:fs/promises";
import path from "node:path";
import type {
  ReadRange,
  SignalOption,
  StorageDriver,
  StorageEntry,
  StorageStat,
} from "./driver.ts";
import { fileFailure } from "./file-failure.ts";
import { fileSink } from "./file-sink.ts";
import { fileStage } from "./file-stage.ts";
import { orAbort } from "./on-abort.ts";
import { aborted, checkAborted } from "./storage-error.ts";

// Large enough that a read costs little beside its bytes, small enough for two of them a stream
// (one is read ahead).
const READ_BYTES = 1 << 20;
// What is asked for where the size says that nothing follows: files grow, and some say 0.
const LITTLE_BYTES = 4096;
const PIPE_BYTES = 64 * 1024;

/** Plain paths and `file:` URLs. */
export const fileDriver: StorageDriver = {
  stat: async (url, { signal }) => {
    checkAborted("stat", url, signal);
    return statOf(url, await fsp.stat(url).catch(fileFailure("stat", url)));
  },
  statSync: (url) =>
    statOf(
      url,
      attempt("stat", url, () => fs.statSync(url)),
    ),
  list: listDirectory,
  listSync: (directory) =>
    attempt("list", directory, () => fs.readdirSync(directory, { withFileTypes: true })).map(
      (entry) => entryOf(directory, entry),
    ),
  read: readFileRange,
  readSync: (url, range) => attempt("read", url, () => readRangeSync(url, range)),
  write: fileSink,
  stage: fileStage,
  remove: async (url, { signal }) => {
    checkAborted("remove", url, signal);
    await fsp.unlink(url).catch(fileFailure("remove", url));
  },
};

async function listDirectory(directory: string, options: SignalOption): Promise<StorageEntry[]> {
  checkAborted("list", directory, options.signal);
  const entries = await fsp
    .readdir(directory, { withFileTypes: true })
    .catch(fileFailure("list", directory));
  return entries.map((entry) => entryOf(directory, entry));
}

async function* readFileRange(url: string, range: ReadRange): AsyncGenerator<Uint8Array> {
  const { start = 0, end = Number.POSITIVE_INFINITY, signal } = range;
  checkAborted("read", url, signal);
  const stopped = (fired: AbortSignal): Error => aborted("read", url, fired);
  // Opening a pipe waits for its writer, for ever if need be.
  const opening = fsp.open(url, "r").catch(fileFailure("read", url));
  const file = await orAbort(opening, signal, stopped, async (late) => late.close());
  let next: Promise<Buffer> | undefined;
  // A pipe has no positions: it is read as it comes, and what stands before `start` is dropped.
  let seekable = true;
  try {
    const facts = await file.stat();
    if (facts.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    seekable = facts.isFile() || facts.isBlockDevice();
    let position = seekable ? start : 0;
    const fetch = (): Promise<Buffer> => {
      const likely = seekable ? Math.max(facts.size - position, LITTLE_BYTES) : PIPE_BYTES;
      const length = Math.min(READ_BYTES, end - position, likely);
      const chunk = readChunk(file, position, length, seekable);
      // It may fail while the consumer is busy and nobody waits for it; whoever asks next hears.
      chunk.catch(() => undefined);
      return chunk;
    };
    next = position < end ? fetch() : undefined;
    while (next !== undefined) {
      const chunk = await (seekable ? next : orAbort(next, signal, stopped, async () => undefined));
      checkAborted("read", url, signal);
      const from = position;
      position += chunk.length;
      next = chunk.length > 0 && position < end ? fetch() : undefined;
      if (chunk.length > 0 && position > start)
        yield from < start ? chunk.subarray(start - from) : chunk;
    }
  } catch (error) {
    fileFailure("read", url)(error);
  } finally {
    const closed = closeAfter(next, file);
    if (seekable || next === undefined) await closed;
    // What a pipe is asked for may never come, so nobody waits for it or for its end.
    else closed.catch(() => undefined);
  }
}

async function closeAfter(last: Promise<Buffer> | undefined, file: fsp.FileHandle): Promise<void> {
  // The reader has left, or has its error: what was read ahead concerns nobody.
  await last?.catch(() => undefined);
  await file.close();
}

async function readChunk(
  file: fsp.FileHandle,
  position: number,
  length: number,
  seekable: boolean,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, seekable ? position : null);
  const chunk = buffer.subarray(0, bytesRead);
  // A view keeps, and a message to another thread copies, the whole of what it is a view of.
  return bytesRead < length / 2
    ? Buffer.from(Uint8Array.prototype.slice.call(chunk).buffer)
    : chunk;
}

function readRangeSync(url: string, { start = 0, end }: ReadRange): Uint8Array {
  const file = fs.openSync(url, "r");
  try {
    const stop = end ?? Number.POSITIVE_INFINITY;
    const parts: Buffer[] = [];
    let likely = fs.fstatSync(file).size - start;
    // The size is a hint: files grow, and those of /proc say 0.
    for (let position = start; position < stop;) {
      const length = Math.min(stop - position, Math.max(likely, LITTLE_BYTES));
      const buffer = Buffer.allocUnsafeSlow(length);
      const count = fs.readSync(file, buffer, 0, length, position);
      if (count === 0) break;
      parts.push(buffer.subarray(0, count));
      position += count;
      likely -= count;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  } finally {
    fs.closeSync(file);
  }
}

function statOf(url: string, facts: fs.Stats): StorageStat {
  const kind = facts.isFile() ? "file" : facts.isDirectory() ? "directory" : "other";
  const size = kind === "other" ? undefined : facts.size;
  return { url, kind, size, modifiedMs: facts.mtimeMs, etag: undefined, ranged: kind === "file" };
}

function entryOf(directory: string, entry: fs.Dirent): StorageEntry {
  const link = entry.isSymbolicLink();
  const facts = link ? targetOf(path.join(directory, entry.name)) : entry;
  const kind = facts?.isFile() ? "file" : facts?.isDirectory() ? "directory" : "other";
  return { name: entry.name, kind, link };
}

/** What a link leads to; `undefined` for one that leads nowhere, to itself or where we may not. */
function targetOf(link: string): fs.Stats | undefined {
  try {
    return fs.statSync(link);
  } catch {
    return undefined;
  }
}

function attempt<T>(api: string, url: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    return fileFailure(api, url)(error);
  }
}
