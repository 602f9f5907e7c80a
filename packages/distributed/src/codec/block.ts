/**
 * A value at rest: the header says how to read it and holds whatever is small; large binary parts
 * are buffers, which nobody copies again. Blocks are values: none of their bytes ever changes.
 */
export interface Block {
  readonly header: Uint8Array;
  readonly buffers: readonly Uint8Array[];
  /**
   * Each buffer is a memory of its own, which is not shared and which nobody else reads: whoever
   * decodes the block, once, may give it away.
   */
  readonly isOwn?: boolean;
}

/** How many bytes a block holds, exactly; views of a longer buffer count what they show. */
export function blockBytes({ header, buffers }: Block): number {
  let bytes = header.byteLength;
  for (const buffer of buffers) bytes += buffer.byteLength;
  return bytes;
}
