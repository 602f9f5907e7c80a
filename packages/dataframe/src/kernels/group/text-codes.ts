import type { Column } from "../../column.ts";
import type { Rows } from "../row-loop.ts";
import { eachRow, generated, variant } from "../row-loop.ts";
import { grown } from "./grown.ts";

/** Numbers codes of one dictionary, and null, as they are met; no text is looked at. */
export class TextCodes {
  readonly dictionary: Column;
  count = 0;
  /** The code of each number, 0 for that of null; with room for more. */
  codes: Int32Array = new Int32Array(0);
  /** The number of null, or -1. */
  readonly #null = new Int32Array([-1]);
  /** Number + 1 of each code, 0 where it was not met. */
  readonly #numberOf: Int32Array;

  constructor(dictionary: Column) {
    this.dictionary = dictionary;
    this.#numberOf = new Int32Array(dictionary.length);
  }

  get nullNumber(): number {
    return this.#null[0] as number;
  }

  /** Numbers of rows of a column that has this dictionary. */
  assign({ values, valid }: Column, selection: Rows, n: number, numbers: Int32Array): void {
    this.codes = grown(this.codes, this.count + Math.min(n, this.dictionary.length + 1));
    this.count = codeLoop(valid, selection)(
      values as Int32Array,
      valid,
      selection,
      n,
      numbers,
      this.#numberOf,
      this.codes,
      this.count,
      this.#null,
    );
  }
}

/** Numbers codes; gives how many there are by now. */
type CodeLoop = (
  values: Int32Array,
  valid: Uint8Array | undefined,
  selection: Rows,
  n: number,
  numbers: Int32Array,
  numberOf: Int32Array,
  codes: Int32Array,
  before: number,
  nullNumber: Int32Array,
) => number;

function codeLoop(valid: Uint8Array | undefined, selection: Rows): CodeLoop {
  const nulls = `if (valid[i] === 0) {
      if (nullNumber[0] < 0) { nullNumber[0] = count; codes[count++] = 0; }
      numbers[k] = nullNumber[0];
      break row;
    }`;
  const body = `${valid === undefined ? "" : nulls}
    const c = values[i];
    let number = numberOf[c];
    if (number === 0) { codes[count] = c; numberOf[c] = number = ++count; }
    numbers[k] = number - 1;`;
  return generated(
    variant("codes", valid, selection),
    () => `(values, valid, selection, n, numbers, numberOf, codes, before, nullNumber) {
  let count = before;
  ${eachRow(selection, body)}
  return count;
}`,
  );
}
