import type { Block } from "../column.ts";

/** What a loop is given for a partition, by position: `c[3]`. */
export type Bound = unknown[];

/** Makes what stands in a slot for a partition. */
export type SlotMaker = (block: Block, bound: Bound) => unknown;

/**
 * Variables of generated code that hold arrays of the partition, constants or kernels. Names are
 * made of letters that cannot mean anything else, and a number.
 */
export class Slots {
  readonly makers: SlotMaker[] = [];
  readonly constants: unknown[] = [];
  readonly #names = new Map<string, string>();
  readonly #heads = new Map<string, string>();
  readonly #constantNames = new Map<unknown, string>();
  #count = 0;

  /** A variable name that is not taken: letters of a hint, and a number. */
  name(hint: string): string {
    const letters = hint.replaceAll(/[^A-Za-z0-9]+/g, "_").slice(0, 24);
    return `${/^[A-Za-z]/.test(letters) ? letters : `v${letters}`}_${this.#count++}`;
  }

  /** The variable of what `make` gives for each partition, one for a key. */
  slot(key: string, hint: string, make: SlotMaker): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.name(hint);
    this.#names.set(key, name);
    this.#heads.set(name, `c[${this.makers.length}]`);
    this.makers.push(make);
    return name;
  }

  /** Where in what is bound a variable of `slot` is. */
  indexOf(name: string): number {
    return Number((this.#heads.get(name) as string).slice(2, -1));
  }

  /** The variable of a value that is the same for all partitions. */
  constant(value: unknown, hint: string): string {
    const known = this.#constantNames.get(value);
    if (known !== undefined) return known;
    const name = this.name(hint);
    this.#constantNames.set(value, name);
    this.#heads.set(name, `k[${this.constants.length}]`);
    this.constants.push(value);
    return name;
  }

  /** What a variable is read from, undefined for one that is none of these. */
  headOf(name: string): string | undefined {
    return this.#heads.get(name);
  }

  /** All constants, declared. */
  constantHeads(): string[] {
    return [...this.#constantNames.values()].map((name) => `${name} = ${this.#heads.get(name)}`);
  }
}
