import { readRange, readRangeSync } from "@millrace/storage";
import { hasSyncReads } from "./bad-file.ts";
import { storageFault } from "./storage-fault.ts";

/** A range of bytes of a file. */
export interface ByteRange {
  readonly start: number;
  readonly size: number;
}

/**
 * The bytes of ranges of a file, and none but these: ranges that touch are one read, others are
 * not joined however small the gap.
 */
export async function readRanges(
  url: string,
  ranges: readonly ByteRange[],
): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  const ordered = ranges.map((range, i) => ({ ...range, i })).sort((a, b) => a.start - b.start);
  for (let at = 0; at < ordered.length;) {
    const first = ordered[at] as ByteRange;
    let end = first.start;
    let last = at;
    while (last < ordered.length && (ordered[last] as ByteRange).start === end) {
      end += (ordered[last++] as ByteRange).size;
    }
    const bytes = await readBytes(url, first.start, end - first.start);
    for (; at < last; at++) {
      const { i, start, size } = ordered[at] as ByteRange & { i: number };
      found[i] = bytes.subarray(start - first.start, start - first.start + size);
    }
  }
  return found;
}

/** A range of bytes of a file; of local ones without waiting, since threads have nothing else. */
export async function readBytes(url: string, start: number, size: number): Promise<Uint8Array> {
  if (size === 0) return new Uint8Array(0);
  try {
    return hasSyncReads(url) ? readRangeSync(url, start, size) : await readRange(url, start, size);
  } catch (error) {
    throw storageFault(error);
  }
}
