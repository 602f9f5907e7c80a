import type { Column } from "../../../column.ts";
import { concatColumns } from "../../concat.ts";
import type { Rows } from "../../row-loop.ts";
import { takeColumn } from "../../take.ts";
import { nullColumn } from "../../null-column.ts";
import type { DType } from "../../../dtype.ts";
import { grown } from "../grown.ts";
import type { Accumulator } from "./accumulator.ts";
import type { Place } from "./pick.ts";

/** Rows no longer wanted that are kept at least. */
const spareRows = 65_536;

/** First or last values of groups that are not null, of any dtype: rows are copied as they come. */
export class PickRows implements Accumulator {
  readonly width = 1;
  readonly #dtype: DType;
  readonly #place: Place;
  /** Rows that were picked, one part after the other. */
  #parts: Column[] = [];
  #rows = 0;
  /** For each group its row of all parts + 1, 0 while it has none. */
  #rowOf: Int32Array = new Int32Array(0);

  constructor(dtype: DType, place: Place) {
    this.#dtype = dtype;
    this.#place = place;
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#rowOf = grown(this.#rowOf, count);
    const rowOf = this.#rowOf;
    const { valid } = arg;
    const picked: number[] = [];
    for (let j = 0; j < n; j++) {
      const k = this.#place === "first" ? j : n - 1 - j;
      const i = selection === undefined ? k : (selection[k] as number);
      const g = groups[k] as number;
      if (valid !== undefined && valid[i] === 0) continue;
      const row = rowOf[g] as number;
      // From the end backwards, a row of this call is later than all that follow.
      if (this.#place === "first" ? row > 0 : row > this.#rows) continue;
      picked.push(i);
      rowOf[g] = this.#rows + picked.length;
    }
    if (picked.length === 0) return;
    this.#parts.push(takeColumn(arg, Int32Array.from(picked)));
    this.#rows += picked.length;
    if (this.#rows > 2 * count + spareRows) this.#pack(count);
  }

  state(count: number): Column[] {
    return [this.result(count)];
  }

  merge([picked]: readonly Column[], n: number, groups: Int32Array, count: number): void {
    this.add(picked as Column, undefined, n, groups, count);
  }

  result(count: number): Column {
    this.#rowOf = grown(this.#rowOf, count);
    if (this.#rows === 0) return nullColumn(this.#dtype, count);
    const rows = this.#rowOf.subarray(0, count).map((row) => row - 1);
    return takeColumn(concatColumns(this.#parts), rows, true);
  }

  /** Leaves out the rows that no group has. */
  #pack(count: number): void {
    const rows = this.#rowOf.subarray(0, count).filter((row) => row > 0);
    this.#parts = [
      takeColumn(
        concatColumns(this.#parts),
        rows.map((row) => row - 1),
      ),
    ];
    let at = 0;
    for (let g = 0; g < count; g++) if (this.#rowOf[g] !== 0) this.#rowOf[g] = ++at;
    this.#rows = at;
  }
}
