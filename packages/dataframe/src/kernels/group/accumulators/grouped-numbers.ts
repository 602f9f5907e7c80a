import type { Column } from "../../../column.ts";
import { sliceColumn } from "../../../column.ts";
import { arrayOf, readNumber } from "../../reads.ts";
import type { Rows } from "../../row-loop.ts";
import { rowLoop } from "../../row-loop.ts";
import { grown } from "../grown.ts";

/** Numbers of groups one behind the other: those of group g begin at `offsets[g]`. */
export interface NumberLists {
  readonly offsets: Int32Array;
  readonly values: Float64Array;
}

/** Numbers of many groups as they come, which can be put in the order of groups. */
export class GroupedNumbers {
  count = 0;
  #groups: Int32Array = new Int32Array(0);
  #values: Float64Array = new Float64Array(0);

  /** Adds rows of a column that are not null, as doubles. */
  add(arg: Column, selection: Rows, n: number, groups: Int32Array): void {
    this.#reserve(n);
    const { dtype, valid } = arg;
    const loop = rowLoop<[Int32Array, Float64Array, Float64Array]>(
      `collect_${dtype.kind}`,
      valid,
      selection,
      () => ({
        params: "toGroups, toValues, next",
        body: `const j = next[0]++; toGroups[j] = g; toValues[j] = ${readNumber(dtype)};`,
      }),
    );
    const at = Float64Array.of(this.count);
    loop(arrayOf(arg), valid, selection, n, groups, this.#groups, this.#values, at);
    this.count = at[0] as number;
  }

  /** All numbers by group, those of a group in the order in which they came. */
  lists(count: number): NumberLists {
    const { offsets, order } = orderByGroup(this.#groups, this.count, count);
    const values = new Float64Array(this.count);
    for (let j = 0; j < values.length; j++) values[j] = this.#values[order[j] as number] as number;
    return { offsets, values };
  }

  /** Forgets all of them. */
  clear(): void {
    this.count = 0;
  }

  #reserve(n: number): void {
    this.#groups = grown(this.#groups, this.count + n);
    this.#values = grown(this.#values, this.count + n);
  }
}

/** Where the lists of `count` groups begin and end in an order by group, and that order. */
export function orderByGroup(
  groups: Int32Array,
  n: number,
  count: number,
): { offsets: Int32Array; order: Int32Array } {
  const offsets = new Int32Array(count + 1);
  for (let j = 0; j < n; j++) {
    const next = (groups[j] as number) + 1;
    offsets[next] = (offsets[next] as number) + 1;
  }
  for (let g = 0; g < count; g++) {
    offsets[g + 1] = (offsets[g + 1] as number) + (offsets[g] as number);
  }
  const next = offsets.slice();
  const order = new Int32Array(n);
  for (let j = 0; j < n; j++) {
    const g = groups[j] as number;
    const at = next[g] as number;
    next[g] = at + 1;
    order[at] = j;
  }
  return { offsets, order };
}

/** All items of the first `n` lists of a column, and the group of each. */
export function itemGroups(
  lists: Column,
  n: number,
  groups: Int32Array,
): { items: Column; groupsOf: Int32Array } {
  const offsets = lists.offsets as Int32Array;
  const [start = 0, end = 0] = [offsets[0], offsets[n]];
  const groupsOf = new Int32Array(end - start);
  for (let k = 0; k < n; k++) {
    const [from, to] = [offsets[k] as number, offsets[k + 1] as number];
    groupsOf.fill(groups[k] as number, from - start, to - start);
  }
  const [items] = lists.children as [Column];
  return { items: sliceColumn(items, start, end), groupsOf };
}
