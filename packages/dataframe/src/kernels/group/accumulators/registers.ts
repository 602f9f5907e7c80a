import type { Column } from "../../../column.ts";
import { makeColumn } from "../../../column.ts";
import { int32, int64, list, uint8 } from "../../../dtype.ts";
import { hashColumns } from "../../hash.ts";
import type { Rows } from "../../row-loop.ts";
import { grown, trimmed } from "../grown.ts";
import { addHash, estimateCount, mergeSketch, registerCount } from "../hyper-log-log.ts";
import { Pairs } from "../pairs.ts";
import type { Accumulator } from "./accumulator.ts";
import { wholeValues } from "./count.ts";
import { itemGroups, orderByGroup } from "./grouped-numbers.ts";
import { presentRows } from "./present.ts";

/** Different hashes of a group that are kept as they are: more take more room than a sketch. */
const hashesMax = 256;

/**
 * Counts different values of groups, about: the hashes of a group while they are few, which counts
 * them exactly, and a HyperLogLog sketch from then on.
 */
export class Registers implements Accumulator {
  readonly width = 2;
  /** Pairs of a group and a hash, also of groups that have a sketch by now. */
  readonly #pairs = new Pairs();
  /** Hashes that a group has among the pairs. */
  #hashCounts: Int32Array = new Int32Array(0);
  /** 1 + the number of the group's sketch, 0 while it has none. */
  #sketchOf: Int32Array = new Int32Array(0);
  #sketches = 0;
  #registers: Uint8Array = new Uint8Array(0);

  add(arg: Column, selection: Rows, n: number, groups: Int32Array, count: number): void {
    const { valid } = arg;
    if (valid === undefined) {
      const hashes = new Int32Array(n);
      hashColumns([arg], selection, n, hashes);
      this.#addHashes(hashes, n, groups, count);
      return;
    }
    const present = presentRows(valid, selection, n, groups);
    const hashes = new Int32Array(present.rows.length);
    hashColumns([arg], present.rows, hashes.length, hashes);
    this.#addHashes(hashes, hashes.length, present.groups, count);
  }

  state(count: number): Column[] {
    this.#fold(count);
    const { left, right, count: pairs } = this.#pairs;
    const few = left.subarray(0, pairs).map((g) => (this.#sketchOf[g] === 0 ? g : count));
    const { offsets, order } = orderByGroup(few, pairs, count + 1);
    const values = order.subarray(0, offsets[count]).map((pair) => right[pair] as number);
    const hashes = makeColumn(int32, values.length, { values });
    const ends = new Int32Array(count + 1);
    const bytes = new Uint8Array(this.#sketches * registerCount);
    let used = 0;
    for (let g = 0; g < count; g++) {
      const sketch = this.#sketchOf[g] as number;
      if (sketch > 0) {
        const start = (sketch - 1) * registerCount;
        bytes.set(this.#registers.subarray(start, start + registerCount), used);
        used += registerCount;
      }
      ends[g + 1] = used;
    }
    const registers = makeColumn(uint8, used, { values: bytes });
    return [
      makeColumn(list(int32), count, {
        offsets: trimmed(offsets, count + 1),
        children: [hashes],
      }),
      makeColumn(list(uint8), count, { offsets: ends, children: [registers] }),
    ];
  }

  merge(state: readonly Column[], n: number, groups: Int32Array, count: number): void {
    const [hashes, registers] = state as [Column, Column];
    const { items, groupsOf } = itemGroups(hashes, n, groups);
    this.#addHashes(items.values as Int32Array, items.length, groupsOf, count);
    const offsets = registers.offsets as Int32Array;
    const bytes = registers.children[0]?.values as Uint8Array;
    for (let k = 0; k < n; k++) {
      const start = offsets[k] as number;
      if (start === offsets[k + 1]) continue;
      const own = this.#sketch(groups[k] as number);
      mergeSketch(this.#registers, own, bytes, start);
    }
  }

  result(count: number): Column {
    this.#fold(count);
    const counts = Float64Array.from({ length: count }, (_, g) => {
      const sketch = this.#sketchOf[g] as number;
      if (sketch === 0) return this.#hashCounts[g] as number;
      return Math.round(estimateCount(this.#registers, (sketch - 1) * registerCount));
    });
    return makeColumn(int64, count, { values: wholeValues(counts) });
  }

  #addHashes(hashes: Int32Array, n: number, groups: Int32Array, count: number): void {
    this.#reserve(count);
    const few = new Int32Array(n);
    const fewGroups = new Int32Array(n);
    let fewCount = 0;
    for (let k = 0; k < n; k++) {
      const g = groups[k] as number;
      const sketch = this.#sketchOf[g] as number;
      const hash = hashes[k] as number;
      if (sketch > 0) addHash(this.#registers, (sketch - 1) * registerCount, hash);
      else {
        few[fewCount] = hash;
        fewGroups[fewCount++] = g;
      }
    }
    const pairs = this.#pairs;
    let pair = pairs.count;
    pairs.assign(fewGroups, count, few, 2 ** 32, fewCount, few);
    for (; pair < pairs.count; pair++) {
      const g = pairs.left[pair] as number;
      const known = (this.#hashCounts[g] as number) + 1;
      this.#hashCounts[g] = known;
      if (known > hashesMax) this.#sketch(g);
    }
  }

  #reserve(count: number): void {
    this.#hashCounts = grown(this.#hashCounts, count);
    this.#sketchOf = grown(this.#sketchOf, count);
  }

  /** Where the sketch of a group begins, which it has from now on. */
  #sketch(group: number): number {
    if (this.#sketchOf[group] === 0) {
      this.#sketchOf[group] = ++this.#sketches;
      this.#registers = grown(this.#registers, this.#sketches * registerCount);
    }
    return ((this.#sketchOf[group] as number) - 1) * registerCount;
  }

  /** Takes hashes into the sketches of groups that got one later; twice is as good as once. */
  #fold(count: number): void {
    this.#reserve(count);
    const { left, right, count: pairs } = this.#pairs;
    for (let pair = 0; pair < pairs; pair++) {
      const sketch = this.#sketchOf[left[pair] as number] as number;
      if (sketch === 0) continue;
      addHash(this.#registers, (sketch - 1) * registerCount, right[pair] as number);
    }
  }
}
