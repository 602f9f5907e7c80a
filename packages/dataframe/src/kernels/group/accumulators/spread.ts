import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { float64 } from "../../../dtype.ts";
import { arrayOf, readNumber } from "../../reads.ts";
import type { Rows } from "../../row-loop.ts";
import { rowLoop } from "../../row-loop.ts";
import { grown } from "../grown.ts";
import type { Accumulator } from "./accumulator.ts";
import { unitOf, validWhere } from "./mean.ts";

/**
 * Variance of groups with n - 1, or its root: null for fewer than two values. Rows by Welford's
 * method, partial results by that of Chan, Golub and LeVeque: both are stable.
 */
export class Spread implements Accumulator {
  readonly width = 3;
  readonly #unit: number;
  readonly #root: boolean;
  /** Three numbers a group: count, mean, and sum of the squares of distances from it. */
  #moments: Float64Array = new Float64Array(0);

  constructor(dtype: DType, root: boolean) {
    this.#unit = unitOf(dtype);
    this.#root = root;
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#moments = grown(this.#moments, 3 * count);
    const { dtype, valid } = arg;
    const loop = rowLoop<[Float64Array]>(`spread_${dtype.kind}`, valid, selection, () => ({
      params: "moments",
      body: `const j = 3 * g, v = ${readNumber(dtype)};
    const many = moments[j] + 1, from = v - moments[j + 1];
    const mean = moments[j + 1] + from / many;
    moments[j] = many;
    moments[j + 1] = mean;
    moments[j + 2] += from * (v - mean);`,
    }));
    loop(arrayOf(arg), valid, selection, n, groups, this.#moments);
  }

  state(count: number): Column[] {
    return [0, 1, 2].map((part) => {
      const values = this.#part(part, count);
      return makeColumn(float64, count, { values });
    });
  }

  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.#moments = grown(this.#moments, 3 * count);
    const moments = this.#moments;
    const [counts, means, squares] = state.map(({ values }) => values as Float64Array) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let k = 0; k < n; k++) {
      const added = counts[k] as number;
      if (added === 0) continue;
      const at = 3 * (groups[k] as number);
      const before = moments[at] as number;
      const mean = moments[at + 1] as number;
      const many = before + added;
      const from = (means[k] as number) - mean;
      moments[at] = many;
      moments[at + 1] = before === 0 ? (means[k] as number) : mean + (from * added) / many;
      const squared = (moments[at + 2] as number) + (squares[k] as number);
      moments[at + 2] = before === 0 ? squared : squared + (from * from * before * added) / many;
    }
  }

  result(count: number): Column {
    const counts = this.#part(0, count);
    const values = this.#part(2, count);
    const unit = this.#unit * this.#unit;
    for (let g = 0; g < count; g++) {
      const variance = (values[g] as number) / ((counts[g] as number) - 1) / unit;
      values[g] = this.#root ? Math.sqrt(variance) : variance;
    }
    return makeColumn(float64, count, { values, valid: validWhere(counts, 2) });
  }

  #part(part: number, count: number): Float64Array {
    this.#moments = grown(this.#moments, 3 * count);
    const values = new Float64Array(count);
    for (let g = 0; g < count; g++) values[g] = this.#moments[3 * g + part] as number;
    return values;
  }
}
