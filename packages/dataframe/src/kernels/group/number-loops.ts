import type { Values } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { isFloat, isWide } from "../../dtype-traits.ts";
import { wordsOfFloat } from "../hash.ts";
import { readNumber } from "../reads.ts";
import type { Rows } from "../row-loop.ts";
import { eachRow, generated, variant } from "../row-loop.ts";

type Valid = Uint8Array | undefined;

/** Widens a range: least, greatest, and whether all were whole. */
export type RangeLoop = (
  x: Values,
  valid: Valid,
  selection: Rows,
  n: number,
  range: Float64Array,
) => void;

/**
 * Numbers values by a table; gives how many groups there are then. Whole numbers of up to 32 bits
 * are looked at first: the loop stops at one that has no place, `stop[0]` is how many rows it has
 * done. Of others all must be known to have one, since they may only round to a number that has.
 */
export type DirectLoop = (
  x: Values,
  valid: Valid,
  selection: Rows,
  n: number,
  groups: Int32Array,
  fresh: Int32Array,
  count: number,
  nullGroup: Int32Array,
  table: Int32Array,
  base: number,
  stop: Int32Array,
) => number;

/** Numbers values by hash; gives how many groups there are then. */
export type HashLoop = (
  x: Values,
  valid: Valid,
  selection: Rows,
  n: number,
  groups: Int32Array,
  fresh: Int32Array,
  count: number,
  nullGroup: Int32Array,
  slots: Int32Array,
) => number;

/** The loop that finds the range of values of a dtype. */
export function rangeLoop(dtype: DType, valid: Valid, selection: Rows): RangeLoop {
  return generated(variant(`range_${dtype.kind}`, valid, selection), () => {
    const check = isFloat(dtype) ? "if (v !== Math.floor(v)) { whole = 0; break row; }" : "";
    const skip = valid === undefined ? "" : "if (valid[i] === 0) break row;";
    const widen = "if (v < min) min = v; if (v > max) max = v;";
    return `(x, valid, selection, n, range) {
  let min = range[0], max = range[1], whole = range[2];
  ${eachRow(selection, `${skip} const v = ${readNumber(dtype)}; ${check} ${widen}`)}
  range[0] = min; range[1] = max; range[2] = whole;
}`;
  });
}

/** Whether a dtype has whole numbers of up to 32 bits. */
export function isNarrow(dtype: DType): boolean {
  return !isFloat(dtype) && !isWide(dtype);
}

/** The loop that looks numbers up by their distance from `base`. */
export function directLoop(dtype: DType, valid: Valid, selection: Rows): DirectLoop {
  const stops = isNarrow(dtype)
    ? "if (away < 0 || away >= places) { stop[0] = k; return count; }"
    : "";
  return generated(
    variant(`direct_${dtype.kind}`, valid, selection),
    () => `(x, valid, selection, n, groups, fresh, count, nullGroup, table, base, stop) {
  const before = count, places = table.length;
  ${eachRow(
    selection,
    `${numberNull(valid)}
    const away = ${readNumber(dtype)} - base, place = away | 0;
    ${stops}
    let g = table[place];
    if (g === 0) {
      fresh[count - before] = i;
      table[place] = g = ++count;
    }
    groups[k] = g - 1;`,
  )}
  stop[0] = n;
  return count;
}`,
  );
}

/** Words that a place of a hash table takes: the bits of a number and its group + 1. */
export function wordsAPlace(dtype: DType): number {
  return isWide(dtype) || isFloat(dtype) ? 4 : 2;
}

/** The loop that looks numbers up by the hash of their bits. */
export function hashLoop(dtype: DType, valid: Valid, selection: Rows): HashLoop {
  const stride = wordsAPlace(dtype);
  const long = stride === 4;
  return generated(
    variant(`hashed_${dtype.kind}`, valid, selection),
    () => `(x, valid, selection, n, groups, fresh, count, nullGroup, slots) {
  const before = count;
  const mask = slots.length - ${stride};
  ${isFloat(dtype) ? "const bits = new Float64Array(1), words = new Int32Array(bits.buffer);" : ""}
  for (let k = 0; k < n; k++) row: {
    const i = ${selection === undefined ? "k" : "selection[k]"};
    ${numberNull(valid)}
    ${halves(dtype)}
    let h = Math.imul(low${long ? " ^ Math.imul(high, 0x85ebca6b)" : ""}, 0x9e3779b1);
    h ^= h >>> 16;
    h = Math.imul(h, 0x7feb352d);
    let place = ((h ^ (h >>> 15)) << ${long ? 2 : 1}) & mask;
    let g = slots[place + ${stride - 1}];
    while (g !== 0 && (slots[place] !== low${long ? " || slots[place + 1] !== high" : ""})) {
      place = (place + ${stride}) & mask;
      g = slots[place + ${stride - 1}];
    }
    if (g === 0) {
      fresh[count - before] = i;
      slots[place] = low;
      ${long ? "slots[place + 1] = high;" : ""}
      slots[place + ${stride - 1}] = g = ++count;
    }
    groups[k] = g - 1;
  }
  return count;
}`,
  );
}

function halves(dtype: DType): string {
  if (isWide(dtype)) return "const low = x[2 * i], high = x[2 * i + 1];";
  if (isFloat(dtype)) return `${wordsOfFloat} const low = words[0], high = words[1];`;
  return "const low = x[i] | 0;";
}

/** The text that ends rows which are null. */
function numberNull(valid: Valid): string {
  if (valid === undefined) return "";
  return `if (valid[i] === 0) {
      if (nullGroup[0] === 0) {
        fresh[count - before] = i;
        nullGroup[0] = ++count;
      }
      groups[k] = nullGroup[0] - 1;
      break row;
    }`;
}

/** The loop that copies values of some rows to the end of others. */
export function appendLoop(
  dtype: DType,
): (x: Values, rows: Int32Array, n: number, to: Values, at: number) => void {
  const copy = isWide(dtype)
    ? "to[2 * (at + k)] = x[2 * rows[k]]; to[2 * (at + k) + 1] = x[2 * rows[k] + 1];"
    : "to[at + k] = x[rows[k]];";
  return generated(
    `append_${dtype.kind}`,
    () => `(x, rows, n, to, at) { for (let k = 0; k < n; k++) { ${copy} } }`,
  );
}
