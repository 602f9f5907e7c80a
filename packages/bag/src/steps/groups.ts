import { declareExports } from "@millrace/closure/tasks";
import type { Ranked } from "../stage/best.ts";
import { Best } from "../stage/best.ts";
import { StructuralMap } from "../stage/structural-map.ts";

type Counted = readonly [element: unknown, count: number];
type Pair = readonly [key: unknown, value: unknown];

/** How often each element occurs in all parts. */
export function addCounts(parts: readonly (readonly Counted[])[]): Counted[] {
  const counts = new StructuralMap<number>();
  for (const part of parts) {
    for (const [key, count] of part) {
      const entry = counts.find(key);
      if (entry === undefined) counts.add(key, count);
      else entry.value += count;
    }
  }
  return counts.pairs();
}

/** The first pair of each key. */
export function firstOfEach(parts: readonly (readonly Pair[])[]): Pair[] {
  const seen = new StructuralMap<unknown>();
  for (const part of parts) {
    for (const [key, value] of part) if (seen.find(key) === undefined) seen.add(key, value);
  }
  return seen.pairs();
}

/** The first element of each key. */
export function finishDistinct(parts: readonly (readonly Pair[])[]): unknown[] {
  return firstOfEach(parts).map(([, value]) => value);
}

/** The `k` best of all parts. */
export function bestOf(parts: readonly (readonly Ranked[])[], k: number): readonly Ranked[] {
  const best = new Best(k);
  for (const part of parts) for (const entry of part) best.add(entry);
  return best.ranked();
}

/** The elements that are the `k` best. */
export function finishBest(parts: readonly (readonly Ranked[])[], k: number): unknown[] {
  return bestOf(parts, k).map(({ value }) => value);
}

declareExports(
  import.meta.url,
  { addCounts, firstOfEach, finishDistinct, bestOf, finishBest },
  { package: "@millrace/bag" },
);
