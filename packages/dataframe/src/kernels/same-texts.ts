import type { Column } from "../column.ts";

/** Of dictionaries that were found equal, one that stands for all of them. */
const standsFor = new WeakMap<Column, Column>();

/**
 * Whether two dictionaries have the same texts in the same order. Those that come from another
 * thread are equal more often than they are one object; what was found equal once is known.
 */
export function sameTexts(a: Column, b: Column): boolean {
  if (a === b) return true;
  const [one, other] = [standsFor.get(a) ?? a, standsFor.get(b) ?? b];
  if (one === other) return true;
  if (!areEqual(one, other)) return false;
  standsFor.set(b, one);
  return true;
}

function areEqual(a: Column, b: Column): boolean {
  if (a.length !== b.length) return false;
  const [aEnds, bEnds] = [a.offsets as Int32Array, b.offsets as Int32Array];
  const shift = (bEnds[0] as number) - (aEnds[0] as number);
  for (let i = 1; i <= a.length; i++) {
    if ((aEnds[i] as number) + shift !== bEnds[i]) return false;
  }
  return Buffer.compare(textsOf(a), textsOf(b)) === 0;
}

/** The bytes of all texts of a plain column. */
export function textsOf({ values, offsets, length }: Column): Uint8Array {
  return (values as Uint8Array).subarray(offsets?.[0], offsets?.[length]);
}
