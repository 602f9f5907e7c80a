import type { Block } from "../../codec/block.ts";
import { BlockSender } from "./block-sender.ts";
import type { BlockTakerOptions } from "./block-taker.ts";
import { BlockTaker } from "./block-taker.ts";
import { DataFault } from "./data-error.ts";
import type { DataAnswer, DataWant } from "./data-messages.ts";
import type { Outgoing } from "./outgoing.ts";
import type { BlockName } from "./server-parts.ts";

/** A value that is given to a worker, and what it is called there. */
export interface NamedBlock extends BlockName {
  readonly block: Block;
}

/** What one question may be answered with. */
export type RequestAnswer = Exclude<DataAnswer, { kind: "wait" }>;

/** Something that is asked of a peer: how it is sent, and what is made of its answer. */
export interface PeerRequest {
  /** Whether all of it is sent at once, so that it can be given up and others stay. */
  readonly isShort: boolean;
  /** The caller has given up; what still comes is dropped. */
  drop(): void;
  send(out: Outgoing, number: number): Promise<void>;
  /**
   * Takes an answer: the sizes of the blocks that follow it, or "done" where it is the last.
   *
   * @throws DataFault where it is none to this request
   */
  answer(answer: RequestAnswer): readonly number[] | "done";
  /** Where the next block that comes goes to. */
  begin(byteCount: number): Uint8Array[] | undefined;
  complete(check: number): void;
}

/** Asks for blocks. */
export class FetchBlocks implements PeerRequest {
  readonly isShort = true;
  /** What was asked for, in its order; undefined where the peer has it not. */
  readonly blocks: (Block | undefined)[];
  readonly #wants: readonly DataWant[];
  readonly #taker: BlockTaker;
  #isDropped = false;

  constructor(
    wants: readonly DataWant[],
    { bytesMax, isChecked, isOwn }: Pick<BlockTakerOptions, "bytesMax" | "isChecked" | "isOwn">,
  ) {
    this.#wants = wants;
    this.blocks = Array.from({ length: wants.length });
    this.#taker = new BlockTaker({
      countMax: wants.length,
      bytesMax,
      isChecked,
      isOwn,
      isWanted: () => !this.#isDropped,
      deliver: (at, block) => {
        if (!this.#isDropped) this.blocks[at] = block;
      },
    });
  }

  drop(): void {
    this.#isDropped = true;
    this.blocks.fill(undefined);
  }

  async send(out: Outgoing, number: number): Promise<void> {
    out.frame({
      kind: "fetch",
      number,
      ids: Float64Array.from(this.#wants, ({ id }) => id),
      versions: Float64Array.from(this.#wants, ({ version }) => version),
      pieces: Int32Array.from(this.#wants, ({ piece }) => piece),
    });
    out.flush();
  }

  answer(answer: RequestAnswer): readonly number[] | "done" {
    if (answer.kind === "blocks") return this.#taker.table(answer);
    if (answer.kind !== "fetched") throw new DataFault("an answer to another question");
    this.#taker.verify(answer.checks);
    if (this.#taker.announced !== this.blocks.length) {
      const { announced } = this.#taker;
      throw new DataFault(`${announced} answers to a question for ${this.blocks.length} blocks`);
    }
    return "done";
  }

  begin(byteCount: number): Uint8Array[] | undefined {
    return this.#taker.begin(byteCount);
  }

  complete(check: number): void {
    this.#taker.complete(check);
  }
}

/** Gives blocks. */
export class PushBlocks implements PeerRequest {
  readonly isShort = false;
  /** Why a block was not taken, by its place. */
  readonly refusals: (string | undefined)[];
  readonly #blocks: readonly NamedBlock[];

  constructor(blocks: readonly NamedBlock[]) {
    this.#blocks = blocks;
    this.refusals = Array.from({ length: blocks.length });
  }

  drop(): void {
    // The connection ends: blocks cannot be taken back.
  }

  async send(out: Outgoing, number: number): Promise<void> {
    out.frame({ kind: "push", number });
    const sender = new BlockSender(out, (table, first) => {
      const named = this.#blocks.slice(first, first + table.counts.length);
      const ids = Float64Array.from(named, ({ id }) => id);
      const versions = Float64Array.from(named, ({ version }) => version);
      return { kind: "named-blocks", ...table, ids, versions };
    });
    for (const { block } of this.#blocks) await sender.add(block);
    await sender.send();
    out.frame({ kind: "pushed", checks: sender.takeChecks() });
    out.flush();
  }

  answer(answer: RequestAnswer): "done" {
    if (answer.kind !== "taken") throw new DataFault("an answer to another question");
    for (const [n, at] of answer.refused.entries()) {
      if (!(at >= 0 && at < this.refusals.length))
        throw new DataFault("a block that was not given");
      this.refusals[at] = answer.reasons[n];
    }
    return "done";
  }

  begin(): undefined {
    return undefined;
  }

  complete(): void {
    throw new DataFault("a block that nobody has asked for");
  }
}
