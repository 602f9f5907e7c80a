import type { Block, Column } from "../../column.ts";
import { makeArray, makeBlock, makeColumn, sliceColumn } from "../../column.ts";
import type { Field } from "../../dtype.ts";
import { float64 } from "../../dtype.ts";
import { perArrayType } from "../per-array-type.ts";
import type { Rows } from "../row-loop.ts";
import type { Accumulator } from "./accumulators/accumulator.ts";
import { makeAccumulator } from "./accumulators/make-accumulator.ts";
import type { AggregateSpec } from "./aggregate-spec.ts";
import { expectedGroups, kindOfTable, rememberGroups } from "./expected-groups.ts";
import { grown, trimmed, withFirstRoom } from "./grown.ts";
import type { Grouper } from "./grouper.ts";
import { makeGrouper, rowsAtOnce } from "./grouper.ts";
import { firstOrdinalIn, ordinalName, partitionStride } from "./ordinals.ts";

/**
 * Groups rows, or partial results, by keys and works out aggregates of each group. Groups are in
 * the order in which they were first met; without keys there is one group, also of no rows. What
 * comes out may share memory with the table, which is not to be added to from then on.
 */
export class GroupTable {
  readonly #keys: readonly Field[];
  readonly #aggregates: readonly AggregateSpec[];
  readonly #grouper: Grouper;
  readonly #accumulators: readonly Accumulator[];
  /** Groups of the rows at hand. */
  #groups: Int32Array = new Int32Array(0);
  /** Where groups of merged blocks were first met. */
  #ordinals: Float64Array = new Float64Array(0);
  readonly #kind: string;
  readonly #expected: number;

  constructor(keys: readonly Field[], aggregates: readonly AggregateSpec[]) {
    this.#keys = keys;
    this.#aggregates = aggregates;
    this.#kind = kindOfTable(keys, aggregates);
    this.#expected = expectedGroups(this.#kind);
    this.#grouper = makeGrouper(keys);
    this.#accumulators = aggregates.map(makeAccumulator);
  }

  /** How many groups there are. */
  get count(): number {
    return this.#keys.length === 0 ? 1 : this.#grouper.count;
  }

  /** Adds rows, of whose columns `selection[k]`, or k, counts for k below `n`. */
  add(
    keys: readonly Column[],
    args: readonly (Column | undefined)[],
    selection: Rows,
    n: number,
  ): void {
    if (n <= rowsAtOnce) {
      this.#add(keys, args, selection, n);
      return;
    }
    for (let start = 0; start < n; start += rowsAtOnce) {
      const end = Math.min(start + rowsAtOnce, n);
      if (selection === undefined) {
        const keysHere = keys.map((key) => sliceColumn(key, start, end));
        const argsHere = args.map((arg) => arg && sliceColumn(arg, start, end));
        this.#add(keysHere, argsHere, undefined, end - start);
      } else this.#add(keys, args, selection.subarray(start, end), end - start);
    }
  }

  /**
   * Adds the rows behind a partial result, or rows that nobody has grouped yet, with arguments in
   * the place of states, as if they came next.
   */
  merge(partial: Block): void {
    const { rows, columns, names } = partial;
    const firstOrdinal = firstOrdinalIn(names[this.#keys.length]);
    for (let start = 0; start < rows; start += rowsAtOnce) {
      const end = Math.min(start + rowsAtOnce, rows);
      const here = columns.map((column) => sliceColumn(column, start, end));
      this.#groups = grown(this.#groups, end - start);
      withFirstRoom(this.#expected, () => this.#merge(here, end - start, firstOrdinal));
    }
  }

  /**
   * What the rows of a partition came to, or all that was merged: keys, where each group was first
   * met, and the states of aggregates.
   */
  partial(partition = 0): Block {
    const { count } = this;
    rememberGroups(this.#kind, count);
    const names = [...this.#keys.map(({ name }) => `key:${name}`), ordinalName];
    const columns = [...this.#grouper.keys(), this.#ordinalColumn(partition)];
    for (const [k, accumulator] of this.#accumulators.entries()) {
      for (const [part, column] of accumulator.state(count).entries()) {
        names.push(`state:${(this.#aggregates[k] as AggregateSpec).name}:${part}`);
        columns.push(column);
      }
    }
    return makeBlock(count, names, columns);
  }

  /** Keys and results under the names asked for. */
  finish(): Block {
    const { count } = this;
    rememberGroups(this.#kind, count);
    const names = [...this.#keys, ...this.#aggregates].map(({ name }) => name);
    const results = this.#accumulators.map((accumulator) => accumulator.result(count));
    return makeBlock(count, names, [...this.#grouper.keys(), ...results]);
  }

  /** The same with where each group was first met before all, for `mergeShuffled`. */
  finishBucket(): Block {
    const { rows, names, columns } = this.finish();
    return makeBlock(rows, [ordinalName, ...names], [this.#ordinalColumn(0), ...columns]);
  }

  #add(
    keys: readonly Column[],
    args: readonly (Column | undefined)[],
    selection: Rows,
    n: number,
  ): void {
    if (n === 0) return;
    this.#groups = grown(this.#groups, n);
    withFirstRoom(this.#expected, () => {
      this.#grouper.assign(keys, selection, n, this.#groups);
      for (const [k, accumulator] of this.#accumulators.entries()) {
        accumulator.add(args[k], selection, n, this.#groups, this.count);
      }
    });
  }

  #merge(partial: readonly Column[], n: number, firstOrdinal: number | undefined): void {
    const keyCount = this.#keys.length;
    const before = this.count;
    this.#grouper.assign(partial.slice(0, keyCount), undefined, n, this.#groups);
    this.#keepOrdinals(partial[keyCount] as Column, firstOrdinal ?? 0, before);
    let at = keyCount + 1;
    for (const [k, accumulator] of this.#accumulators.entries()) {
      if (firstOrdinal !== undefined) {
        const arg = (this.#aggregates[k] as AggregateSpec).arg && partial[at++];
        accumulator.add(arg, undefined, n, this.#groups, this.count);
        continue;
      }
      const state = partial.slice(at, (at += accumulator.width));
      accumulator.merge(state, n, this.#groups, this.count);
    }
  }

  /** Ordinals of the groups that were met in a partial result for the first time. */
  #keepOrdinals({ values }: Column, first: number, before: number): void {
    const { count } = this;
    this.#ordinals = grown(this.#ordinals, count);
    const ordinals = values as Float64Array;
    keepFirst(ordinals)(ordinals, first, this.#groups, before, count, this.#ordinals);
  }

  #ordinalColumn(partition: number): Column {
    const { count } = this;
    if (this.#ordinals.length > 0) {
      return makeColumn(float64, count, { values: trimmed(this.#ordinals, count) });
    }
    return ordinalsFrom(partition * partitionStride, count);
  }
}

/** Groups that are new are met in the order of their numbers. */
const keepFirst = perArrayType(
  (
    values: Float64Array,
    first: number,
    groups: Int32Array,
    before: number,
    count: number,
    kept: Float64Array,
  ): void => {
    let next = before;
    for (let k = 0; next < count; k++) {
      if (groups[k] === next) kept[next++] = first + (values[k] as number);
    }
  },
);

function ordinalsFrom(first: number, count: number): Column {
  const values = makeArray(Float64Array, count);
  for (let g = 0; g < count; g++) values[g] = first + g;
  return makeColumn(float64, count, { values });
}
