import type { Block } from "../../codec/block.ts";
import { blockBytes } from "../../codec/block.ts";
import type { BlockTable } from "./data-messages.ts";
import type { Outgoing } from "./outgoing.ts";

/** Small blocks that share a table: so many, or as many bytes, whichever comes first. */
const TABLE_BLOCKS_MAX = 1_024;
const TABLE_BYTES_MAX = 2 ** 20;
/** Parts of all blocks of a table; a block with more stands alone. */
const TABLE_PARTS_MAX = 2 ** 14;

/**
 * Sends blocks, many small ones behind one table. The checksums of a table's blocks come with what
 * is next, as they are computed while the bytes are on their way.
 */
export class BlockSender {
  readonly #out: Outgoing;
  /** Makes a message of a table; `first` is the number of its first block. */
  readonly #announce: (table: BlockTable, first: number) => object;
  #blocks: (Block | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  #parts = 0;
  #checks: number[] = [];

  constructor(out: Outgoing, announce: (table: BlockTable, first: number) => object) {
    this.#out = out;
    this.#announce = announce;
  }

  /**
   * A block, or that there is none.
   *
   * @throws SocketGone
   */
  async add(block: Block | undefined): Promise<void> {
    const parts = block === undefined ? 0 : 1 + block.buffers.length;
    if (this.#parts > 0 && this.#parts + parts > TABLE_PARTS_MAX) await this.send();
    this.#blocks.push(block);
    this.#parts += parts;
    this.#bytes += block === undefined ? 0 : blockBytes(block);
    const isFull = this.#bytes >= TABLE_BYTES_MAX || this.#blocks.length >= TABLE_BLOCKS_MAX;
    if (isFull) await this.send();
  }

  /** Sends what was added. */
  async send(): Promise<void> {
    const blocks = this.#blocks;
    if (blocks.length === 0) return;
    this.#blocks = [];
    this.#bytes = 0;
    this.#parts = 0;
    this.#out.frame(this.#announce({ ...tableOf(blocks), checks: this.takeChecks() }, this.#first));
    this.#first += blocks.length;
    this.#out.isWithin = true;
    for (const block of blocks) {
      if (block === undefined) continue;
      const check = await this.#out.block(block);
      if (this.#out.isChecked) this.#checks.push(check);
    }
    this.#out.isWithin = false;
    this.#out.flush();
    await this.#out.room();
  }

  /** The checksums that were not sent. */
  takeChecks(): Uint32Array {
    const checks = Uint32Array.from(this.#checks);
    this.#checks = [];
    return checks;
  }
}

function tableOf(blocks: readonly (Block | undefined)[]): Pick<BlockTable, "counts" | "lengths"> {
  const counts = new Int32Array(blocks.length);
  const lengths: number[] = [];
  for (const [at, block] of blocks.entries()) {
    if (block === undefined) continue;
    counts[at] = 1 + block.buffers.length;
    lengths.push(block.header.length);
    for (const buffer of block.buffers) lengths.push(buffer.length);
  }
  return { counts, lengths: Float64Array.from(lengths) };
}
