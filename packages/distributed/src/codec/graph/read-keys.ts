import type { Key } from "@millrace/graph";
import { asBlockKeys, layerKey } from "@millrace/graph";
import { corruptGraph } from "../value/corrupt.ts";
import { BLOCK_DIGITS_MAX, BLOCK_NAME_MAX, KeyCode } from "./format.ts";
import type { PlanReader } from "./plan-reader.ts";
import { entryOf } from "./plan-reader.ts";

const numberMax = 10 ** BLOCK_DIGITS_MAX - 1;

/** Reads the keys that a `KeyWriter` wrote. */
export class KeyReader {
  readonly #plan: PlanReader;
  readonly #names: readonly string[];
  readonly #known: Key[] = [];
  #lastKnown = 0;
  #nextName = -1;
  #nextNumber = 0;

  constructor(plan: PlanReader, names: readonly string[]) {
    if (new Set(names).size < names.length) throw corruptGraph("a name that is there twice");
    this.#plan = plan;
    this.#names = names;
  }

  /** A name of a layer. */
  name(): string {
    return entryOf(this.#names, this.#plan.natural());
  }

  next(): Key {
    const plan = this.#plan;
    const code = plan.natural();
    switch (code) {
      case KeyCode.text: {
        const key = plan.text();
        this.#lastKnown = this.#known.push(key) - 1;
        this.#nextName = -1;
        return key;
      }
      case KeyCode.next:
        if (this.#nextName < 0) return this.#knownAt(this.#lastKnown + 1);
        return this.#block(this.#nextName, this.#nextNumber);
      case KeyCode.block:
        return this.#block(plan.natural(), plan.natural());
      default:
        return this.#knownAt(this.#lastKnown + differenceOf(code - KeyCode.known));
    }
  }

  /** So many keys, none of them twice. */
  distinct(count: number): readonly Key[] {
    const keys: Key[] = [];
    // Mostly blocks one after another, which no set has to tell apart.
    const ends = new Float64Array(this.#names.length);
    let areRising = true;
    let nextCount = 0;
    for (let i = 0; i < count; i++) {
      const [nameBefore, numberBefore] = [this.#nextName, this.#nextNumber];
      keys.push(this.next());
      const name = this.#nextName;
      if (name >= 0 && name === nameBefore && this.#nextNumber === numberBefore + 1) nextCount++;
      areRising &&= name >= 0 && this.#nextNumber > (ends[name] as number);
      if (name >= 0) ends[name] = this.#nextNumber;
    }
    if (count > 0 && this.#nextName >= 0 && nextCount >= count - 1) return this.#asBlocks(keys);
    if (!areRising && new Set(keys).size < count) throw corruptGraph("a key twice");
    return keys;
  }

  /** Of keys each of which comes next. */
  #asBlocks(keys: readonly Key[]): readonly Key[] {
    const layer = entryOf(this.#names, this.#nextName);
    const end = this.#nextNumber;
    return asBlockKeys({ layer, start: end - keys.length, end }, keys);
  }

  #block(nameNumber: number, number: number): Key {
    const name = entryOf(this.#names, nameNumber);
    if (name.length > BLOCK_NAME_MAX || number > numberMax) throw corruptGraph("a key of too much");
    this.#plan.spend(name.length + BLOCK_DIGITS_MAX);
    this.#nextName = nameNumber;
    this.#nextNumber = number + 1;
    return layerKey(name, number);
  }

  #knownAt(number: number): Key {
    if (number < 0) throw corruptGraph("a key before the first");
    const key = entryOf(this.#known, number);
    this.#lastKnown = number;
    this.#nextName = -1;
    return key;
  }
}

function differenceOf(way: number): number {
  return way % 2 === 0 ? way / 2 : -(way + 1) / 2;
}
