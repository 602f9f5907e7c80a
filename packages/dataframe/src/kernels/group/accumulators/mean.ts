import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { float64 } from "../../../dtype.ts";
import type { Rows } from "../../row-loop.ts";
import type { Accumulator } from "./accumulator.ts";
import { Count } from "./count.ts";
import type { Totals } from "./totals.ts";
import { makeTotals } from "./totals.ts";

/** Means of groups: null for one of nulls alone. */
export class Mean implements Accumulator {
  readonly width: number;
  readonly #totals: Totals;
  readonly #count = new Count();
  /** What the stored numbers are multiples of. */
  readonly #unit: number;

  constructor(dtype: DType) {
    this.#totals = makeTotals(dtype);
    this.width = this.#totals.width + 1;
    this.#unit = unitOf(dtype);
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#totals.add(arg, selection, n, groups, count);
    this.#count.add(arg, selection, n, groups, count);
  }

  state(count: number): Column[] {
    return [...this.#count.state(count), ...this.#totals.state(count)];
  }

  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.#count.merge(state, n, groups, count);
    this.#totals.merge(state.slice(1), n, groups, count);
  }

  result(count: number): Column {
    const counts = this.#count.counts(count);
    const values = this.#totals.numbers(count).slice();
    for (let g = 0; g < count; g++) {
      values[g] = (values[g] as number) / (counts[g] as number) / this.#unit;
    }
    return makeColumn(float64, count, { values, valid: validWhere(counts, 1) });
  }
}

/** What numbers of a dtype are multiplied with where they are stored. */
export function unitOf(dtype: DType): number {
  return dtype.kind === "decimal" ? 10 ** dtype.scale : 1;
}

/** Validity of groups that have `least` values or more. */
export function validWhere(counts: Float64Array, least: number): Uint8Array | undefined {
  const valid = Uint8Array.from(counts, (n) => (n >= least ? 1 : 0));
  return valid.includes(0) ? valid : undefined;
}
