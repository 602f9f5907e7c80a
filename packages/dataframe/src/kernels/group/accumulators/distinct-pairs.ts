import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { int64, list } from "../../../dtype.ts";
import type { Rows } from "../../row-loop.ts";
import type { Grouper } from "../grouper.ts";
import { makeColumnGrouper } from "../grouper.ts";
import { grown } from "../grown.ts";
import { Pairs } from "../pairs.ts";
import { takeKeys } from "../take-keys.ts";
import type { Accumulator } from "./accumulator.ts";
import { wholeValues } from "./count.ts";
import { itemGroups, orderByGroup } from "./grouped-numbers.ts";
import { presentRows } from "./present.ts";

/** Counts different values of groups that are not null: keeps each pair of a group and a value. */
export class DistinctPairs implements Accumulator {
  readonly width = 1;
  readonly #dtype: DType;
  readonly #values: Grouper;
  readonly #pairs = new Pairs();
  #numbers: Int32Array = new Int32Array(0);

  constructor(dtype: DType) {
    this.#dtype = dtype;
    this.#values = makeColumnGrouper(dtype);
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    const { valid } = arg;
    if (valid === undefined) {
      this.#add(arg, selection, n, groups, count);
      return;
    }
    const present = presentRows(valid, selection, n, groups);
    this.#add(arg, present.rows, present.rows.length, present.groups, count);
  }

  state(count: number): Column[] {
    const { left, right, count: pairs } = this.#pairs;
    const { offsets, order } = orderByGroup(left, pairs, count);
    const rows = order.map((pair) => right[pair] as number);
    const [values] = this.#values.keys() as [Column];
    return [makeColumn(list(this.#dtype), count, { offsets, children: [takeKeys(values, rows)] })];
  }

  merge([lists]: readonly Column[], n: number, groups: Int32Array, count: number): void {
    const { items, groupsOf } = itemGroups(lists as Column, n, groups);
    this.#add(items, undefined, items.length, groupsOf, count);
  }

  result(count: number): Column {
    const counts = new Float64Array(count);
    const { left, count: pairs } = this.#pairs;
    for (let pair = 0; pair < pairs; pair++) {
      const g = left[pair] as number;
      counts[g] = (counts[g] as number) + 1;
    }
    return makeColumn(int64, count, { values: wholeValues(counts) });
  }

  #add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#numbers = grown(this.#numbers, n);
    const numbers = this.#numbers;
    this.#values.assign([arg], selection, n, numbers);
    this.#pairs.assign(groups, count, numbers, this.#values.count, n, numbers);
  }
}
