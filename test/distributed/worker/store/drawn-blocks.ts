import type { Block } from "../../../../packages/distributed/src/codec/block.ts";

/** A block whose bytes follow from a seed, some of its parts empty, in shared memory or not. */
export function drawBlock(seed: number, headerBytes: number, sizes: readonly number[]): Block {
  const total = sizes.reduce((sum, bytes) => sum + bytes, headerBytes);
  const isShared = seed % 2 === 0;
  const memory = isShared ? new SharedArrayBuffer(total + 8) : new ArrayBuffer(total + 8);
  const bytes = new Uint8Array(memory);
  let state = (seed * 2_654_435_761) >>> 0;
  for (let index = 0; index < bytes.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  // Not at the start of its memory, as a slice is not.
  let start = seed % 8;
  const part = (length: number): Uint8Array => {
    start += length;
    return new Uint8Array(memory, start - length, length);
  };
  return { header: part(headerBytes), buffers: sizes.map(part) };
}

/** What is different between two blocks; undefined where nothing is. */
export function differenceOf(got: Block, wanted: Block): string | undefined {
  const [gotParts, parts] = [got, wanted].map(({ header, buffers }) => [header, ...buffers]);
  if (gotParts!.length !== parts!.length) return `${gotParts!.length} parts`;
  const index = parts!.findIndex((part, at) => Buffer.compare(part, gotParts![at]!) !== 0);
  return index < 0 ? undefined : `part ${index}`;
}

/** Whether every part is a view of one shared buffer that is hardly longer, and is aligned. */
export function isWellRead({ header, buffers }: Block): boolean {
  const memory = header.buffer;
  const bytes = buffers.reduce((sum, part) => sum + part.byteLength, header.byteLength);
  const slack = 8 * (2 * buffers.length + 3);
  return (
    memory instanceof SharedArrayBuffer &&
    buffers.every((part) => part.buffer === memory && part.byteOffset % 8 === 0) &&
    header.byteOffset % 8 === 0 &&
    memory.byteLength <= bytes + slack
  );
}
