import type { Block } from "../../codec/block.ts";
import { blockBytes } from "../../codec/block.ts";
import type { Outcome, PassedValue, Refusal } from "../../messages/coordination.ts";
import type { CoordinationInstruction } from "./coordination-events.ts";
import type { CoordinationLimits } from "./coordination-limits.ts";

/** Who has asked for something. */
export interface Asker {
  readonly epoch: number;
  readonly request: number;
}

/** A demand that waits. */
export interface Waiter extends Asker {
  /** Takes it out of where it waits, since nobody wants it any more. */
  leave: () => void;
  /** Does what follows from that, once all that are given up together have left. */
  left: () => void;
}

/** A value that is kept. */
export interface KeptValue {
  readonly block: Block;
  readonly bytes: number;
  /** Under which its futures are kept; 0 where it has none. */
  readonly share: number;
  readonly futures: number;
  /** Places where it is kept. */
  uses: number;
}

/**
 * What all that clients share has in common: who waits, which values are kept, what is answered.
 * Values and demands are counted, and a demand beyond the limits is refused.
 */
export class Desk {
  readonly limits: CoordinationLimits;
  readonly #instructions: CoordinationInstruction[] = [];
  readonly #waiting = new Map<number, Map<number, Waiter>>();
  #waitingCount = 0;
  #valueCount = 0;
  #bytes = 0;
  #nameCount = 0;
  #heldCount = 0;
  #shareCount = 0;
  #numbers = 0;

  constructor(limits: CoordinationLimits) {
    this.limits = limits;
  }

  reply({ epoch, request }: Asker, outcome: Outcome): void {
    this.#instructions.push({ kind: "reply", epoch, request, outcome });
  }

  refuse(asker: Asker, why: Refusal, reason: string): void {
    this.reply(asker, { kind: "refused", why, reason });
  }

  /** A number that nothing has had. */
  newNumber(): number {
    return ++this.#numbers;
  }

  /** Has a demand wait; false where that is refused. */
  wait(waiter: Waiter): boolean {
    if (this.#waitingCount >= this.limits.waitingMax) {
      this.refuse(waiter, "full", `${this.#waitingCount} calls wait`);
      return false;
    }
    let own = this.#waiting.get(waiter.epoch);
    if (own === undefined) this.#waiting.set(waiter.epoch, (own = new Map()));
    own.set(waiter.request, waiter);
    this.#waitingCount++;
    return true;
  }

  /** A demand has waited long enough: it has left its place, and is answered by whoever says so. */
  settle({ epoch, request }: Asker): void {
    const own = this.#waiting.get(epoch);
    if (own?.delete(request) !== true) return;
    if (own.size === 0) this.#waiting.delete(epoch);
    this.#waitingCount--;
  }

  /** A demand that may wait is not wanted any more; what was answered before stays answered. */
  withdraw(asker: Asker): void {
    const waiter = this.#waiting.get(asker.epoch)?.get(asker.request);
    if (waiter === undefined) return;
    this.settle(waiter);
    this.reply(waiter, { kind: "withdrawn" });
    waiter.leave();
    waiter.left();
  }

  /** A client is gone: nothing of it waits. */
  forget(epoch: number): void {
    const own = this.#waiting.get(epoch);
    if (own === undefined) return;
    this.#waiting.delete(epoch);
    this.#waitingCount -= own.size;
    for (const waiter of own.values()) waiter.leave();
    for (const waiter of own.values()) waiter.left();
  }

  /** Keeps a value in one place; undefined where it is refused. */
  keep(asker: Asker, { block, holds }: PassedValue): KeptValue | undefined {
    const bytes = blockBytes(block);
    const { valuesMax, bytesMax } = this.limits;
    if (this.#valueCount >= valuesMax || this.#bytes + bytes > bytesMax) {
      this.refuse(asker, "full", `${this.#valueCount} values of ${this.#bytes} bytes are kept`);
      return undefined;
    }
    this.#valueCount++;
    this.#bytes += bytes;
    const { length: futures } = holds;
    const share = futures === 0 ? 0 : ++this.#shareCount;
    const { epoch } = asker;
    if (share > 0) this.#instructions.push({ kind: "share", share, epoch, holds });
    return { block, bytes, share, futures, uses: 1 };
  }

  /** A value leaves one of the places where it is kept. */
  drop(value: KeptValue): void {
    if (--value.uses > 0) return;
    this.#valueCount--;
    this.#bytes -= value.bytes;
    if (value.share > 0) this.#instructions.push({ kind: "unshare", share: value.share });
  }

  /**
   * Gives somebody a value, who has its futures from now on; it stays where it is kept. Where it is
   * a call of an actor, that has a number.
   */
  give(asker: Asker, { block, share, futures }: KeptValue, run: number, call?: number): void {
    const outcome =
      call === undefined
        ? ({ kind: "value", block, futures } as const)
        : ({ kind: "call", call, block, futures } as const);
    this.reply(asker, outcome);
    // Nobody may hear of a run before it is said whose it is.
    const { epoch } = asker;
    if (share > 0) this.#instructions.push({ kind: "adopt", share, epoch, run });
  }

  /** Has the futures of a value kept until their tasks have ended. */
  entrust(asker: Asker, { holds }: PassedValue): void {
    if (holds.length > 0) {
      const share = ++this.#shareCount;
      this.#instructions.push({ kind: "share", share, epoch: asker.epoch, holds });
      this.#instructions.push({ kind: "entrust", share }, { kind: "unshare", share });
    }
    this.reply(asker, { kind: "done" });
  }

  /** Whether one more name may be in use; where not, that is refused. */
  hasRoomForName(asker: Asker): boolean {
    if (this.#nameCount < this.limits.namesMax) return true;
    this.refuse(asker, "full", `${this.#nameCount} names are in use`);
    return false;
  }

  /** A name is in use, or is no longer. */
  countName(change: 1 | -1): void {
    this.#nameCount += change;
  }

  /** Whether one more lease or subscription may be had; where not, that is refused. */
  hasRoomForHold(asker: Asker): boolean {
    if (this.#heldCount < this.limits.heldMax) return true;
    this.refuse(asker, "full", `${this.#heldCount} leases and subscriptions are held`);
    return false;
  }

  /** A lease or subscription is had, or is no longer. */
  countHold(change: 1 | -1): void {
    this.#heldCount += change;
  }

  /** What is to be done; nothing is left. */
  take(): readonly CoordinationInstruction[] {
    return this.#instructions.splice(0);
  }

  /** How much there is of everything. For tests and for those who watch. */
  get counts(): DeskCounts {
    return {
      waiting: this.#waitingCount,
      values: this.#valueCount,
      bytes: this.#bytes,
      names: this.#nameCount,
      held: this.#heldCount,
    };
  }
}

/** How much a scheduler keeps for its clients. */
export interface DeskCounts {
  readonly waiting: number;
  readonly values: number;
  readonly bytes: number;
  readonly names: number;
  readonly held: number;
}
