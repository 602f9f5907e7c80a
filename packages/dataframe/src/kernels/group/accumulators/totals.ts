import type { Column } from "../../../column.ts";
import { halvesOf, makeColumn } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { float64, int64 } from "../../../dtype.ts";
import { isFloat, isWide } from "../../../dtype-traits.ts";
import { arrayOf, readHigh } from "../../reads.ts";
import type { Rows } from "../../row-loop.ts";
import { eachRow, generated, rowLoop, variant } from "../../row-loop.ts";
import { grown, trimmed } from "../grown.ts";
import { addNumbers } from "./count.ts";

/** Sums of groups, 0 for one without values. */
export interface Totals {
  readonly width: number;
  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void;
  state(count: number): Column[];
  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void;
  /** Each as the nearest double. */
  numbers(count: number): Float64Array;
}

/** Sums of a dtype. */
export function makeTotals(dtype: DType): Totals {
  return isFloat(dtype) ? new FloatTotals() : new ExactTotals(isWide(dtype));
}

/** Sums of doubles, added in the order of rows. */
export class FloatTotals implements Totals {
  readonly width = 1;
  #sums: Float64Array = new Float64Array(0);

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#sums = grown(this.#sums, count);
    addValues(arg, selection, n, groups, count, this.#sums);
  }

  state(count: number): Column[] {
    return [makeColumn(float64, count, { values: trimmed(this.numbers(count), count) })];
  }

  merge([sums]: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.#sums = grown(this.#sums, count);
    addNumbers(sums as Column, n, groups, this.#sums);
  }

  numbers(count: number): Float64Array {
    this.#sums = grown(this.#sums, count);
    return this.#sums.subarray(0, count);
  }
}

const word = 2 ** 32;
/** Values of a word that may be added before they are carried: sums then stay below 2 ** 53. */
const addsMax = 2 ** 19;
/** A part that is less than this may have as many values added again. */
const partMax = 2 ** 51;

/**
 * Exact sums of whole numbers, in three parts: a sum is `top` * 2 ** 64 + `high` * 2 ** 32 + `low`,
 * each a whole double that has not been rounded. Most sums need no more than `low`.
 */
export class ExactTotals implements Totals {
  readonly width: number;
  readonly #isWide: boolean;
  #low: Float64Array = new Float64Array(0);
  #high: Float64Array | undefined;
  #top: Float64Array | undefined;
  /** Rows that may be added yet. */
  #budget = addsMax;

  constructor(wide: boolean) {
    this.#isWide = wide;
    this.width = wide ? 2 : 1;
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#low = grown(this.#low, count);
    this.#spend(n);
    const { dtype, valid } = arg;
    if (!isWide(dtype)) {
      addValues(arg, selection, n, groups, count, this.#low);
      return;
    }
    this.#high = grown(this.#high ?? new Float64Array(0), count);
    const kind = dtype.kind === "uint64" ? "unsigned" : "signed";
    const loop = rowLoop<[Float64Array, Float64Array]>(`sum_${kind}`, valid, selection, () => ({
      params: "low, high",
      body: `low[g] += x[2 * i] >>> 0; high[g] += ${readHigh(dtype)};`,
    }));
    loop(arrayOf(arg), valid, selection, n, groups, this.#low, this.#high);
  }

  /** Sums that fit a word are doubles, which are quicker to add than 64 bits. */
  state(count: number): Column[] {
    this.#low = grown(this.#low, count);
    if (!this.#isWide && this.#high === undefined && areWords(this.#low, count)) {
      return [makeColumn(float64, count, { values: trimmed(this.#low, count) })];
    }
    const { values, carries } = this.values(count);
    const sums = makeColumn(int64, count, { values });
    return this.#isWide ? [sums, makeColumn(float64, count, { values: carries })] : [sums];
  }

  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void {
    const [sums, carries] = state as [Column, Column | undefined];
    if (isFloat(sums.dtype)) {
      this.#low = grown(this.#low, count);
      this.#spend(n);
      addNumbers(sums, n, groups, this.#low);
      return;
    }
    this.add(sums, undefined, n, groups, count);
    if (carries === undefined) return;
    this.#top = grown(this.#top ?? new Float64Array(0), count);
    addNumbers(carries, n, groups, this.#top);
  }

  numbers(count: number): Float64Array {
    const { values, carries } = this.values(count);
    const halves = halvesOf(values);
    const numbers = new Float64Array(count);
    for (let g = 0; g < count; g++) {
      const over = carries[g] as number;
      const number = (halves[2 * g + 1] as number) * word + ((halves[2 * g] as number) >>> 0);
      numbers[g] =
        over === 0 && Number.isSafeInteger(number)
          ? number
          : Number((BigInt(over) << 64n) + (values[g] as bigint));
    }
    return numbers;
  }

  /** Sums as 64 bits each, and what there is beyond them, as multiples of 2 ** 64. */
  values(count: number): { values: BigInt64Array; carries: Float64Array } {
    this.#low = grown(this.#low, count);
    const [low, high, top] = [this.#low, this.#high, this.#top];
    const values = new BigInt64Array(count);
    const carries = new Float64Array(count);
    const halves = halvesOf(values);
    for (let g = 0; g < count; g++) {
      const rest = low[g] as number;
      const over = Math.floor(rest / word) + (high?.[g] ?? 0);
      halves[2 * g] = rest | 0;
      halves[2 * g + 1] = over | 0;
      // The high half is read with a sign, so from 2 ** 31 on it stands for 2 ** 64 less.
      carries[g] = Math.floor((over + word / 2) / word) + (top?.[g] ?? 0);
    }
    return { values, carries };
  }

  /** Makes sure that values of `n` rows can be added without rounding. */
  #spend(n: number): void {
    this.#budget -= n;
    if (this.#budget >= 0) return;
    this.#budget = addsMax - n;
    this.#high = carry(this.#low, this.#high);
    if (this.#high !== undefined) this.#top = carry(this.#high, this.#top);
  }
}

function areWords(numbers: Float64Array, count: number): boolean {
  for (let g = 0; g < count; g++) {
    const number = numbers[g] as number;
    if (number >= word || number <= -word) return false;
  }
  return true;
}

/** Moves what is too great from each part to the next one, which is there once it is needed. */
function carry(from: Float64Array, to: Float64Array | undefined): Float64Array | undefined {
  let next = to;
  for (let g = 0; g < from.length; g++) {
    const part = from[g] as number;
    if (part < partMax && part > -partMax) continue;
    next = grown(next ?? new Float64Array(0), from.length);
    const over = Math.floor(part / word);
    next[g] = (next[g] as number) + over;
    from[g] = part - over * word;
  }
  return next;
}

/** Adds values that fit a double to the sums of their groups, in the order of rows. */
function addValues(
  { dtype, valid, values }: Column,
  selection: Rows,
  n: number,
  groups: Int32Array,
  count: number,
  sums: Float64Array,
): void {
  if (count === 1) {
    sums[0] = sumLoop(dtype, valid, selection)(values, valid, selection, n, sums[0] as number);
    return;
  }
  const loop = rowLoop<[Float64Array]>(`sum_${dtype.kind}`, valid, selection, () => ({
    params: "sums",
    body: "sums[g] += x[i];",
  }));
  loop(values, valid, selection, n, groups, sums);
}

/** Adds the values of one group to `sum`, which stays in a register: several times faster. */
type SumLoop = (
  x: unknown,
  valid: Uint8Array | undefined,
  selection: Rows,
  n: number,
  sum: number,
) => number;

function sumLoop(dtype: DType, valid: Uint8Array | undefined, selection: Rows): SumLoop {
  const skip = valid === undefined ? "" : "if (valid[i] === 0) break row; ";
  return generated(
    variant(`sum_one_${dtype.kind}`, valid, selection),
    () => `(x, valid, selection, n, sum) {
  ${eachRow(selection, `${skip}sum += x[i];`)}
  return sum;
}`,
  );
}
