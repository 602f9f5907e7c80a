import { compareKeys, layerKey } from "./key.ts";
import type { Key } from "./key.ts";

/** Names for the integers 0 … size-1 of a graph. A range of a symbolic layer stores no strings. */
export interface KeyTable {
  readonly size: number;
  at(index: number): Key;
  /** Index of a key, or -1. */
  indexOf(key: Key): number;
  /** What this table is made of, for ranking without one string a task. */
  readonly parts: readonly KeyPart[];
  /** The common prefix, where all keys are `<prefix>0` … `<prefix><size-1>`. */
  readonly prefix?: string;
}

/**
 * `count` consecutive indexes that share a sorting prefix; a single explicit key is its own prefix.
 */
interface KeyPart {
  readonly prefix: string;
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
    get parts() {
      return keys.map((prefix, start) => ({ prefix, start, count: 1 }));
    },
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
    parts: [{ prefix, start: 0, count }],
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

/** Several tables one after another; `ranges` finds a layer's table by its name. */
export function joinedKeys(tables: readonly KeyTable[]): KeyTable {
  if (tables.length === 1) return tables[0] as KeyTable;
  const starts: number[] = [];
  const ranges = new Map<string, { table: KeyTable; start: number }>();
  const others: { table: KeyTable; start: number }[] = [];
  let size = 0;
  for (const table of tables) {
    starts.push(size);
    if (table.prefix !== undefined) ranges.set(table.prefix, { table, start: size });
    else others.push({ table, start: size });
    size += table.size;
  }
  const explicit = listKeysAt(others);
  // Look-ups come layer by layer: the range that had the last key is asked first.
  let last: { table: KeyTable; start: number } | undefined;
  return {
    size,
    at(index) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if ((starts[middle] as number) <= index) low = middle;
        else high = middle - 1;
      }
      return (tables[low] as KeyTable).at(index - (starts[low] as number));
    },
    indexOf(key) {
      let found = last?.table.indexOf(key) ?? -1;
      if (found < 0) {
        last = ranges.get(key.slice(0, key.lastIndexOf("/") + 1));
        found = last?.table.indexOf(key) ?? -1;
      }
      return last !== undefined && found >= 0 ? last.start + found : explicit(key);
    },
    get parts() {
      return tables.flatMap((table, i) =>
        table.parts.map((part) => ({ ...part, start: part.start + (starts[i] as number) })),
      );
    },
  };
}

function listKeysAt(entries: readonly { table: KeyTable; start: number }[]): (key: Key) => number {
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

/** The keys of `table` at `ids`, in that order. */
export function subsetKeys(table: KeyTable, ids: Int32Array): KeyTable {
  let positions: Int32Array | undefined;
  const base = table instanceof SubsetTable ? table : undefined;
  if (base !== undefined)
    return subsetKeys(
      base.table,
      ids.map((id) => base.ids[id] as number),
    );
  return new SubsetTable(table, ids, () => {
    positions ??= inverse(ids, table.size);
    return positions;
  });
}

class SubsetTable implements KeyTable {
  readonly size: number;
  readonly table: KeyTable;
  readonly ids: Int32Array;
  readonly #positions: () => Int32Array;

  constructor(table: KeyTable, ids: Int32Array, positions: () => Int32Array) {
    this.size = ids.length;
    this.table = table;
    this.ids = ids;
    this.#positions = positions;
  }

  at(index: number): Key {
    return this.table.at(this.ids[index] as number);
  }

  indexOf(key: Key): number {
    const id = this.table.indexOf(key);
    return id < 0 ? -1 : (this.#positions()[id] as number);
  }

  /** Runs of ascending ids inside one part of the table, by position here. */
  get parts(): readonly KeyPart[] {
    const whole = this.table.parts;
    const parts: { prefix: string; start: number; count: number }[] = [];
    let part = whole[0] as KeyPart;
    let last = Infinity;
    this.ids.forEach((id, position) => {
      const isNext = id > last && id < part.start + part.count;
      last = id;
      if (isNext) {
        parts[parts.length - 1]!.count++;
        return;
      }
      part = partOf(whole, id);
      parts.push({ prefix: part.prefix, start: position, count: 1 });
    });
    return parts;
  }
}

function partOf(parts: readonly KeyPart[], id: number): KeyPart {
  let low = 0;
  let high = parts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((parts[middle] as KeyPart).start <= id) low = middle;
    else high = middle - 1;
  }
  return parts[low] as KeyPart;
}

function inverse(ids: Int32Array, size: number): Int32Array {
  const positions = new Int32Array(size).fill(-1);
  for (let i = 0; i < ids.length; i++) positions[ids[i] as number] = i;
  return positions;
}

/**
 * Position of every key in natural order (see `compareKeys`), or undefined where that is 0, 1, 2 ….
 * Whole layers are ranked by their prefix, so a million-task layer costs one comparison.
 */
export function keyRanks(table: KeyTable): Int32Array | undefined {
  const base = table instanceof SubsetTable ? table.table : table;
  const parts = base.parts;
  const inOrder = parts.every(
    (part, i) => i === 0 || compareKeys((parts[i - 1] as KeyPart).prefix, part.prefix) < 0,
  );
  if (inOrder && (base === table || isAscending((table as SubsetTable).ids))) return undefined;
  const sorted = inOrder ? parts : [...parts].sort((a, b) => compareKeys(a.prefix, b.prefix));
  const ranks = new Int32Array(table.size);
  const positions = table instanceof SubsetTable ? inverse(table.ids, base.size) : undefined;
  let next = 0;
  for (const part of sorted) {
    for (let i = part.start; i < part.start + part.count; i++) {
      const position = positions === undefined ? i : (positions[i] as number);
      if (position >= 0) ranks[position] = next++;
    }
  }
  return ranks;
}

function isAscending(ids: Int32Array): boolean {
  for (let i = 1; i < ids.length; i++) {
    if ((ids[i - 1] as number) >= (ids[i] as number)) return false;
  }
  return true;
}
