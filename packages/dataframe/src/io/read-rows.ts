import { decodedChunks } from "./decoded-chunks.ts";
import { lineOfBlock, lineOfStream } from "./line-of.ts";
import { localBytes } from "./local-bytes.ts";
import { RowFault } from "./row-fault.ts";
import type { TextFormat } from "./text-format.ts";

/** Takes rows of a file, a piece of it at a time. */
export interface RowReader {
  readonly isDone: boolean;
  /**
   * Takes rows that begin before `stop`, as far as they are there whole; gives the place where the
   * next one begins, 0 where there is none. `isLast`: the file ends with these bytes.
   */
  read(bytes: Uint8Array, stop: number, isLast: boolean): number;
  /** Makes room for this many times the rows that are there: that much will come. */
  expect(times: number): void;
  /** What is wrong with a first row that does not end within these bytes. */
  endless(bytes: number): RowFault;
}

/** Bytes of a file in memory at a time: they and what is made of them should stay in caches. */
const CHUNK_BYTES = 1 << 20;
/** Bytes behind a block that its last row most likely does not go beyond. */
const SPILL_BYTES = 1 << 16;
/** Longest row: what is more is a quote or a line that does not end. */
const ROW_BYTES_MAX = 1 << 28;

/** Takes the rows that begin from `from` up to, without, `end`; gives where the next one begins. */
export function readBlockRows(
  reader: RowReader,
  url: string,
  from: number,
  { end, size }: { readonly end: number; readonly size: number },
): number {
  let at = from;
  let chunk = CHUNK_BYTES;
  while (at < end && !reader.isDone) {
    const spill = Math.max(SPILL_BYTES, chunk - CHUNK_BYTES);
    const length = Math.min(chunk, end - at + spill, size - at);
    const next = takeRows(reader, localBytes(url, at, length), end - at, at + length === size);
    if (next instanceof RowFault) throw next.inLine(lineOfBlock(url, at + next.at), url);
    if (next > 0) {
      if (at === from) reader.expect((end - at) / next);
      at = Math.min(at + next, size);
      chunk = CHUNK_BYTES;
    } else chunk *= 2;
  }
  return at;
}

/**
 * Takes the rows of a file that has to be waited for. `open` gets its beginning until it gives the
 * place where rows begin.
 */
export async function readStreamRows(
  reader: RowReader,
  url: string,
  format: TextFormat,
  open: (bytes: Uint8Array, isWhole: boolean) => number | undefined,
): Promise<void> {
  let held: Uint8Array = new Uint8Array(0);
  /** Place of `held` in the file, and the bytes that make a try worth while. */
  let [at, enough] = [0, 1];
  let isOpen = false;
  const chunks = decodedChunks(url, format);
  for (let isLast = false; !isLast && !reader.isDone;) {
    const { done, value } = await chunks.next();
    isLast = done === true;
    if (value !== undefined) held = held.length === 0 ? value : Buffer.concat([held, value]);
    if (!isLast && held.length < enough) continue;
    if (!isOpen) {
      const start = open(held, isLast);
      isOpen = start !== undefined;
      at = start ?? 0;
      held = held.subarray(at);
    }
    const next = isOpen && held.length > 0 ? takeRows(reader, held, held.length + 1, isLast) : 0;
    if (next instanceof RowFault) {
      throw next.inLine(await lineOfStream(url, at + next.at, format), url);
    }
    enough = next === 0 ? 2 * held.length : 1;
    at += next;
    held = held.subarray(next);
  }
  await chunks.return(undefined);
}

function takeRows(
  reader: RowReader,
  bytes: Uint8Array,
  stop: number,
  isLast: boolean,
): number | RowFault {
  try {
    const next = reader.read(bytes, stop, isLast);
    const isStuck = next === 0 && (isLast || bytes.length >= ROW_BYTES_MAX);
    return isStuck && !reader.isDone ? reader.endless(bytes.length) : next;
  } catch (error) {
    if (error instanceof RowFault) return error;
    throw error;
  }
}
