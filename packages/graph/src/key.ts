import type { Refusal } from "./check-options.ts";
import { invalidArgument } from "./errors.ts";

/**
 * The name of one task in a graph, the same in every process. Tasks of a symbolic layer are called
 * `<layer>/<index>`.
 */
export type Key = string;

/** Some keys, in an array or another iterable; a text alone is none. */
export type KeyList = Iterable<Key> & object;

/** Refuses what is no list of keys: one key alone would be taken for a list of its characters. */
export function keyList(api: string, keys: KeyList): readonly Key[] {
  if (typeof keys !== "object" || typeof keys?.[Symbol.iterator] !== "function") {
    throw invalidArgument(api, "the keys must be a list", keys, "an array of keys");
  }
  const list = Array.isArray(keys) ? (keys as readonly Key[]) : [...keys];
  for (const key of list) {
    if (typeof key === "string") continue;
    throw invalidArgument(api, "a key must be a string", key, "a string");
  }
  return list;
}

/** As long as the longest path of a file: what is longer is data, given for a name by mistake. */
const keyLengthMax = 4096;

/**
 * The same text, where it can be the name of a task or of a layer: not empty, of at most 4096
 * characters, and with no half of a surrogate pair, which would be another text elsewhere. Cost:
 * what a look at its characters takes.
 *
 * @param what - is wrong where it cannot, for the message
 * @param refusal - makes the error; default a GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { checkKey } from "@millrace/graph";
 *
 * checkKey("repeat", "bad key", "part-1"); // => "part-1"
 * checkKey("repeat", "bad key", ""); // throws graph/invalid-argument
 * ```
 */
export function checkKey(
  api: string,
  what: string,
  key: unknown,
  refusal: Refusal = invalidArgument,
): Key {
  if (typeof key !== "string") throw refusal(api, what, key, "a text");
  if (key === "") throw refusal(api, what, key, "a text that is not empty");
  if (key.length > keyLengthMax) {
    const wanted = `at most ${keyLengthMax} characters, not ${key.length}`;
    throw refusal(api, what, key, wanted);
  }
  if (key.isWellFormed()) return key;
  throw refusal(api, what, key, "a text without halves of surrogate pairs");
}

/**
 * Key of task `index` of the layer `layer`.
 *
 * @example
 * ```ts
 * import { layerKey } from "@millrace/graph";
 *
 * layerKey("tens", 2); // => "tens/2"
 * ```
 */
export function layerKey(layer: string, index: number): Key {
  return `${layer}/${index}`;
}

const zero = 48;
const nine = 57;

/**
 * Which of two keys comes first: negative, zero or positive, as `Array.prototype.sort` wants it.
 * Runs of digits compare as numbers, everything else by code unit.
 *
 * @example
 * ```ts
 * import { compareKeys } from "@millrace/graph";
 *
 * ["part-10", "part-9", "part-1"].sort(compareKeys); // => ["part-1", "part-9", "part-10"]
 * ```
 */
export function compareKeys(a: Key, b: Key): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(j);
    if (x >= zero && x <= nine && y >= zero && y <= nine) {
      const endA = digitsEnd(a, i);
      const endB = digitsEnd(b, j);
      const difference = compareDigits(a, i, endA, b, j, endB);
      if (difference !== 0) return difference;
      i = endA;
      j = endB;
    } else {
      if (x !== y) return x - y;
      i++;
      j++;
    }
  }
  const rest = a.length - i - (b.length - j);
  // "a01" and "a1" are equal as numbers but are two keys: the texts settle it.
  return rest !== 0 ? rest : a < b ? -1 : a > b ? 1 : 0;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code < zero || code > nine) break;
    end++;
  }
  return end;
}

/** Compares two runs of digits of any length without rounding them to a float. */
function compareDigits(
  a: string,
  startA: number,
  endA: number,
  b: string,
  startB: number,
  endB: number,
): number {
  while (startA < endA - 1 && a.charCodeAt(startA) === zero) startA++;
  while (startB < endB - 1 && b.charCodeAt(startB) === zero) startB++;
  const lengths = endA - startA - (endB - startB);
  if (lengths !== 0) return lengths;
  for (let k = 0; k < endA - startA; k++) {
    const difference = a.charCodeAt(startA + k) - b.charCodeAt(startB + k);
    if (difference !== 0) return difference;
  }
  return 0;
}
