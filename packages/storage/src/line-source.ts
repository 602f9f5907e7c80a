import { compressionOf, type Compression } from "./compression.ts";
import type { SignalOption, StorageDriver } from "./driver.ts";
import { findDelimiter, type LineFormat } from "./line-format.ts";
import type { Location } from "./location.ts";
import { openRead } from "./read.ts";
import type { LineBlock } from "./read-lines.ts";
import { driverOf } from "./register-driver.ts";

/** The bytes that the lines of a block are found in, from `position` on. */
export interface LineSource {
  readonly position: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

type SourceOptions = SignalOption & { readonly compression?: Compression | undefined };

/**
 * Bytes from just before the block (for the delimiter that ends the line before) to as far as they
 * are asked for.
 */
export async function lineSource(
  location: Location,
  block: LineBlock,
  format: LineFormat,
  options: SourceOptions,
): Promise<LineSource> {
  const { compression, signal } = options;
  if (compressionOf(location.url, compression) !== "none") {
    return { position: 0, chunks: openRead(location.url, { compression, signal }) };
  }
  const driver = driverOf("readLines", location);
  const before = Math.max(0, block.offset - format.bytes.length);
  const aligned = before - (before % format.width);
  const position = overlaps(format)
    ? await clearOf(driver, location.url, aligned, format, signal)
    : aligned;
  if (block.end === Number.POSITIVE_INFINITY) {
    return { position, chunks: driver.read(location.url, { start: position, signal }) };
  }
  return { position, chunks: blockAndTail(driver, location.url, position, block.end, signal) };
}

function overlaps(format: LineFormat): boolean {
  return !format.simple && format.bytes.length > format.width;
}

// The rest of the last line is mostly short, so a little is read with the block, then more and
// more.
const TAIL_BYTES = 4 * 1024;
const TAIL_BYTES_MAX = 1024 * 1024;

async function* blockAndTail(
  driver: StorageDriver,
  url: string,
  start: number,
  blockEnd: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let position = start;
  let end = blockEnd + TAIL_BYTES;
  for (let tail = TAIL_BYTES; ; tail = Math.min(tail * 4, TAIL_BYTES_MAX)) {
    for await (const chunk of driver.read(url, { start: position, end, signal })) {
      position += chunk.length;
      yield chunk;
    }
    // Fewer bytes than asked for: the file has ended.
    if (position < end) return;
    end += tail;
  }
}

const BACKWARD_BYTES = 64 * 1024;

/**
 * A position at or before `from` that no occurrence of the delimiter lies across, overlapping ones
 * counted.
 *
 * Lines are what a scan from the start of the file finds, and `|||` holds a `||` at 0, not at 1. A
 * scan that begins where nothing lies across finds the same delimiters as one from the start.
 */
async function clearOf(
  driver: StorageDriver,
  url: string,
  from: number,
  format: LineFormat,
  signal: AbortSignal | undefined,
): Promise<number> {
  const reach = format.bytes.length - 1;
  let position = from;
  while (position > 0) {
    const start = Math.max(0, position - BACKWARD_BYTES);
    const window = await bytesOf(driver.read(url, { start, end: position + reach, signal }));
    // Only occurrences whose own straddlers are in the window can be judged, so the next window
    // overlaps this one.
    const lowest = start === 0 ? 0 : start + reach;
    let moved = true;
    while (moved && position > lowest) {
      const at = straddling(format, window, position - start, start);
      moved = at !== -1;
      if (moved) position = start + at;
    }
    if (!moved || position === 0) return position;
  }
  return position;
}

/** The first occurrence that begins before `position` and ends after it, or -1. */
function straddling(format: LineFormat, window: Buffer, position: number, origin: number): number {
  const from = Math.max(0, position - format.bytes.length + 1);
  const near = window.subarray(from, position + format.bytes.length - 1);
  const at = findDelimiter(format, near, 0, origin + from);
  return at === -1 ? -1 : from + at;
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
