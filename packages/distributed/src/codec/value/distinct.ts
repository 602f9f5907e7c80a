import { doubleScratch } from "./byte-writer.ts";

/** Steps beside the first one that are taken for a row, all rows together; then it is given up. */
const STEPS_MAX = 4;

/** Columns whose cells tell rows apart; more only cost more. */
const TELLING_MAX = 2;

/** Characters at the end of a text that are looked at: names and numbers differ there. */
const TAIL = 6;

const words = new Int32Array(doubleScratch.buffer);

/**
 * Whether the rows of a table are different objects, told by what is in them: the same object has
 * the same cells, so rows need to be compared only where their cells look alike. Undefined where
 * too many do, or no cell tells anything. A map of the objects themselves costs several times as
 * much, and memory that is collected later.
 */
export function areDistinct(
  rows: readonly object[],
  columns: readonly (readonly unknown[])[],
): boolean | undefined {
  if (columns.some(isStrictlyOrdered)) return true;
  const telling = columns.filter(([first]) => isTelling(first)).slice(0, TELLING_MAX);
  const [a, b = a] = telling;
  if (a === undefined || b === undefined) return undefined;
  return areDistinctBy(rows, (i) => mixed(hashOf(a[i]), a === b ? 0 : hashOf(b[i])));
}

/** Whether lists are different objects; see {@link areDistinct}. */
export function areDistinctLists(lists: readonly (readonly unknown[])[]): boolean | undefined {
  return areDistinctBy(lists, (i) => {
    const list = lists[i] as readonly unknown[];
    return mixed(hashOf(list[0]), hashOf(list[list.length - 1]) + list.length);
  });
}

function areDistinctBy(rows: readonly object[], hash: (i: number) => number): boolean | undefined {
  const size = 2 ** Math.ceil(Math.log2(2 * rows.length + 1));
  const places = new Int32Array(size);
  const hashes = new Int32Array(rows.length);
  let steps = STEPS_MAX * rows.length;
  for (let i = 0; i < rows.length; i++) {
    const own = hash(i);
    hashes[i] = own;
    let place = own & (size - 1);
    for (let other = places[place] as number; other !== 0; other = places[place] as number) {
      if (hashes[other - 1] === own && rows[other - 1] === rows[i]) return false;
      steps -= 1;
      if (steps < 0) return undefined;
      place = (place + 1) & (size - 1);
    }
    places[place] = i + 1;
  }
  return true;
}

function isTelling(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string";
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

function mixed(a: number, b: number): number {
  const hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1);
  return hash ^ (hash >>> 15);
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
