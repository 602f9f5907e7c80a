import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import type { DType } from "../../../dtype.ts";
import { float64 } from "../../../dtype.ts";
import type { Rows } from "../../row-loop.ts";
import { grown } from "../grown.ts";
import type { Centroids } from "../t-digest.ts";
import { centroidsMax, compress, mergeRuns, quantileOf } from "../t-digest.ts";
import type { Accumulator } from "./accumulator.ts";
import type { NumberLists } from "./grouped-numbers.ts";
import { GroupedNumbers, itemGroups } from "./grouped-numbers.ts";
import { unitOf } from "./mean.ts";
import { listColumn } from "./quantile.ts";

/** Values that wait for their digests at least. */
const waitingMin = 65_536;

/** Quantiles of groups, about, by a t-digest each: null for a group of nulls alone. */
export class Digests implements Accumulator {
  readonly width = 2;
  readonly #q: number;
  readonly #unit: number;
  /** Digests of the groups below `#groups`, one behind the other. */
  #offsets: Int32Array = new Int32Array(1);
  #centroids: Centroids = { means: new Float64Array(0), weights: new Float64Array(0) };
  /** Values that came since. */
  readonly #values = new GroupedNumbers();
  /** Centroids of others that came since; number k of both belongs together. */
  readonly #means = new GroupedNumbers();
  readonly #weights = new GroupedNumbers();

  constructor(dtype: DType, q: number) {
    this.#q = q;
    this.#unit = unitOf(dtype);
  }

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    this.#values.add(arg, selection, n, groups);
    this.#settle(count);
  }

  state(count: number): Column[] {
    this.#digest(count);
    const { means, weights } = this.#centroids;
    const offsets = this.#offsets;
    return [
      listColumn({ offsets, values: means }, count),
      listColumn({ offsets, values: weights }, count),
    ];
  }

  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void {
    const [means, weights] = state.map((lists) => itemGroups(lists, n, groups));
    if (means === undefined || weights === undefined) return;
    this.#means.add(means.items, undefined, means.items.length, means.groupsOf);
    this.#weights.add(weights.items, undefined, means.items.length, means.groupsOf);
    this.#settle(count);
  }

  result(count: number): Column {
    this.#digest(count);
    const values = new Float64Array(count);
    const valid = new Uint8Array(count);
    for (let g = 0; g < count; g++) {
      const [start = 0, end = 0] = [this.#offsets[g], this.#offsets[g + 1]];
      if (start === end) continue;
      valid[g] = 1;
      values[g] = quantileOf(this.#centroids, start, end, this.#q) / this.#unit;
    }
    return makeColumn(float64, count, { values, valid: valid.includes(0) ? valid : undefined });
  }

  /** Digests what waits once it is much beside what is there: so each is gone over few times. */
  #settle(count: number): void {
    const waiting = this.#values.count + this.#means.count;
    if (waiting >= Math.max(waitingMin, this.#centroids.means.length)) this.#digest(count);
  }

  #digest(count: number): void {
    const values = this.#values.lists(count);
    const means = this.#means.lists(count);
    const weights = this.#weights.lists(count);
    for (const waiting of [this.#values, this.#means, this.#weights]) waiting.clear();
    const before = this.#centroids;
    const starts = this.#offsets;
    const all = before.means.length + values.values.length + means.values.length;
    const done = { means: new Float64Array(all), weights: new Float64Array(all) };
    const offsets = new Int32Array(count + 1);
    let [work, spare] = [workspace(centroidsMax), workspace(centroidsMax)];
    for (let g = 0; g < count; g++) {
      const [from = 0, to = from] = [starts[g], starts[g + 1]];
      const known = g + 1 < starts.length ? to - from : 0;
      const size = known + lengthOf(values, g) + lengthOf(means, g);
      if (size > work.means.length) [work, spare] = [workspace(size), workspace(size)];
      work.means.set(before.means.subarray(from, from + known));
      work.weights.set(before.weights.subarray(from, from + known));
      work.means.set(part(means, g), known);
      work.weights.set(part(weights, g), known);
      const single = size - lengthOf(values, g);
      work.means.set(part(values, g).sort(), single);
      work.weights.fill(1, single, size);
      mergeRuns(work, spare, size);
      const left = compress(work, size);
      const at = offsets[g] as number;
      done.means.set(work.means.subarray(0, left), at);
      done.weights.set(work.weights.subarray(0, left), at);
      offsets[g + 1] = at + left;
    }
    const end = offsets[count] as number;
    this.#centroids = { means: done.means.slice(0, end), weights: done.weights.slice(0, end) };
    this.#offsets = offsets;
  }
}

function workspace(size: number): Centroids {
  const room = grown(new Float64Array(0), size).length;
  return { means: new Float64Array(room), weights: new Float64Array(room) };
}

function lengthOf({ offsets }: NumberLists, group: number): number {
  return (offsets[group + 1] as number) - (offsets[group] as number);
}

function part({ offsets, values }: NumberLists, group: number): Float64Array {
  return values.subarray(offsets[group], offsets[group + 1]);
}
