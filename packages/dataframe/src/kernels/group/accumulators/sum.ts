import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import { dtypeText } from "../../../dtype-traits.ts";
import { dataFault } from "../../../errors.ts";
import type { Rows } from "../../row-loop.ts";
import type { AggregateSpec } from "../aggregate-spec.ts";
import { trimmed } from "../grown.ts";
import type { Accumulator } from "./accumulator.ts";
import { Seen } from "./seen.ts";
import type { Totals } from "./totals.ts";
import { ExactTotals, makeTotals } from "./totals.ts";

/** Sums of groups: null for one of nulls alone, exact for whole numbers. */
export class Sum implements Accumulator {
  readonly width: number;
  readonly #spec: AggregateSpec;
  readonly #totals: Totals;
  readonly #seen = new Seen();

  constructor(spec: AggregateSpec) {
    this.#spec = spec;
    this.#totals = makeTotals(spec.arg ?? spec.dtype);
    this.width = this.#totals.width;
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#totals.add(arg, selection, n, groups, count);
    this.#seen.note(arg.valid, selection, n, groups, count);
  }

  state(count: number): Column[] {
    const [sums, ...carries] = this.#totals.state(count) as [Column, ...Column[]];
    const valid = this.#seen.valid(count);
    return [makeColumn(sums.dtype, count, { values: sums.values, valid }), ...carries];
  }

  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.#totals.merge(state, n, groups, count);
    this.#seen.note((state[0] as Column).valid, undefined, n, groups, count);
  }

  result(count: number): Column {
    const { dtype } = this.#spec;
    const valid = this.#seen.valid(count);
    const totals = this.#totals;
    if (!(totals instanceof ExactTotals)) {
      return makeColumn(dtype, count, { values: trimmed(totals.numbers(count), count), valid });
    }
    const { values, carries } = totals.values(count);
    const bound = dtype.kind === "decimal" ? 10n ** BigInt(dtype.precision) : undefined;
    const isUnsigned = dtype.kind === "uint64";
    const halves = new Int32Array(values.buffer);
    for (let g = 0; g < count; g++) {
      const beyond = isUnsigned && (halves[2 * g + 1] as number) < 0 ? 1 : 0;
      if (carries[g] !== beyond) throw this.#overflow(values, carries, g);
      if (bound === undefined) continue;
      const value = values[g] as bigint;
      if (value >= bound || value <= -bound) throw this.#overflow(values, carries, g);
    }
    return makeColumn(dtype, count, {
      values: isUnsigned ? new BigUint64Array(values.buffer) : values,
      valid,
    });
  }

  #overflow(values: BigInt64Array, carries: Float64Array, group: number): Error {
    const { name, dtype } = this.#spec;
    const sum = (BigInt(carries[group] as number) << 64n) + (values[group] as bigint);
    const message =
      `sum: a total of ${JSON.stringify(name)} is too great, got ${sum}, ` +
      `wanted what ${dtypeText(dtype)} holds. Cast the argument to float64 first.`;
    return dataFault("dataframe/overflow", message);
  }
}
