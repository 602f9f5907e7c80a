import { compareKeys, layerKey } from "./key.ts";
import type { Key } from "./key.ts";

/** Names for the integers 0 … size-1 of a graph. A range of a symbolic layer stores no strings. */
export interface KeyTable {
  readonly size: number;
  at(index: number): Key;
  /** Index of a key, or -1. */
  indexOf(key: Key): number;
  /** The keys around an index that rise in natural order, as far as that costs no look at them. */
  runAt(index: number): KeyRun;
  /** The common prefix, where all keys are `<prefix>0` … `<prefix><size-1>`. */
  readonly prefix?: string;
}

/** Consecutive indexes of a table whose keys rise. */
export interface KeyRun {
  readonly start: number;
  readonly count: number;
}

/** Keys written out, in the order given. The index for look-ups is built at the first one. */
export function listKeys(keys: readonly Key[]): KeyTable {
  let index: Map<Key, number> | undefined;
  return {
    size: keys.length,
    at: (i) => keys[i] as Key,
    indexOf(key) {
      index ??= new Map(keys.map((name, i) => [name, i]));
      return index.get(key) ?? -1;
    },
    runAt: (start) => ({ start, count: 1 }),
  };
}

/** The keys `<layer>/0` … `<layer>/<count-1>`. */
export function rangeKeys(layer: string, count: number): KeyTable {
  const prefix = `${layer}/`;
  return {
    size: count,
    at: (i) => layerKey(layer, i),
    indexOf(key) {
      if (!key.startsWith(prefix)) return -1;
      const index = parseIndex(key, prefix.length);
      return index < count ? index : -1;
    },
    runAt: () => ({ start: 0, count }),
    prefix,
  };
}

/** Reads the digits from `start` to the end, or gives -1; leading zeros are another key. */
export function parseIndex(key: Key, start: number): number {
  const digits = key.length - start;
  if (digits < 1 || digits > 10) return -1;
  let value = 0;
  for (let i = start; i < key.length; i++) {
    const digit = key.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return digits > 1 && key.charCodeAt(start) === 48 ? -1 : value;
}

/** A table inside of a longer one. */
interface Placed {
  readonly table: KeyTable;
  readonly start: number;
}

/** Several tables one after another. */
export function joinedKeys(tables: readonly KeyTable[]): KeyTable {
  if (tables.length === 1) return tables[0] as KeyTable;
  const placed: Placed[] = [];
  const ranges = new Map<string, Placed>();
  const others: Placed[] = [];
  let size = 0;
  for (const table of tables) {
    const one = { table, start: size };
    const prefix = table instanceof SubsetTable ? table.table.prefix : table.prefix;
    if (prefix === undefined) others.push(one);
    else ranges.set(prefix, one);
    placed.push(one);
    size += table.size;
  }
  const starts = Int32Array.from(placed, ({ start }) => start);
  const placeOf = (index: number): Placed => placed[countBelow(starts, index + 1) - 1] as Placed;
  const explicit = listKeysAt(others);
  // Look-ups come layer by layer: the range that had the last key is asked first.
  let last: Placed | undefined;
  return {
    size,
    at(index) {
      const { table, start } = placeOf(index);
      return table.at(index - start);
    },
    indexOf(key) {
      let found = last?.table.indexOf(key) ?? -1;
      if (found < 0) {
        last = ranges.get(key.slice(0, key.lastIndexOf("/") + 1));
        found = last?.table.indexOf(key) ?? -1;
      }
      return last !== undefined && found >= 0 ? last.start + found : explicit(key);
    },
    runAt(index) {
      const { table, start } = placeOf(index);
      const run = table.runAt(index - start);
      return { start: run.start + start, count: run.count };
    },
  };
}

/** How many of some rising numbers are below a limit. */
function countBelow(numbers: Int32Array, limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function listKeysAt(entries: readonly Placed[]): (key: Key) => number {
  let index: Map<Key, number> | undefined;
  return (key) => {
    if (index === undefined) {
      index = new Map();
      for (const { table, start } of entries) {
        for (let i = 0; i < table.size; i++) index.set(table.at(i), start + i);
      }
    }
    return index.get(key) ?? -1;
  };
}

/** The keys of `table` at `ids`, which rise. Cost: grows with the ids alone. */
export function subsetKeys(table: KeyTable, ids: Int32Array): KeyTable {
  if (!(table instanceof SubsetTable)) return new SubsetTable(table, ids);
  const { ids: all } = table;
  return new SubsetTable(
    table.table,
    ids.map((id) => all[id] as number),
  );
}

class SubsetTable implements KeyTable {
  readonly size: number;
  readonly table: KeyTable;
  readonly ids: Int32Array;

  constructor(table: KeyTable, ids: Int32Array) {
    this.size = ids.length;
    this.table = table;
    this.ids = ids;
  }

  at(index: number): Key {
    return this.table.at(this.ids[index] as number);
  }

  indexOf(key: Key): number {
    const id = this.table.indexOf(key);
    const index = id < 0 ? -1 : countBelow(this.ids, id);
    return this.ids[index] === id ? index : -1;
  }

  runAt(index: number): KeyRun {
    const run = this.table.runAt(this.ids[index] as number);
    const start = countBelow(this.ids, run.start);
    return { start, count: countBelow(this.ids, run.start + run.count) - start };
  }
}

/**
 * Position of every key in natural order (see `compareKeys`), or undefined where that is 0, 1, 2 ….
 * Whole runs are ranked together, so that a million tasks of a layer cost a few comparisons.
 */
export function keyRanks(table: KeyTable): Int32Array | undefined {
  const runs: Run[] = [];
  let isInOrder = true;
  for (let at = 0; at < table.size;) {
    const { start, count } = table.runAt(at);
    const key = table.at(start);
    if (at > 0) isInOrder &&= compareKeys(table.at(at - 1), key) < 0;
    at = start + count;
    runs.push({ key, at: start, end: at });
  }
  return isInOrder ? undefined : mergeRuns(table, runs);
}

/** What is left of a run, and its first key. */
interface Run {
  key: Key;
  at: number;
  readonly end: number;
}

/**
 * Ranks the keys of all runs: always those of the run that is first, up to where another one comes
 * in between, which is found by bisection.
 */
function mergeRuns(table: KeyTable, runs: Run[]): Int32Array {
  const ranks = new Int32Array(table.size);
  let rank = 0;
  runs.sort((a, b) => compareKeys(a.key, b.key));
  // Runs that have begun and were interrupted; there is hardly ever more than one.
  const begun: Run[] = [];
  for (let next = 0; next < runs.length || begun.length > 0;) {
    const upcoming = runs[next];
    let first = begun.at(-1);
    if (first === undefined || (upcoming !== undefined && comesFirst(upcoming, first))) {
      first = upcoming as Run;
      begun.push(first);
      next++;
    }
    let end = first.end;
    if (end - first.at > 1) {
      for (const other of [begun.at(-2), runs[next]]) {
        if (other !== undefined) end = firstAfter(table, first.at, end, other.key);
      }
    }
    while (first.at < end) ranks[first.at++] = rank++;
    if (first.at === first.end) {
      begun.pop();
      continue;
    }
    first.key = table.at(first.at);
    begun.sort((one, other) => compareKeys(other.key, one.key));
  }
  return ranks;
}

function comesFirst(a: Run, b: Run): boolean {
  return compareKeys(a.key, b.key) < 0;
}

/** The first index from `start` up to `end` whose key comes after another one; keys rise there. */
function firstAfter(table: KeyTable, start: number, end: number, key: Key): number {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (compareKeys(table.at(middle), key) < 0) start = middle + 1;
    else end = middle;
  }
  return start;
}
