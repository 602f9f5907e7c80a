import { readRange, readRangeSync, stat } from "@millrace/storage";
import { annotateBadFile, hasSyncReads } from "../bad-file.ts";
import type { FileVersion } from "../file-version.ts";
import type { ParquetFooter } from "./footer.ts";
import { footerLength, parseFooter } from "./footer.ts";

/** Bytes that are read at the end of a file before its footer's length is known. */
const TAIL_BYTES = 65_536;

/** The footer of a local file, without waiting. */
export function readFooterSync(file: FileVersion): ParquetFooter {
  const { url, size } = file;
  return annotateBadFile(url, () => {
    const tail = readRangeSync(url, tailStart(size), size - tailStart(size));
    const length = footerLength(tail, size);
    if (length + 8 <= tail.length) return footerOfTail(tail, length, size);
    return parseFooter(readRangeSync(url, size - length - 8, length), size);
  });
}

/** The footer of a file; of files that were read last it is remembered. */
export async function readFooter(file: FileVersion): Promise<ParquetFooter> {
  const key = JSON.stringify([file.url, file.size, file.modifiedMs]);
  const known = footers.get(key);
  if (known !== undefined) return known;
  const footer = hasSyncReads(file.url) ? readFooterSync(file) : await awaitFooter(file);
  const [oldest] = footers.keys();
  if (footers.size >= FOOTERS_MAX && oldest !== undefined) footers.delete(oldest);
  footers.set(key, footer);
  return footer;
}

const footers = new Map<string, ParquetFooter>();

/** Tasks of a thread read a few files at a time; footers of wide files take megabytes. */
const FOOTERS_MAX = 16;

async function awaitFooter({ url, size: known }: FileVersion): Promise<ParquetFooter> {
  const size = known === 0 ? ((await stat(url)).size ?? 0) : known;
  const tail = await readRange(url, tailStart(size), size - tailStart(size));
  const length = annotateBadFile(url, () => footerLength(tail, size));
  if (length + 8 <= tail.length) {
    return annotateBadFile(url, () => footerOfTail(tail, length, size));
  }
  const bytes = await readRange(url, size - length - 8, length);
  return annotateBadFile(url, () => parseFooter(bytes, size));
}

function tailStart(size: number): number {
  return Math.max(0, size - TAIL_BYTES);
}

function footerOfTail(tail: Uint8Array, length: number, size: number): ParquetFooter {
  return parseFooter(tail.subarray(tail.length - 8 - length, tail.length - 8), size);
}
