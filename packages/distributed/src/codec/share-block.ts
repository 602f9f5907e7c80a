import type { Block } from "./block.ts";

/** Where buffers begin in shared memory: a cache line, and a place for elements of any width. */
export const BUFFER_ALIGNMENT = 64;

/**
 * The same block in memory that threads share: header and buffers move into one new
 * SharedArrayBuffer, but for those that stand in one already; the given block stays as it is.
 * What two buffers show of the same memory is copied once.
 */
export function shareBlock(block: Block): Block {
  const { header, buffers } = block;
  const moving = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  const ids = new Map<ArrayBufferLike, number>();
  let end = 0;
  const place = (bytes: Uint8Array): string => {
    if (!ids.has(bytes.buffer)) ids.set(bytes.buffer, ids.size);
    const name = `${ids.get(bytes.buffer)}/${bytes.byteOffset}/${bytes.byteLength}`;
    if (!moving.has(name) && !isShared(bytes)) {
      moving.set(name, { bytes, at: end });
      end += Math.ceil(bytes.byteLength / BUFFER_ALIGNMENT) * BUFFER_ALIGNMENT;
    }
    return name;
  };
  const names = [header, ...buffers].map(place);
  if (moving.size === 0) return block;
  const memory = new SharedArrayBuffer(end);
  for (const { bytes, at } of moving.values()) new Uint8Array(memory, at).set(bytes);
  const moved = (bytes: Uint8Array, i: number): Uint8Array => {
    const found = moving.get(names[i] as string);
    return found === undefined ? bytes : new Uint8Array(memory, found.at, bytes.byteLength);
  };
  return { header: moved(header, 0), buffers: buffers.map((bytes, i) => moved(bytes, i + 1)) };
}

function isShared({ buffer }: Uint8Array): boolean {
  return buffer instanceof SharedArrayBuffer;
}
