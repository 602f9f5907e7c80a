import type { StructuralMap } from "../stage/structural-map.ts";
import { groupPairs } from "../stage/structural-map.ts";
import type { Keyed } from "./shuffle.ts";

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
