import { shown, StorageError } from "./storage-error.ts";

/**
 * One block of a file: bytes `offset` up to and without `offset + length`.
 *
 * @example
 * ```ts
 * import { splitBlocks, type Block } from "@millrace/storage";
 * const blocks: Block[] = splitBlocks(10, 4);
 * blocks.length; // => 3
 * ```
 */
export interface Block {
  /** First byte. */
  readonly offset: number;
  /** Bytes, 1 or more. */
  readonly length: number;
}

// An array of this many blocks is already hundreds of megabytes; a plan that long is a mistake in
// the units.
const BLOCKS_MAX = 10_000_000;

/**
 * The blocks of a file of `size` bytes: block i begins at `i * blockSize`, the last may be shorter,
 * an empty file has none.
 *
 * Only the size is needed (`stat`, or `list`), no byte is read: `readLines` finds the lines of each
 * block.
 *
 * @param size - bytes, a whole number of 0 or more
 * @param blockSize - bytes, a whole number of 1 or more
 * @throws StorageError `storage/bad-option` for other numbers
 * @example
 * ```ts
 * import { splitBlocks } from "@millrace/storage";
 * splitBlocks(10, 6); // => [{ offset: 0, length: 6 }, { offset: 6, length: 4 }]
 * ```
 */
export function splitBlocks(size: number, blockSize: number): Block[] {
  if (!Number.isSafeInteger(size) || size < 0) throw badNumber("size", size, "0 or more");
  if (!Number.isSafeInteger(blockSize) || blockSize < 1)
    throw badNumber("blockSize", blockSize, "1 or more");
  const count = Math.ceil(size / blockSize);
  if (count > BLOCKS_MAX) {
    throw badNumber("blockSize", blockSize, `at most ${BLOCKS_MAX} blocks of the ${size} bytes`);
  }
  return Array.from({ length: count }, (_, index) => {
    const offset = index * blockSize;
    return { offset, length: Math.min(blockSize, size - offset) };
  });
}

function badNumber(name: string, value: unknown, wanted: string): StorageError {
  const got = `${name} is no size in bytes, got ${shown(value)}`;
  const message = `splitBlocks: ${got}, wanted a whole number, ${wanted}.`;
  return new StorageError("storage/bad-option", message);
}
