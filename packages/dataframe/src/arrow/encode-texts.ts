import type { Column } from "../column.ts";
import { makeColumn } from "../column.ts";
import { utf8 } from "../dtype.ts";
import { isText } from "../dtype-traits.ts";

/**
 * A text column with each text stored once, where that pays: fewer than a quarter of its texts
 * differ. Otherwise, and if it is encoded already, the column as it is.
 */
export function encodeTexts(column: Column): Column {
  return encodedWhere(column, (rows, texts) => 4 * texts <= rows);
}

/**
 * The same for a column that is kept: it may take longer to see that texts repeat, since whoever
 * reads it often gains each time. How many differ in all is told from how soon they repeat.
 */
export function encodeKeptTexts(column: Column): Column {
  return encodedWhere(column, (rows, texts) => 4 * differentAtLeast(rows, texts) <= column.length);
}

/** The same, less what chance may have added: twice the deviation of how many repeated. */
function differentAtLeast(rows: number, texts: number): number {
  if (texts === rows) return Infinity;
  return differentOf(rows, texts) / (1 + 2 / Math.sqrt(rows - texts));
}

function encodedWhere(column: Column, pays: Pays): Column {
  if (!isText(column.dtype) || column.dictionary !== undefined) return column;
  const table = new TextTable();
  const codes = codesOf(table, column, column.length < TRIAL_ROWS ? always : pays);
  if (codes === undefined || 2 * table.size > column.length) return column;
  return encoded(column, codes, table.texts());
}

/** Whether it goes on to pay, by the rows seen and the different texts among them. */
type Pays = (rows: number, texts: number) => boolean;

const always: Pays = () => true;

/** How many different texts there are if so many rows, drawn at random, had so many. */
function differentOf(rows: number, texts: number): number {
  let [low, high] = [texts, 2 * rows * rows];
  for (let turn = 0; turn < 60; turn++) {
    const all = (low + high) / 2;
    if (all * -Math.expm1(-rows / all) < texts) low = all;
    else high = all;
  }
  return high;
}

/** A text column with each text stored once, whatever it costs. */
export function encodeAllTexts(column: Column): Column {
  if (column.dictionary !== undefined) return column;
  const table = new TextTable();
  return encoded(column, codesOf(table, column, always) as Int32Array, table.texts());
}

/** Rows after which it is asked for the first time whether enough texts were the same. */
const TRIAL_ROWS = 2_048;

function encoded({ dtype, length, valid }: Column, codes: Int32Array, texts: Column): Column {
  return makeColumn(dtype, length, { values: codes, valid, dictionary: texts });
}

/** Codes of plain texts; undefined once it does not pay. */
function codesOf(table: TextTable, column: Column, pays: Pays): Int32Array | undefined {
  const { length, valid } = column;
  const bytes = column.values as Uint8Array;
  const offsets = column.offsets as Int32Array;
  const codes = new Int32Array(length);
  let row = 0;
  // Asked again at each doubling: a sorted column looks good at first, a random one never does.
  for (let until = Math.min(TRIAL_ROWS, length); ; until = Math.min(2 * until, length)) {
    for (; row < until; row++) {
      if (valid !== undefined && valid[row] === 0) continue;
      codes[row] = table.code(bytes, offsets[row] as number, offsets[row + 1] as number);
    }
    if (row === length) return codes;
    if (!pays(row, table.size)) return undefined;
  }
}

/** Texts, all different, each with the number at which it came first. */
export class TextTable {
  #bytes = new Uint8Array(1_024);
  #offsets = new Int32Array(65);
  #hashes = new Int32Array(64);
  /** Number of a text and one, 0 where there is none; at most half is full. */
  #slots = new Int32Array(128);
  #size = 0;

  /** How many texts there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of a text, which is new if it is. */
  code(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ (bytes[i] as number), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    const mask = this.#slots.length - 1;
    const hashes = this.#hashes;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = (this.#slots[slot] as number) - 1;
      if (code < 0) return this.#add(bytes, start, end, hash, slot);
      if (hashes[code] === hash && this.#is(code, bytes, start, end)) return code;
    }
  }

  /** The numbers of plain texts without nulls. */
  codes({ length, values, offsets }: Column): Int32Array {
    const codes = new Int32Array(length);
    const ends = offsets as Int32Array;
    for (let i = 0; i < length; i++) {
      codes[i] = this.code(values as Uint8Array, ends[i] as number, ends[i + 1] as number);
    }
    return codes;
  }

  /** All texts, in order of their numbers. */
  texts(): Column {
    const offsets = this.#offsets.slice(0, this.#size + 1);
    const values = this.#bytes.slice(0, offsets[this.#size]);
    return makeColumn(utf8, this.#size, { values, offsets });
  }

  #is(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes;
    const from = this.#offsets[code] as number;
    if ((this.#offsets[code + 1] as number) - from !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (own[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.#size++;
    const from = this.#offsets[code] as number;
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(to, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), from);
    if (this.#size === this.#hashes.length) this.#grow();
    this.#offsets[code + 1] = to;
    this.#hashes[code] = hash;
    if (2 * this.#size > this.#slots.length) this.#rehash();
    else this.#slots[slot] = code + 1;
    return code;
  }

  #grow(): void {
    const hashes = new Int32Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    const offsets = new Int32Array(hashes.length + 1);
    offsets.set(this.#offsets);
    this.#hashes = hashes;
    this.#offsets = offsets;
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let code = 0; code < this.#size; code++) {
      let slot = (this.#hashes[code] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.#slots = slots;
  }
}
