import { blockBytes, type Block } from "../../codec/block.ts";
import { BlockTaker } from "./block-taker.ts";
import type { NamedBlockTable } from "./data-messages.ts";
import type { BlockName, ServerParts } from "./server-parts.ts";

/** Bytes that were handed over and are not taken yet; beyond, no more is read. */
const TAKING_BYTES_MAX = 64 * 2 ** 20;

/** Blocks that a peer is giving, and what becomes of each. */
export class ServedPush {
  readonly number: number;
  readonly taker: BlockTaker;
  /** Settled when every block was taken or refused; with those that were refused. */
  readonly outcome: Promise<ReadonlyMap<number, string>>;
  readonly #parts: ServerParts;
  readonly #changed: () => void;
  readonly #refused = new Map<number, string>();
  readonly #names: BlockName[] = [];
  #takingBytes = 0;
  #takingCount = 0;
  #isComplete = false;
  #settle!: (refused: ReadonlyMap<number, string>) => void;

  /** `changed` is called when there may be room for more. */
  constructor(parts: ServerParts, number: number, isChecked: boolean, changed: () => void) {
    this.number = number;
    this.#parts = parts;
    this.#changed = changed;
    this.outcome = new Promise((settle) => {
      this.#settle = settle;
    });
    this.taker = new BlockTaker({
      countMax: 2 ** 31 - 1,
      bytesMax: parts.limits.pushBytesMax,
      isChecked,
      isOwn: false,
      // What nobody takes is read all the same: the answer stands behind it.
      isWanted: () => parts.take !== undefined,
      deliver: (at, block) => void this.#take(at, block),
    });
  }

  /** Whether so much waits to be taken that the peer should wait too. */
  get isFull(): boolean {
    return this.#takingBytes > TAKING_BYTES_MAX;
  }

  /** Gives the sizes of the blocks that follow a table. */
  table(table: NamedBlockTable): readonly number[] {
    for (const [n, count] of table.counts.entries()) {
      const name = { id: table.ids[n] as number, version: table.versions[n] as number };
      const at = this.#names.push(name) - 1;
      if (count === 0) this.#refused.set(at, "there is no block");
      else if (this.#parts.take === undefined) this.#refused.set(at, "this worker takes no blocks");
    }
    return this.taker.table(table);
  }

  /** All blocks have come. */
  complete(checks: Uint32Array): void {
    this.taker.verify(checks);
    this.#isComplete = true;
    this.#settleWhenDone();
  }

  /** The connection is gone: nobody waits for the outcome. */
  abandon(): void {
    this.#settle(this.#refused);
  }

  async #take(at: number, block: Block): Promise<void> {
    const bytes = blockBytes(block);
    this.#takingBytes += bytes;
    this.#takingCount++;
    try {
      await this.#parts.take?.(this.#names[at] as BlockName, block);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refused.set(at, reason.slice(0, 300));
      this.#parts.log?.warn("pushed block not taken", { ...this.#names[at], reason });
    }
    this.#takingBytes -= bytes;
    this.#takingCount--;
    this.#settleWhenDone();
    this.#changed();
  }

  #settleWhenDone(): void {
    if (this.#isComplete && this.#takingCount === 0) this.#settle(this.#refused);
  }
}
