import { declareExports } from "@millrace/closure/tasks";
import type { StructuralMap } from "../stage/structural-map.ts";
import { groupPairs } from "../stage/structural-map.ts";
import { hashKey } from "../stage/structural-text.ts";

/** An element with its key. */
export type Keyed = readonly [key: unknown, value: unknown];

const noPairs: Keyed[] = [];
Object.freeze(noPairs);

/**
 * Pairs by the partition that the hash of the key names. Mostly they are far fewer than partitions,
 * so all empty pieces are one.
 */
export function splitByKey(pairs: readonly Keyed[], npartitions: number): Keyed[][] {
  const pieces = new Array<Keyed[]>(npartitions).fill(noPairs);
  for (const pair of pairs) {
    const target = hashKey(pair[0]) % npartitions;
    const piece = pieces[target] as Keyed[];
    if (piece === noPairs) pieces[target] = [pair];
    else piece.push(pair);
  }
  return pieces;
}

/** The elements of each key of a partition. */
export function joinGroups(
  pieces: readonly (readonly Keyed[])[],
): (readonly [key: unknown, values: unknown[]])[] {
  return groupPairs(pieces).pairs();
}

/** The pairs of a partition. */
export function joinKeyed(pieces: readonly (readonly Keyed[])[]): Keyed[] {
  const pairs: Keyed[] = [];
  for (const piece of pieces) for (const pair of piece) pairs.push(pair);
  return pairs;
}

/** What every task of a join to one partition looks into: made once of that partition. */
const grouped = new WeakMap<readonly Keyed[], StructuralMap<unknown[]>>();

/** Pairs in the order of the first list, and of the second among equal keys. */
export function matchKeyed(mine: readonly Keyed[], theirs: readonly Keyed[]): [unknown, unknown][] {
  const groups = grouped.get(theirs) ?? groupPairs([theirs]);
  grouped.set(theirs, groups);
  const pairs: [unknown, unknown][] = [];
  for (const [key, value] of mine) {
    for (const match of groups.find(key)?.value ?? []) pairs.push([value, match]);
  }
  return pairs;
}

declareExports(
  import.meta.url,
  { splitByKey, joinGroups, joinKeyed, matchKeyed },
  { package: "@millrace/bag" },
);
