import type { Cut, Pieces } from "@millrace/graph/tasks";
import { pieceOf } from "@millrace/graph/tasks";
import type { Block } from "../../codec/block.ts";
import { blockBytes } from "../../codec/block.ts";
import { isCut } from "../../codec/cut-block.ts";
import { decodeFrom, decodeValue } from "../../codec/decode-value.ts";
import { sliceBlock } from "../../codec/pieces.ts";
import { preparationFor } from "../../codec/preparation.ts";
import { letGo } from "../store/reclaim-memory.ts";
import type { ValueName } from "../worker-events.ts";

/** A value that the thread has: as a block, and alive once somebody has read it. */
interface Held {
  readonly version: number;
  readonly block: Block;
  live: unknown;
  isLive: boolean;
}

/**
 * The values that a thread has. What it made itself is kept alive for those tasks that read it
 * here; of the rest it has the memory, which other threads see too. The pool says what comes and
 * goes.
 */
export class ThreadValues {
  readonly #held = new Map<number, Held>();

  /** Keeps a block that others have made. */
  give(name: ValueName, block: Block): void {
    const { version } = name;
    this.#held.set(keyOf(name), { version, block, live: undefined, isLive: false });
  }

  /**
   * Keeps a value that was made here. Alive, if it would have to be built again; what is mostly
   * buffers was copied into the block, and views of that cost nothing.
   */
  keep(name: ValueName, block: Block, live: unknown): void {
    const { version } = name;
    const copiedBytes = blockBytes(block) - block.header.byteLength;
    if (copiedBytes > block.header.byteLength) {
      this.give(name, block);
      letGo(copiedBytes);
    } else this.#held.set(keyOf(name), { version, block, live, isLive: true });
  }

  drop(name: ValueName): void {
    const key = keyOf(name);
    const held = this.#held.get(key);
    if (held?.version !== name.version) return;
    this.#held.delete(key);
    letGo(blockBytes(held.block));
  }

  /** What must be awaited before a value can be read; mostly nothing. */
  preparation(name: ValueName): Promise<void> | undefined {
    const { block, isLive } = this.#get(name);
    return isLive ? undefined : preparationFor(block);
  }

  /** A value, alive; it stays so for whoever reads it next. */
  read(name: ValueName): unknown {
    const held = this.#get(name);
    if (!held.isLive) {
      held.live = decodeValue(held.block);
      held.isLive = true;
    }
    return held.live;
  }

  /** One item of a value that was written in pieces. */
  readPiece(name: ValueName, piece: number): unknown {
    const { block, isLive, live } = this.#get(name);
    if (isLive) return pieceOf(live as Pieces, piece);
    // All pieces of a Cut are views of its arrays, so that it is read once for all of them.
    if (isCut(block)) return pieceOf(this.read(name) as Cut, piece);
    return decodeValue(sliceBlock(block, piece));
  }

  #get(name: ValueName): Held {
    const held = this.#held.get(keyOf(name));
    if (held?.version === name.version) return held;
    throw new Error(
      `a thread was told to read a value that it has not: ${name.id}:${name.version}`,
    );
  }
}

/** Pieces that were fetched alone have version 0 and numbers of their own. */
function keyOf({ id, version }: ValueName): number {
  return version === 0 ? -1 - id : id;
}

/** What must be awaited before a small block that came with a task can be read. */
export function payloadPreparation(
  payload: Uint8Array,
  start: number,
  end: number,
): Promise<void> | undefined {
  return preparationFor({ header: payload.subarray(start, end), buffers: [] });
}

/** A small block that came with a task. */
export function readPayload(payload: Uint8Array, start: number, end: number): unknown {
  return decodeFrom(payload, start, end);
}
