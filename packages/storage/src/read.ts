import { checkOptions } from "./check-options.ts";
import { type Compression, compressionOf } from "./compression.ts";
import { type CompressedRead, decompress } from "./decompress.ts";
import type { ReadRange, SignalOption } from "./driver.ts";
import { type Location, locate, withoutCredentials } from "./location.ts";
import { driverOf, unsupported } from "./register-driver.ts";
import { checkAborted, shown, StorageError } from "./storage-error.ts";

/**
 * Options of `openRead` and `readAll`.
 *
 * @example
 * ```ts
 * import type { ReadOptions } from "@millrace/storage";
 * const firstKilobyte: ReadOptions = { end: 1000, compression: "none" };
 * firstKilobyte.end; // => 1000
 * ```
 */
export interface ReadOptions extends ReadRange {
  /**
   * Default `infer`, by suffix. `start` and `end` need a file that is not compressed, or `none` for
   * its raw bytes.
   */
  readonly compression?: Compression | undefined;
}

/**
 * The bytes of one file as a stream of chunks of any size, decompressed; the chunks are yours to
 * keep.
 *
 * Nothing is opened before the first chunk is asked for. Leaving the loop closes everything.
 * Memory: a few chunks of at most 1 MiB (zstd and lz4 through optional packages: one whole frame).
 * `start` and `end` are clipped to the file.
 *
 * @throws StorageError `storage/not-found`, `storage/corrupt`, `storage/missing-codec`,
 *   `storage/bad-range`, `storage/http-status`, `storage/network`, `storage/aborted`,
 *   `storage/denied`, `storage/not-a-file`
 * @example
 * ```ts
 * import { openRead, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/read-`)}/a.txt.gz`;
 * await writeAll(file, ["hello"]);
 * let bytes = 0;
 * for await (const chunk of openRead(file)) bytes += chunk.length;
 * bytes; // => 5
 * ```
 */
export async function* openRead(
  url: string | URL,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  checkOptions("openRead", options, ["start", "end", "compression", "signal"]);
  const location = locate("openRead", url);
  const driver = driverOf("openRead", location);
  const codec = compressionOf(location.url, options.compression);
  checkRange("openRead", location, options.start ?? 0, options.end);
  if (codec === "none") {
    yield* driver.read(location.url, options);
    return;
  }
  const name = withoutCredentials(location.url);
  if (options.start !== undefined || options.end !== undefined) {
    throw new StorageError(
      "storage/bad-range",
      `openRead: a ${codec} file has no ranges, got start or end for ${shown(name)}. ` +
        `Read it whole, or pass compression: "none" for the bytes at rest.`,
      name,
    );
  }
  const read: CompressedRead = (signal, onDecoded) =>
    driver.read(location.url, { signal, onDecoded });
  for await (const chunk of decompress(codec, read, name, options.signal)) {
    checkAborted("openRead", name, options.signal);
    yield chunk;
  }
}

/**
 * All bytes of one file (or of a range of it) in one array, decompressed.
 *
 * @throws StorageError as `openRead`
 * @example
 * ```ts
 * import { readAll, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/read-`)}/a.txt.br`;
 * await writeAll(file, ["hello"]);
 * new TextDecoder().decode(await readAll(file)); // => "hello"
 * ```
 */
export async function readAll(url: string | URL, options: ReadOptions = {}): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of openRead(url, options)) chunks.push(chunk);
  return joined(chunks);
}

/**
 * Exactly `length` bytes at rest from byte `offset` on, never fewer and never decompressed; one
 * request.
 *
 * @throws StorageError `storage/bad-range` when the file ends earlier or a number is not a whole
 *   one of 0 or more; otherwise as `openRead`
 * @example
 * ```ts
 * import { readRange, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/range-`)}/a.txt`;
 * await writeAll(file, ["hello"]);
 * new TextDecoder().decode(await readRange(file, 1, 3)); // => "ell"
 * ```
 */
export async function readRange(
  url: string | URL,
  offset: number,
  length: number,
  options: SignalOption = {},
): Promise<Uint8Array> {
  checkOptions("readRange", options, ["signal"]);
  const location = locate("readRange", url);
  const driver = driverOf("readRange", location);
  checkRange("readRange", location, offset, offset + length);
  const chunks: Uint8Array[] = [];
  const range = { start: offset, end: offset + length, signal: options.signal };
  for await (const chunk of driver.read(location.url, range)) chunks.push(chunk);
  return exactly("readRange", location, offset, length, joined(chunks));
}

/**
 * As `readRange`, without waiting, for schemes that can (local files): to look at a header while
 * planning.
 *
 * @throws StorageError as `readRange`; `storage/unsupported` for a scheme that must wait, such as
 *   http
 * @example
 * ```ts
 * import { readRangeSync, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/range-`)}/a.txt`;
 * await writeAll(file, ["hello"]);
 * new TextDecoder().decode(readRangeSync(file, 0, 2)); // => "he"
 * ```
 */
export function readRangeSync(url: string | URL, offset: number, length: number): Uint8Array {
  const location = locate("readRangeSync", url);
  const driver = driverOf("readRangeSync", location);
  checkRange("readRangeSync", location, offset, offset + length);
  if (driver.readSync === undefined) {
    throw unsupported("readRangeSync", location, "must wait", "Use await readRange()");
  }
  const bytes = driver.readSync(location.url, { start: offset, end: offset + length });
  return exactly("readRangeSync", location, offset, length, bytes);
}

function checkRange(api: string, location: Location, start: number, end: number | undefined): void {
  const valid = Number.isSafeInteger(start) && start >= 0;
  if (valid && (end === undefined || (Number.isSafeInteger(end) && end >= start))) return;
  throw badRange(
    api,
    location,
    `got ${start} to ${String(end)}, wanted whole numbers of 0 or more in order`,
  );
}

function exactly(
  api: string,
  location: Location,
  offset: number,
  length: number,
  bytes: Uint8Array,
): Uint8Array {
  if (bytes.length === length) return bytes;
  const end = offset + length;
  throw badRange(
    api,
    location,
    `got ${bytes.length} of the bytes ${offset} to ${end}, the file ends before`,
  );
}

function badRange(api: string, { url }: Location, what: string): StorageError {
  const name = withoutCredentials(url);
  const message = `${api}: not a range of ${shown(name)}, ${what}. Take its size from stat().`;
  return new StorageError("storage/bad-range", message, name);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}
