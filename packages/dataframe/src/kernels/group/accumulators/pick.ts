import type { Column, Values } from "../../../column.ts";
import { halvesOf, makeColumn, makeValues } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { isWide } from "../../../dtype-traits.ts";
import { arrayOf } from "../../reads.ts";
import type { Rows } from "../../row-loop.ts";
import { rowLoop } from "../../row-loop.ts";
import { grown, trimmed } from "../grown.ts";
import type { Accumulator } from "./accumulator.ts";

/** Which rows of a group are taken. */
export type Place = "first" | "last";

/** First or last values of groups that are not null, of dtypes of a fixed width. */
export class Pick implements Accumulator {
  readonly width = 1;
  readonly #dtype: DType;
  readonly #place: Place;
  #values: Values;
  #valid: Uint8Array = new Uint8Array(0);

  constructor(dtype: DType, place: Place) {
    this.#dtype = dtype;
    this.#place = place;
    this.#values = makeValues(dtype, 0);
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#reserve(count);
    const { dtype, valid } = arg;
    const place = this.#place;
    const loop = rowLoop<[Values, Uint8Array]>(`${place}_${dtype.kind}`, valid, selection, () => {
      const copy = isWide(dtype)
        ? "to[2 * g] = x[2 * i]; to[2 * g + 1] = x[2 * i + 1];"
        : "to[g] = x[i];";
      const head = place === "first" ? "if (has[g] !== 0) break row;" : "";
      return { params: "to, has", body: `${head} has[g] = 1; ${copy}` };
    });
    const to = isWide(dtype) ? halvesOf(this.#values) : this.#values;
    loop(arrayOf(arg), valid, selection, n, groups, to, this.#valid);
  }

  state(count: number): Column[] {
    return [this.result(count)];
  }

  merge([picked]: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.add(picked as Column, undefined, n, groups, count);
  }

  result(count: number): Column {
    this.#reserve(count);
    const values = trimmed(this.#values, count);
    const valid = this.#valid.slice(0, count);
    return makeColumn(this.#dtype, count, { values, valid: valid.includes(0) ? valid : undefined });
  }

  #reserve(count: number): void {
    this.#values = grown(this.#values, count);
    this.#valid = grown(this.#valid, count);
  }
}
