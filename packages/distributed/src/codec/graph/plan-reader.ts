import { corruptGraph } from "../value/corrupt.ts";
import type { ByteReader } from "../value/byte-reader.ts";
import type { Description } from "./description.ts";
import { textsOf } from "./description.ts";
import { ValuesReader } from "./values-reader.ts";

/** Columns that every plan has; see `PlanWriter.columns`. */
export const PLAN_COLUMNS = 5;

/** Reads what a `PlanWriter` took, in the same order. */
export class PlanReader {
  readonly values: ValuesReader;
  readonly #code: ByteReader;
  readonly #texts: readonly string[];
  #text = 0;
  #charactersLeft: number;

  constructor({ columns, objects, code, parts, charactersMax }: Description) {
    const [texts, ...values] = columns.slice(0, PLAN_COLUMNS);
    this.#texts = textsOf(texts);
    this.#code = code;
    this.#charactersLeft = charactersMax;
    this.values = new ValuesReader(values, objects, parts);
  }

  natural(): number {
    return this.#code.natural();
  }

  /** A number of things that follow, each of which takes a byte or more. */
  count(): number {
    return this.#code.count();
  }

  /** Checks that so many more things can follow. */
  need(count: number): void {
    this.#code.need(count);
  }

  text(): string {
    const text = this.#texts[this.#text++];
    if (text === undefined) throw corruptGraph("fewer texts than are named");
    return text;
  }

  /** Says that a text of so many characters is made, or looked through, for a few bytes. */
  spend(characters: number): void {
    this.#charactersLeft -= characters;
    if (this.#charactersLeft < 0) throw corruptGraph("a long name too often");
  }

  /** Checks that nothing is left. */
  finish(): void {
    const isAll = this.#code.at === this.#code.end && this.#text === this.#texts.length;
    if (!isAll || this.values.left > 0) throw corruptGraph("more than is named");
  }
}

/** Entry number `index` of a table. */
export function entryOf<T>(table: readonly T[], index: number): T {
  if (index >= table.length) throw corruptGraph("an entry of a table that is not there");
  return table[index] as T;
}
