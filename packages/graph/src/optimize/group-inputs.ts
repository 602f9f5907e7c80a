import type { GraphCore, IntList } from "../graph-core.ts";

/** Longer lists are looked up in a Set. */
const searchedMax = 16;

/** What a group reads, each input once. */
class InputList {
  readonly items: number[];
  #lookup: Set<number> | undefined;

  constructor(items: number[]) {
    this.items = items;
  }

  has(input: number): boolean {
    if (this.items.length <= searchedMax) return this.items.includes(input);
    this.#lookup ??= new Set(this.items);
    return this.#lookup.has(input);
  }

  add(input: number): void {
    this.items.push(input);
    this.#lookup?.add(input);
  }
}

const nothing = new InputList([]);

/**
 * What groups of tasks read. A group begins with the row of its task in the graph; where groups are
 * joined, the shorter lists are added to the longest. Tasks that a group has taken may still stand
 * in its list.
 */
export class GroupInputs {
  readonly #core: GraphCore;
  readonly #readers: Int32Array;
  readonly #absorbed: Uint8Array;
  /** 0: the row of the task itself; `r + 1`: that of task `r`; negative: `lists[~row]`. */
  readonly #row: Int32Array;
  readonly #lists: InputList[] = [];
  /** What the groups read that were marked last: by number, and in long lists. */
  readonly #mark: Int32Array;
  #marking = 0;
  readonly #longMarked: InputList[] = [];

  /** `readers`, how many groups read a task, is kept up to date; `absorbed` tasks were taken. */
  constructor(core: GraphCore, readers: Int32Array, absorbed: Uint8Array) {
    this.#core = core;
    this.#readers = readers;
    this.#absorbed = absorbed;
    this.#row = new Int32Array(core.size);
    this.#mark = new Int32Array(core.size);
  }

  /** Group `to` reads what `from` reads. */
  pass(from: number, to: number): void {
    const row = this.#row[from] as number;
    this.#row[to] = row === 0 ? from + 1 : row;
  }

  /**
   * Group `t` reads what the groups read that it has taken, and the inputs of its own that it has
   * not, of which there are `live`. What only it reads now is added to `freed`.
   */
  join(t: number, taken: IntList, live: number, freed: IntList): void {
    let base = t;
    let most = live;
    let others = 0;
    for (let k = 0; k < taken.length; k++) {
      const count = this.count(taken.at(k));
      others += Math.min(most, count);
      if (count < most || (count === 0 && base !== t)) continue;
      base = taken.at(k);
      most = count;
    }
    if (others > 0) {
      const list = this.#listOf(base);
      for (let k = 0; k < taken.length; k++) {
        if (taken.at(k) !== base) this.#addAll(list, taken.at(k), freed);
      }
      if (base !== t) this.#addAll(list, t, freed);
    }
    this.pass(base, t);
  }

  /** The row of the graph, or `~` the number of the list, that a group has. */
  #rowOf(group: number): number {
    const row = this.#row[group] as number;
    return row === 0 ? group : row > 0 ? row - 1 : row;
  }

  #addAll(list: InputList, group: number, freed: IntList): void {
    const row = this.#rowOf(group);
    if (row < 0) {
      for (const input of (this.#lists[~row] as InputList).items) this.#add(list, input, freed);
      // Nobody will ask for it any more.
      this.#lists[~row] = nothing;
      return;
    }
    const { offsets, targets } = this.#core;
    const end = offsets[row + 1] as number;
    for (let e = offsets[row] as number; e < end; e++) this.#add(list, targets[e] as number, freed);
  }

  #add(list: InputList, input: number, freed: IntList): void {
    if (this.#absorbed[input] === 1) return;
    if (!list.has(input)) list.add(input);
    else if (--this.#readers[input]! === 1) freed.push(input);
  }

  /** Marks some groups and what they read, for {@link isMarked}. */
  mark(groups: IntList): void {
    this.#marking++;
    this.#longMarked.length = 0;
    for (let k = 0; k < groups.length; k++) {
      const group = groups.at(k);
      this.#mark[group] = this.#marking;
      const row = this.#rowOf(group);
      if (this.count(group) > searchedMax) this.#longMarked.push(this.#listOf(group));
      else if (row < 0) {
        for (const input of (this.#lists[~row] as InputList).items) {
          this.#mark[input] = this.#marking;
        }
      } else {
        const { offsets, targets } = this.#core;
        const end = offsets[row + 1] as number;
        for (let e = offsets[row] as number; e < end; e++) {
          this.#mark[targets[e] as number] = this.#marking;
        }
      }
    }
  }

  #isMarked(input: number): boolean {
    if (this.#mark[input] === this.#marking) return true;
    return this.#longMarked.some((list) => list.has(input));
  }

  /** Whether group `t` reads at most `most` unmarked tasks that have a `weight` above 0. */
  hasAtMost(t: number, most: number, weight: Int32Array): boolean {
    const row = this.#rowOf(t);
    let count = 0;
    if (row >= 0) {
      const { offsets, targets } = this.#core;
      const end = offsets[row + 1] as number;
      for (let e = offsets[row] as number; e < end; e++) {
        const input = targets[e] as number;
        if (this.#absorbed[input] === 1 || weight[input] === 0 || this.#isMarked(input)) continue;
        if (++count > most) return false;
      }
      return true;
    }
    const { items } = this.#lists[~row] as InputList;
    for (let i = 0; i < items.length;) {
      const input = items[i] as number;
      if (this.#absorbed[input] === 1) {
        // So that what was taken is met once.
        items[i] = items.at(-1) as number;
        items.pop();
        continue;
      }
      i++;
      if (weight[input] === 0 || this.#isMarked(input)) continue;
      if (++count > most) return false;
    }
    return true;
  }

  /** How many inputs stand in the list of a group, those that it has taken included. */
  count(group: number): number {
    const row = this.#rowOf(group);
    if (row < 0) return (this.#lists[~row] as InputList).items.length;
    const { offsets } = this.#core;
    return (offsets[row + 1] as number) - (offsets[row] as number);
  }

  /** The list of a group; a row of the graph becomes one, which may grow. */
  #listOf(group: number): InputList {
    const row = this.#rowOf(group);
    if (row < 0) return this.#lists[~row] as InputList;
    const { offsets, targets } = this.#core;
    const list = new InputList(Array.from(targets.subarray(offsets[row], offsets[row + 1])));
    this.#row[group] = ~(this.#lists.push(list) - 1);
    return list;
  }
}
