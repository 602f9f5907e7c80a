import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { float64, list } from "../../../dtype.ts";
import type { Rows } from "../../row-loop.ts";
import type { Accumulator } from "./accumulator.ts";
import type { NumberLists } from "./grouped-numbers.ts";
import { GroupedNumbers, itemGroups } from "./grouped-numbers.ts";
import { unitOf } from "./mean.ts";

/** Exact quantiles of groups, which keeps all values: null for a group of nulls alone. */
export class Quantile implements Accumulator {
  readonly width = 1;
  readonly #q: number;
  readonly #unit: number;
  readonly #numbers = new GroupedNumbers();

  constructor(dtype: DType, q: number) {
    this.#q = q;
    this.#unit = unitOf(dtype);
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array): void {
    this.#numbers.add(arg, selection, n, groups);
  }

  state(count: number): Column[] {
    return [listColumn(this.#numbers.lists(count), count)];
  }

  merge([lists]: readonly Column[], n: number, groups: Int32Array): void {
    const { items, groupsOf } = itemGroups(lists as Column, n, groups);
    this.#numbers.add(items, undefined, items.length, groupsOf);
  }

  result(count: number): Column {
    const { offsets, values } = this.#numbers.lists(count);
    const quantiles = new Float64Array(count);
    const valid = new Uint8Array(count);
    for (let g = 0; g < count; g++) {
      const sorted = values.subarray(offsets[g], offsets[g + 1]).sort();
      if (sorted.length === 0) continue;
      valid[g] = 1;
      quantiles[g] = between(sorted, this.#q * (sorted.length - 1)) / this.#unit;
    }
    return makeColumn(float64, count, {
      values: quantiles,
      valid: valid.includes(0) ? valid : undefined,
    });
  }
}

/** The value at a place of sorted ones, on the line between its neighbours. */
function between(sorted: Float64Array, place: number): number {
  const before = Math.floor(place);
  const low = sorted[before] as number;
  const part = place - before;
  if (part === 0) return low;
  const high = sorted[before + 1] as number;
  // Infinities of one sign have no distance.
  return low === high ? low : low + (high - low) * part;
}

/** Lists as a column. */
export function listColumn({ offsets, values }: NumberLists, count: number): Column {
  const items = makeColumn(float64, values.length, { values });
  return makeColumn(list(float64), count, { offsets, children: [items] });
}
