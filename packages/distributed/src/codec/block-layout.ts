import type { Block } from "./block.ts";
import { BUFFER_ALIGNMENT } from "./share-block.ts";

/*
 * A block on its way, which is also what it is in the memory of who gets it: the header and the
 * buffers, each but the first behind as many zeros as bring it to a multiple of 64. So the bytes of
 * a block go from the socket to where they stay in one piece.
 */

/** What stands between parts. */
export const ZEROS: Uint8Array = new Uint8Array(BUFFER_ALIGNMENT);

/** Where the next part begins behind one that ends at `end`. */
export function alignedEnd(end: number): number {
  return Math.ceil(end / BUFFER_ALIGNMENT) * BUFFER_ALIGNMENT;
}

/** How many bytes a block of such parts takes. */
export function layoutBytes(lengths: Iterable<number>): number {
  let end = 0;
  for (const length of lengths) end = alignedEnd(end) + length;
  return end;
}

/** The block in a memory that was filled; its parts are views. */
export function blockIn(memory: ArrayBufferLike, lengths: Iterable<number>): Block {
  let end = 0;
  const parts = Array.from(lengths, (length) => {
    const start = alignedEnd(end);
    end = start + length;
    return new Uint8Array(memory, start, length);
  });
  const [header, ...buffers] = parts as [Uint8Array, ...Uint8Array[]];
  return { header, buffers };
}
