import type { Column } from "../../column.ts";
import type { Rows } from "../row-loop.ts";
import type { Grouper } from "./grouper.ts";
import { grown, trimmed } from "./grown.ts";
import { Pairs } from "./pairs.ts";
import { takeKeys } from "./take-keys.ts";

/**
 * Groups rows by any number of columns: each has a grouper of its own, whose numbers are paired
 * with those of the columns before it. So every pairing is of two small numbers, whatever the
 * dtypes. Of -0 and 0 all groups show the one that came first in its column.
 */
export class TupleGrouper implements Grouper {
  readonly #columns: readonly Grouper[];
  /** Pairing k joins what the columns up to k gave with column k + 1. */
  readonly #pairings: readonly Pairs[];
  #numbers: Int32Array = new Int32Array(0);
  #met = false;

  constructor(columns: readonly Grouper[]) {
    this.#columns = columns;
    this.#pairings = columns.slice(1).map(() => new Pairs());
  }

  get count(): number {
    return this.#pairings.at(-1)?.count ?? (this.#met ? 1 : 0);
  }

  assign(keys: readonly Column[], selection: Rows, n: number, groups: Int32Array): void {
    const [first] = this.#columns;
    if (first === undefined) {
      this.#met ||= n > 0;
      groups.fill(0, 0, n);
      return;
    }
    first.assign(keys, selection, n, groups);
    this.#numbers = grown(this.#numbers, n);
    let { count } = first;
    for (const [k, pairs] of this.#pairings.entries()) {
      const column = this.#columns[k + 1] as Grouper;
      column.assign(keys.slice(k + 1), selection, n, this.#numbers);
      pairs.assign(groups, count, this.#numbers, column.count, n, groups);
      count = pairs.count;
    }
  }

  keys(): Column[] {
    const columns: Column[] = [];
    let rows: Int32Array | undefined;
    for (let k = this.#columns.length - 1; k >= 0; k--) {
      const [column] = (this.#columns[k] as Grouper).keys() as [Column];
      const pairs = this.#pairings[k - 1];
      if (pairs === undefined)
        columns.unshift(rows === undefined ? column : takeKeys(column, rows));
      else {
        columns.unshift(takeKeys(column, follow(pairs.right, rows, pairs.count)));
        rows = follow(pairs.left, rows, pairs.count);
      }
    }
    return columns;
  }
}

/** Numbers at some rows, or all. */
function follow(numbers: Int32Array, rows: Int32Array | undefined, count: number): Int32Array {
  return rows === undefined ? trimmed(numbers, count) : rows.map((row) => numbers[row] as number);
}
