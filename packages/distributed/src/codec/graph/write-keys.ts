import type { Key } from "@millrace/graph";
import { blocksOf } from "@millrace/graph";
import { BLOCK_DIGITS_MAX, BLOCK_NAME_MAX, KeyCode } from "./format.ts";
import type { PlanWriter } from "./plan-writer.ts";

/**
 * Writes keys one after another in few bytes: that of a block is a name and a number, one that was
 * written out before is the way to it, and what comes next to the one before is a byte.
 */
export class KeyWriter {
  readonly names: string[] = [];
  readonly #plan: PlanWriter;
  readonly #nameNumbers = new Map<string, number>();
  /** The keys that were written out. */
  readonly #known = new Map<Key, number>();
  #lastKnown = 0;
  /** The key that would be the next of a block, or of the known ones; which of both was last. */
  #nextName = -1;
  #nextNumber = 0;

  constructor(plan: PlanWriter) {
    this.#plan = plan;
  }

  /** The number of a name of a layer. */
  nameNumber(name: string): number {
    let number = this.#nameNumbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#nameNumbers.set(name, number);
    }
    return number;
  }

  /** Writes keys one after another. */
  writeAll(keys: readonly Key[]): void {
    const [first] = keys;
    const blocks = blocksOf(keys);
    if (first === undefined || blocks === undefined || !this.#isBlock(first)) {
      for (const key of keys) this.write(key);
      return;
    }
    for (let i = 1; i < keys.length; i++) this.#plan.natural(KeyCode.next);
    this.#nextNumber = blocks.end;
  }

  write(key: Key): void {
    if (!this.#isBlock(key)) this.#writeNamed(key);
  }

  /** Writes the key of a block of a layer that has a number; false, with nothing written, else. */
  #isBlock(key: Key): boolean {
    const slash = key.lastIndexOf("/");
    if (slash < 1 || slash > BLOCK_NAME_MAX) return false;
    const number = digitsFrom(key, slash + 1);
    if (number < 0) return false;
    const name = this.#nameNumbers.get(key.slice(0, slash));
    if (name === undefined) return false;
    const plan = this.#plan;
    if (name === this.#nextName && number === this.#nextNumber) plan.natural(KeyCode.next);
    else {
      plan.natural(KeyCode.block);
      plan.natural(name);
      plan.natural(number);
    }
    this.#nextName = name;
    this.#nextNumber = number + 1;
    return true;
  }

  #writeNamed(key: Key): void {
    const plan = this.#plan;
    const number = this.#known.get(key);
    if (number === undefined) {
      plan.natural(KeyCode.text);
      plan.text(key);
      this.#lastKnown = this.#known.size;
      this.#known.set(key, this.#lastKnown);
    } else {
      const isNext = this.#nextName < 0 && number === this.#lastKnown + 1;
      plan.natural(isNext ? KeyCode.next : KeyCode.known + wayTo(number - this.#lastKnown));
      this.#lastKnown = number;
    }
    this.#nextName = -1;
  }
}

/** A whole number of any sign as one from 0 on: small ones stay small. */
function wayTo(difference: number): number {
  return difference < 0 ? -2 * difference - 1 : 2 * difference;
}

/** The number that a key ends with from `start` on, or -1; leading zeros are another key. */
function digitsFrom(key: Key, start: number): number {
  const count = key.length - start;
  if (count < 1 || count > BLOCK_DIGITS_MAX) return -1;
  let number = 0;
  for (let i = start; i < key.length; i++) {
    const digit = key.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return count > 1 && key.charCodeAt(start) === 48 ? -1 : number;
}
