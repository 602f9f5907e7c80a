import { perArrayType } from "./per-array-type.ts";

/** Writes a word of each row of the runs to `keys`; see `OrderWords`. */
export type Fill = (
  values: Int32Array,
  flip: number,
  rows: Int32Array,
  runs: Int32Array,
  keys: Int32Array,
) => void;

/** Numbers of at most 32 bits. */
export const fillSmall: (values: Int32Array) => Fill = perArrayType<Fill>(
  (values, flip, rows, runs, keys) => {
    for (let k = 0; k < runs.length; k += 2) {
      const end = runs[k + 1] as number;
      for (let i = runs[k] as number; i < end; i++) {
        keys[i] = (values[rows[i] as number] as number) ^ flip;
      }
    }
  },
);

/** Bits of floats: -0 becomes 0, and every NaN the same one above Infinity. */
export function fillFloats(
  bits: Int32Array,
  flip: number,
  rows: Int32Array,
  runs: Int32Array,
  keys: Int32Array,
): void {
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let i = runs[k] as number; i < end; i++) {
      let key = bits[rows[i] as number] as number;
      if ((key & 0x7fffffff) > 0x7f800000) key = 0x7fc00000;
      // Bits of numbers below 0 grow as the numbers fall.
      if (key < 0) key = key === -0x80000000 ? 0 : key ^ 0x7fffffff;
      keys[i] = key ^ flip;
    }
  }
}

/**
 * Doubles as 64 bits in unsigned order: -0 becomes 0, and every NaN the same one above Infinity.
 */
export function orderedDoubles(halves: Int32Array): Int32Array {
  const ordered = new Int32Array(halves.length);
  for (let at = 0; at < halves.length; at += 2) {
    let low = halves[at] as number;
    let high = halves[at + 1] as number;
    const isHuge = (high & 0x7fffffff) >= 0x7ff00000;
    if (isHuge && ((high & 0xfffff) !== 0 || low !== 0)) [high, low] = [0x7ff80000, 0];
    const isNegative = high < 0 && !(high === -0x80000000 && low === 0);
    ordered[at] = isNegative ? ~low : low;
    ordered[at + 1] = isNegative ? ~high : high | -0x80000000;
  }
  return ordered;
}

/** 32 bits of 64, from bit `shift` below the top. */
export function fillTop(
  halves: Int32Array,
  shift: number,
  flip: number,
  rows: Int32Array,
  runs: Int32Array,
  keys: Int32Array,
): void {
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let i = runs[k] as number; i < end; i++) {
      const at = 2 * (rows[i] as number);
      // Two shifts, since one by 32 does nothing.
      const rest = ((halves[at] as number) >>> 1) >>> (31 - shift);
      keys[i] = (((halves[at + 1] as number) << shift) | rest) ^ flip;
    }
  }
}

/** Low halves of whole numbers. */
export function fillLow(
  halves: Int32Array,
  flip: number,
  rows: Int32Array,
  runs: Int32Array,
  keys: Int32Array,
): void {
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let i = runs[k] as number; i < end; i++) {
      keys[i] = (halves[2 * (rows[i] as number)] as number) ^ flip;
    }
  }
}

/** Nulls get a key of their own, all values 0. */
export function fillNulls(
  valid: Uint8Array,
  nullKey: number,
  rows: Int32Array,
  runs: Int32Array,
  keys: Int32Array,
): void {
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let i = runs[k] as number; i < end; i++) {
      keys[i] = valid[rows[i] as number] === 0 ? nullKey : 0;
    }
  }
}

/** Bytes of a text in a word. */
export const textWordBytes = 3;

/**
 * Three bytes of texts, and how many there are: a text that ends stands before those that go on,
 * even with a zero.
 */
export function fillTexts(
  bytes: Uint8Array,
  offsets: Int32Array,
  skipped: number,
  flip: number,
  rows: Int32Array,
  runs: Int32Array,
  keys: Int32Array,
): void {
  for (let k = 0; k < runs.length; k += 2) {
    const runEnd = runs[k + 1] as number;
    for (let i = runs[k] as number; i < runEnd; i++) {
      const row = rows[i] as number;
      const at = (offsets[row] as number) + skipped;
      const rest = (offsets[row + 1] as number) - at;
      let key = 0;
      if (rest >= 3) {
        const [a, b, c] = [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number];
        key = (a << 18) | (b << 10) | (c << 2) | 3;
      } else if (rest === 2) {
        key = ((bytes[at] as number) << 18) | ((bytes[at + 1] as number) << 10) | 2;
      } else if (rest === 1) {
        key = ((bytes[at] as number) << 18) | 1;
      }
      keys[i] = key ^ flip;
    }
  }
}
