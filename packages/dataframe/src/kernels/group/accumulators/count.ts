import type { Column } from "../../../column.ts";
import { makeArray, makeColumn } from "../../../column.ts";
import { float64, int64 } from "../../../dtype.ts";
import type { Rows } from "../../row-loop.ts";
import { rowLoop } from "../../row-loop.ts";
import { grown, trimmed } from "../grown.ts";
import type { Accumulator } from "./accumulator.ts";

/** Counts rows that are not null; all of them where there is no argument. */
export class Count implements Accumulator {
  readonly width = 1;
  #counts: Float64Array = new Float64Array(0);

  add(
    arg: Column | undefined,
    selection: Rows,
    n: number,
    groups: Int32Array,
    count: number,
  ): void {
    this.#counts = grown(this.#counts, count);
    const valid = arg?.valid;
    if (count === 1 && valid === undefined) {
      this.#counts[0] = (this.#counts[0] as number) + n;
      return;
    }
    const loop = rowLoop<[Float64Array]>("count", valid, selection, () => ({
      params: "counts",
      body: "counts[g]++;",
    }));
    loop(undefined, valid, selection, n, groups, this.#counts);
  }

  state(count: number): Column[] {
    return [makeColumn(float64, count, { values: trimmed(this.counts(count), count) })];
  }

  merge([counts]: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.#counts = grown(this.#counts, count);
    addNumbers(counts as Column, n, groups, this.#counts);
  }

  result(count: number): Column {
    return makeColumn(int64, count, { values: wholeValues(this.counts(count)) });
  }

  /** As doubles; all counts are far below 2 ** 53. */
  counts(count: number): Float64Array {
    this.#counts = grown(this.#counts, count);
    return this.#counts.subarray(0, count);
  }
}

/** Adds a column of doubles that has no nulls. */
export function addNumbers(column: Column, n: number, groups: Int32Array, to: Float64Array): void {
  const values = column.values as Float64Array;
  for (let k = 0; k < n; k++) {
    const g = groups[k] as number;
    to[g] = (to[g] as number) + (values[k] as number);
  }
}

/** Whole doubles, none greater than 2 ** 53, as 64 bits. */
export function wholeValues(numbers: Float64Array): BigInt64Array {
  const values = makeArray(BigInt64Array, numbers.length);
  const halves = new Int32Array(values.buffer);
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] as number;
    halves[2 * i] = number | 0;
    halves[2 * i + 1] = Math.floor(number / 4_294_967_296) | 0;
  }
  return values;
}
