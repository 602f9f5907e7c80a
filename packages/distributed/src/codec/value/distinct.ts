import { doubleScratch } from "./byte-writer.ts";

/** Places that are looked at for a row; a Set has the few rows that find none free. */
const STEPS_MAX = 8;

/** Columns whose cells tell rows apart; more only cost more. */
const TELLING_MAX = 2;

/** Characters at the end of a text that are looked at: names and numbers differ there. */
const TAIL = 4;

const words = new Int32Array(doubleScratch.buffer);

/**
 * Whether the rows of a table are different objects, told by what is in them: the same object has
 * the same cells, so rows need to be compared only where their cells look alike. A map of the
 * objects themselves costs several times as much, and memory that is collected later.
 */
export function areDistinct(
  rows: readonly object[],
  columns: readonly (readonly unknown[])[],
): boolean {
  if (columns.some(isStrictlyOrdered)) return true;
  const hashes = new Int32Array(rows.length);
  const telling = columns.filter(([first]) => isTelling(first)).slice(0, TELLING_MAX);
  for (const column of telling) mixAll(hashes, column);
  return areDistinctBy(rows, hashes);
}

/** Whether lists are different objects; see {@link areDistinct}. */
export function areDistinctLists(lists: readonly (readonly unknown[])[]): boolean {
  const hashes = new Int32Array(lists.length);
  for (let i = 0; i < lists.length; i++) {
    const list = lists[i] as readonly unknown[];
    if (list.length > 0) hashes[i] = mixed(mixed(list.length, list[0]), list[list.length - 1]);
  }
  return areDistinctBy(lists, hashes);
}

/**
 * A row that stands twice has one hash, so it looks at the same places twice: where it was put the
 * first time it finds itself, be that a place or the Set.
 */
function areDistinctBy(rows: readonly object[], hashes: Int32Array): boolean {
  const mask = (1 << (32 - Math.clz32(2 * rows.length))) - 1;
  const places = new Int32Array(mask + 1);
  let crowded: Set<object> | undefined;
  for (let i = 0; i < rows.length; i++) {
    const hash = hashes[i] as number;
    let place = hash & mask;
    let steps = STEPS_MAX;
    for (; steps > 0 && places[place] !== 0; steps--) {
      const other = (places[place] as number) - 1;
      if (hashes[other] === hash && rows[other] === rows[i]) return false;
      place = (place + 1) & mask;
    }
    if (steps > 0) places[place] = i + 1;
    else {
      crowded ??= new Set();
      if (crowded.size === crowded.add(rows[i] as object).size) return false;
    }
  }
  return true;
}

function isTelling(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string";
}

function mixAll(hashes: Int32Array, column: readonly unknown[]): void {
  for (let i = 0; i < column.length; i++) hashes[i] = mixed(hashes[i] as number, column[i]);
}

function mixed(hash: number, cell: unknown): number {
  const sum = Math.imul(hash ^ hashOf(cell), 0x9e3779b1);
  return sum ^ (sum >>> 15);
}

function hashOf(value: unknown): number {
  if (typeof value === "number") {
    if ((value | 0) === value) return value;
    doubleScratch[0] = value;
    return (words[0] as number) ^ (words[1] as number);
  }
  if (typeof value !== "string") return 0;
  const { length } = value;
  let hash = length;
  for (let i = Math.max(0, length - TAIL); i < length; i++) {
    hash = Math.imul(hash, 31) + value.charCodeAt(i);
  }
  return hash;
}

/** Whether numbers only rise or only fall: then whatever they were read from is never the same. */
function isStrictlyOrdered(items: readonly unknown[]): boolean {
  const [first, second] = items;
  if (typeof first !== "number" || typeof second !== "number") return false;
  const rises = second > first;
  for (let i = 1; i < items.length; i++) {
    const before = items[i - 1] as number;
    const item = items[i];
    if (typeof item !== "number" || !(rises ? item > before : item < before)) return false;
  }
  return true;
}
