import type { Block } from "../../codec/block.ts";
import { alignedEnd, blockIn, layoutBytes } from "../../codec/block-layout.ts";
import { DataFault, DataTooLarge } from "./data-error.ts";
import type { BlockTable } from "./data-messages.ts";

/** What comes in as a row of tables with blocks. */
export interface BlockTakerOptions {
  /** How many blocks may come, those that are not there included. */
  readonly countMax: number;
  /** How many bytes may be announced in all. */
  readonly bytesMax: number;
  readonly isChecked: boolean;
  /** Whether parts of large blocks are to be memories of their own, and not shared. */
  readonly isOwn: boolean;
  /** Whether anybody wants what comes; asked when a block begins. */
  readonly isWanted: () => boolean;
  /** Block number `at`, intact. */
  readonly deliver: (at: number, block: Block) => void;
}

/** Smaller blocks are copied out of what is shared, which takes less than memory for each part. */
const ownBytesLeast = 256 * 1024;

/**
 * Blocks that are coming in, each into one new shared memory, which is taken when its first byte is
 * there. With checksums a block is held back until its own has come and is right.
 */
export class BlockTaker {
  readonly #options: BlockTakerOptions;
  /** How many blocks were announced, those included that are not there. */
  announced = 0;
  #bytes = 0;
  /** Those of the table that are there: numbers and lengths of parts. */
  #coming: { readonly at: number; readonly lengths: Float64Array }[] = [];
  #next = 0;
  #memory: SharedArrayBuffer | undefined;
  /** Where the parts of the block go that has begun, if each is a memory of its own. */
  #parts: readonly Uint8Array[] | undefined;
  #held: { readonly at: number; readonly block: Block | undefined; readonly check: number }[] = [];

  constructor(options: BlockTakerOptions) {
    this.#options = options;
  }

  /**
   * A table has come; gives the sizes of the blocks that follow.
   *
   * @throws DataFault with what was found, where that cannot be
   */
  table({ counts, lengths, checks }: BlockTable): readonly number[] {
    const { countMax, bytesMax } = this.#options;
    this.verify(checks);
    this.#coming = [];
    this.#next = 0;
    if (this.announced + counts.length > countMax) {
      throw new DataFault(`more than the ${countMax} blocks that may come`);
    }
    let part = 0;
    for (const count of counts) {
      const at = this.announced++;
      if (count > 0) this.#coming.push({ at, lengths: lengths.subarray(part, part + count) });
      part += count;
    }
    const sizes = this.#coming.map((each) => layoutBytes(each.lengths));
    this.#bytes = sizes.reduce((sum, size) => sum + size, this.#bytes);
    if (!(this.#bytes <= bytesMax)) {
      throw new DataTooLarge(`an announcement of ${this.#bytes} bytes, more than ${bytesMax}`);
    }
    return sizes;
  }

  /** The next block begins: its memory, in pieces that follow one another. */
  begin(byteCount: number): Uint8Array[] | undefined {
    const { isWanted, isOwn } = this.#options;
    if (!isWanted()) return undefined;
    if (isOwn && byteCount >= ownBytesLeast) {
      const lengths = this.#coming[this.#next]?.lengths ?? [];
      this.#parts = Array.from(lengths, (length) => ownMemoryOf(length));
      return withGaps(this.#parts);
    }
    this.#memory = memoryOf(byteCount);
    return [new Uint8Array(this.#memory)];
  }

  /** The block that was begun is complete. */
  complete(check: number): void {
    const { at, lengths } = this.#coming[this.#next++] as { at: number; lengths: Float64Array };
    const block = this.#taken(lengths);
    this.#memory = undefined;
    this.#parts = undefined;
    if (this.#options.isChecked) this.#held.push({ at, block, check });
    else if (block !== undefined) this.#options.deliver(at, block);
  }

  #taken(lengths: Float64Array): Block | undefined {
    if (this.#memory !== undefined) return blockIn(this.#memory, lengths);
    if (this.#parts === undefined) return undefined;
    const [header, ...buffers] = this.#parts as [Uint8Array, ...Uint8Array[]];
    return { header, buffers, isOwn: true };
  }

  /**
   * The checksums of the blocks of the last table have come.
   *
   * @throws DataFault where one is wrong or missing
   */
  verify(checks: Uint32Array): void {
    const held = this.#held;
    this.#held = [];
    if (checks.length !== held.length) {
      throw new DataFault(`${checks.length} checksums for ${held.length} blocks`);
    }
    for (const [n, { at, block, check }] of held.entries()) {
      if (block === undefined) continue;
      const wanted = checks[n] as number;
      if (check !== wanted) {
        const [found, right] = [check, wanted].map((each) => each.toString(16).padStart(8, "0"));
        throw new DataFault(`the checksum ${found} instead of ${right}`);
      }
      this.#options.deliver(at, block);
    }
  }
}

/** What comes between parts goes nowhere. */
function withGaps(parts: readonly Uint8Array[]): Uint8Array[] {
  let end = 0;
  const all = parts.flatMap((part) => {
    const start = alignedEnd(end);
    const gap = new Uint8Array(start - end);
    end = start + part.length;
    return [gap, part];
  });
  return all.filter(({ length }) => length > 0);
}

function memoryOf(byteCount: number): SharedArrayBuffer {
  return taken(byteCount, () => new SharedArrayBuffer(byteCount));
}

function ownMemoryOf(byteCount: number): Uint8Array {
  return taken(byteCount, () => new Uint8Array(byteCount));
}

function taken<T>(byteCount: number, take: () => T): T {
  try {
    return take();
  } catch (error) {
    throw new DataTooLarge(`a block of ${byteCount} bytes, for which there is no memory`, {
      cause: error,
    });
  }
}
