import { checkOptions } from "./check-options.ts";
import { type Compression, compressionOf } from "./compression.ts";
import type { SignalOption } from "./driver.ts";
import { type LineEncoding, lineFormat } from "./line-format.ts";
import { LineCutter, TEXT_BYTES } from "./line-cutter.ts";
import { type Location, locate, withoutCredentials } from "./location.ts";
import { lineSource } from "./line-source.ts";
import { checkAborted, shown, StorageError } from "./storage-error.ts";

/**
 * Options of `readLines` and `readLineBatches`; plain data but for `signal`.
 *
 * @example
 * ```ts
 * import type { LineOptions } from "@millrace/storage";
 * const second: LineOptions = { offset: 64_000_000, length: 64_000_000 };
 * second.offset; // => 64000000
 * ```
 */
export interface LineOptions extends SignalOption {
  /** First byte of the block, default 0. */
  readonly offset?: number | undefined;
  /** Bytes of the block, default all that follow. */
  readonly length?: number | undefined;
  /** What ends a line, taken off exactly; default `\n`, with a `\r` before it. */
  readonly delimiter?: string | undefined;
  /** Default `utf8`. */
  readonly encoding?: LineEncoding | undefined;
  /** Default `infer`, by suffix; a compressed file has one block, the whole. */
  readonly compression?: Compression | undefined;
  /**
   * Bytes that are no text in the encoding are `storage/bad-encoding` instead of U+FFFD; default
   * false.
   */
  readonly fatal?: boolean | undefined;
  /**
   * The longest line in bytes, 64 KiB to 500 MiB, default 256 MiB: a wrong delimiter must not fill
   * the memory.
   */
  readonly lineBytesMax?: number | undefined;
}

const OPTIONS: readonly string[] = [
  "offset",
  "length",
  "delimiter",
  "encoding",
  "compression",
  "fatal",
  "lineBytesMax",
  "signal",
];

const LINE_BYTES_MAX = 256 * 1024 * 1024;
// The longest string of V8 is a little below 512 Mi characters.
const LINE_BYTES_LIMIT = 500 * 1024 * 1024;

/**
 * The lines that begin in one block of a file, in order, as arrays of lines; nothing is held
 * between two arrays.
 *
 * A block owns the lines whose first byte is in it, so the blocks of `splitBlocks` give every line
 * once, whatever the block size; the last line of a block is read past its end. Line ends are taken
 * off; the last line needs none; a file that ends with a line end has no empty line after it. A
 * byte order mark at the start of the file is dropped. Bytes that are no UTF-8 become U+FFFD (see
 * `fatal`).
 *
 * Shapes: an array holds about 64 KiB of text, never none. Cost: one pass; memory about 3 MiB and
 * the longest line. Lines of an array share their text: keeping one line keeps about 64 KiB (copy
 * it if you keep few of many). A delimiter that can overlap itself (as `||` can) costs a search
 * backwards for as long as it repeats before a block.
 *
 * @throws StorageError `storage/bad-range` for a block of a compressed file, `storage/bad-option`,
 *   `storage/line-too-long`, `storage/bad-encoding`; otherwise as `openRead`
 * @see read_block and read_bytes in Dask and fsspec (source of the rule that a block owns the lines
 *   that begin in it)
 * @example
 * ```ts
 * import { readLineBatches, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/lines-`)}/a.txt`;
 * await writeAll(file, ["one\ntwo\nthree\n"]);
 * let count = 0;
 * for await (const lines of readLineBatches(file)) for (const _ of lines) count++;
 * count; // => 3
 * ```
 */
export async function* readLineBatches(
  url: string | URL,
  options: LineOptions = {},
): AsyncGenerator<string[]> {
  checkOptions("readLines", options, OPTIONS);
  const location = locate("readLines", url);
  const format = lineFormat(options.delimiter, options.encoding, options.fatal ?? false);
  const block = blockOf(location, options);
  const lineBytesMax = checkedLineMax(options.lineBytesMax ?? LINE_BYTES_MAX);
  if (block.offset === block.end) return;
  const name = withoutCredentials(location.url);
  const source = await lineSource(location, block, format, options);
  const cutter = new LineCutter(format, block, source.position, name, lineBytesMax);
  for await (const chunk of source.chunks) {
    cutter.push(chunk);
    for (let lines = cutter.next(); lines !== undefined; lines = cutter.next()) {
      checkAborted("readLines", name, options.signal);
      yield lines;
    }
    if (cutter.done) return;
  }
  const rest = cutter.finish();
  if (rest.length > 0) yield rest;
}

/**
 * The lines that begin in one block of a file as one array; see `readLineBatches` for the rules.
 *
 * Cost: all lines of the block in memory.
 *
 * @throws StorageError as `readLineBatches`
 * @example
 * ```ts
 * import { readLines, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/lines-`)}/a.txt`;
 * await writeAll(file, ["one\r\ntwo\r\nthree"]);
 * await readLines(file); // => ["one", "two", "three"]
 * await readLines(file, { offset: 0, length: 3 }); // => ["one"]
 * await readLines(file, { offset: 3, length: 99 }); // => ["two", "three"]
 * ```
 */
export async function readLines(url: string | URL, options: LineOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of readLineBatches(url, options))
    for (const line of batch) lines.push(line);
  return lines;
}

/** A block with its end; the end of an unlimited one is infinite. */
export interface LineBlock {
  readonly offset: number;
  readonly end: number;
}

function blockOf(location: Location, options: LineOptions): LineBlock {
  const { offset = 0, length } = options;
  const name = withoutCredentials(location.url);
  const got = `got offset ${offset} and length ${String(length)}`;
  const whole = Number.isSafeInteger(offset) && offset >= 0;
  if (!whole || (length !== undefined && !(Number.isSafeInteger(length) && length >= 0))) {
    const message =
      `readLines: not a block of ${shown(name)}, ${got}, ` +
      "wanted whole numbers of 0 or more. Take blocks from splitBlocks().";
    throw new StorageError("storage/bad-range", message, name);
  }
  const codec = compressionOf(location.url, options.compression);
  if (codec !== "none" && (offset > 0 || length !== undefined)) {
    const message =
      `readLines: a ${codec} file has no blocks, ${got} for ${shown(name)}, ` +
      "wanted neither. Read it as one block.";
    throw new StorageError("storage/bad-range", message, name);
  }
  return { offset, end: length === undefined ? Number.POSITIVE_INFINITY : offset + length };
}

function checkedLineMax(bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= TEXT_BYTES && bytes <= LINE_BYTES_LIMIT) return bytes;
  const message =
    `readLines: lineBytesMax is out of range, got ${shown(bytes)}, ` +
    `wanted ${TEXT_BYTES} to ${LINE_BYTES_LIMIT} bytes.`;
  throw new StorageError("storage/bad-option", message);
}
