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
import { checkAborted } from "./storage-error.ts";

// Large enough that a read costs little beside its bytes, small enough for two of them a stream
// (one is read ahead).
const READ_BYTES = 1 << 20;

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
  const file = await fsp.open(url, "r").catch(fileFailure("read", url));
  let next: Promise<Buffer> | undefined;
  try {
    const facts = await file.stat().catch(fileFailure("read", url));
    if (facts.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    // A pipe has no positions: it is read as it comes, and what stands before `start` is dropped.
    const seekable = facts.isFile() || facts.isBlockDevice();
    let position = seekable ? start : 0;
    const fetch = (): Promise<Buffer> => {
      const chunk = readChunk(file, position, Math.min(READ_BYTES, end - position), seekable);
      // It may fail while the consumer is busy and nobody waits for it; whoever asks next hears.
      chunk.catch(() => undefined);
      return chunk;
    };
    next = position < end ? fetch() : undefined;
    while (next !== undefined) {
      const chunk = await next;
      checkAborted("read", url, signal);
      if (chunk.length === 0) break;
      const from = position;
      position += chunk.length;
      next = position < end ? fetch() : undefined;
      if (position > start) yield from < start ? chunk.subarray(start - from) : chunk;
    }
  } catch (error) {
    fileFailure("read", url)(error);
  } finally {
    // The reader has left, or has its error: what was read ahead concerns nobody.
    await next?.catch(() => undefined);
    await file.close();
  }
}

async function readChunk(
  file: fsp.FileHandle,
  position: number,
  length: number,
  seekable: boolean,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, seekable ? position : null);
  return buffer.subarray(0, bytesRead);
}

function readRangeSync(url: string, { start = 0, end }: ReadRange): Uint8Array {
  const file = fs.openSync(url, "r");
  try {
    const stop = Math.min(end ?? Number.POSITIVE_INFINITY, fs.fstatSync(file).size);
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, stop - start));
    let filled = 0;
    while (filled < buffer.length) {
      const count = fs.readSync(file, buffer, filled, buffer.length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
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
