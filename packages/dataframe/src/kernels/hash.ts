import type { Column } from "../column.ts";
import type { DType } from "../dtype.ts";
import { dtypeText, isFloat, isText, isWide } from "../dtype-traits.ts";
import { dataFault } from "../errors.ts";
import { hashTexts } from "./hash-texts.ts";
import type { Rows } from "./row-loop.ts";
import { rowLoop } from "./row-loop.ts";
import { arrayOf } from "./reads.ts";

/**
 * Hashes of rows over the values of several columns: of row `selection[k]`, or k, to `out[k]`.
 * Equal for equal values of one dtype in all processes, however they are stored: texts plain or
 * encoded, -0 and 0, any NaN, whatever lies under a null. All 32 bits are well mixed.
 */
export function hashColumns(
  columns: readonly Column[],
  selection: Rows,
  n: number,
  out: Int32Array | Uint32Array,
): void {
  const hashes = new Int32Array(out.buffer, out.byteOffset, out.length);
  hashes.fill(seed, 0, n);
  for (const column of columns) {
    if (column.valid !== undefined) mixNulls(column.valid, selection, n, hashes);
    mixValues(column, selection, n, hashes);
  }
}

const seed = 0x2545f491;
/** Stands for null; a number of the same bits only collides. */
const nullWord = 0x5bd1e995;

/** Mixes all bits of `h` (multipliers found by C. Wellons, "Prospecting for Hash Functions"). */
const scramble =
  "h ^= h >>> 16; h = Math.imul(h, 0x7feb352d); h ^= h >>> 15; " +
  "h = Math.imul(h, 0x846ca68b); h ^= h >>> 16;";

function mixNulls(valid: Uint8Array, selection: Rows, n: number, hashes: Int32Array): void {
  const loop = rowLoop<[]>("hash_nulls", undefined, selection, () => ({
    params: "",
    body: `if (x[i] === 0) { let h = g ^ ${nullWord}; ${scramble} groups[k] = h; }`,
  }));
  loop(valid, undefined, selection, n, hashes);
}

function mixValues(column: Column, selection: Rows, n: number, hashes: Int32Array): void {
  const { dtype, valid, values, dictionary } = column;
  if (!isText(dtype)) {
    if (values === undefined) throw noKey(dtype);
    const loop = rowLoop<[Float64Array, Int32Array]>(
      `hash_${dtype.kind}`,
      valid,
      selection,
      () => ({
        params: "bits, words",
        body: `let h = g; ${mixWords(dtype)} groups[k] = h;`,
      }),
    );
    loop(arrayOf(column), valid, selection, n, hashes, bits, words);
  } else if (dictionary !== undefined) {
    const loop = rowLoop<[Int32Array]>("hash_codes", valid, selection, () => ({
      params: "codes",
      body: `let h = g ^ codes[x[i]]; ${scramble} groups[k] = h;`,
    }));
    loop(values, valid, selection, n, hashes, dictionaryHashes(dictionary));
  } else {
    const texts = new Int32Array(n);
    hashTexts(column, selection, n, texts);
    const loop = rowLoop<[]>("hash_texts", valid, selection, () => ({
      params: "",
      body: `let h = g ^ x[k]; ${scramble} groups[k] = h;`,
    }));
    loop(texts, valid, selection, n, hashes);
  }
}

/** A column that has no single values. */
export function noKey(dtype: DType): Error {
  const kind = dtypeText(dtype);
  const message =
    `group by: values cannot be told apart, got a column of ${kind}, ` +
    "wanted numbers, texts, dates or truth. Take a part of it out first.";
  return dataFault("dataframe/unsupported-type", message);
}

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

/** The text that mixes row i into `h`, 32 bits at a time. */
function mixWords(dtype: DType): string {
  if (isWide(dtype)) return `h ^= x[2 * i]; ${scramble} h ^= x[2 * i + 1]; ${scramble}`;
  if (!isFloat(dtype)) return `h ^= x[i]; ${scramble}`;
  return `${wordsOfFloat} h ^= words[0]; ${scramble} h ^= words[1]; ${scramble}`;
}

/** The text that puts the bits of number i to `words`: one form for 0 and -0, one for NaN. */
export const wordsOfFloat: string =
  "bits[0] = x[i] + 0; if (x[i] !== x[i]) { words[0] = 0; words[1] = 0x7ff80000; }";

const hashesOf = new WeakMap<Column, Int32Array>();

/** Hashes of all texts of a dictionary, made once for all columns that have it. */
function dictionaryHashes(dictionary: Column): Int32Array {
  let hashes = hashesOf.get(dictionary);
  if (hashes === undefined) {
    hashes = new Int32Array(dictionary.length);
    hashTexts(dictionary, undefined, dictionary.length, hashes);
    hashesOf.set(dictionary, hashes);
  }
  return hashes;
}
