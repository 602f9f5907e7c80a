import { checkElements, checkOptionNames } from "../check.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree } from "../partitions.ts";
import type { Ranked } from "../stage/best.ts";
import { Best } from "../stage/best.ts";
import { StructuralMap } from "../stage/structural-map.ts";
import { optionalKey } from "./key-of.ts";

/** How often each element occurs, as pairs. */
export function frequencies(
  bag: Partitions,
  options: { readonly splitEvery?: number },
): Partitions {
  checkOptionNames("frequencies", options, ["splitEvery"]);
  const parts = addStage(bag, "frequencies-part", { kind: "frequencies" });
  return addTree(parts, "frequencies", { combine: [addCounts], ...options });
}

function addCounts(parts: readonly (readonly Counted[])[]): Counted[] {
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

type Counted = readonly [element: unknown, count: number];

/** The first element of each key. */
export function distinct(bag: Partitions, keyOf: unknown): Partitions {
  const key = optionalKey("distinct", keyOf);
  const parts = addStage(bag, "distinct-part", { kind: "distinct", key });
  return addTree(parts, "distinct", { combine: [firstOfEach], aggregate: [finishDistinct] });
}

type Pair = readonly [key: unknown, value: unknown];

function firstOfEach(parts: readonly (readonly Pair[])[]): Pair[] {
  const seen = new StructuralMap<unknown>();
  for (const part of parts) {
    for (const [key, value] of part) if (seen.find(key) === undefined) seen.add(key, value);
  }
  return seen.pairs();
}

function finishDistinct(parts: readonly (readonly Pair[])[]): unknown[] {
  return firstOfEach(parts).map(([, value]) => value);
}

/** The `k` elements with the largest keys, the largest first. */
export function topk(bag: Partitions, k: number, keyOf: unknown): Partitions {
  checkElements("topk", "k", k);
  const parts = addStage(bag, "topk-part", { kind: "topk", k, key: optionalKey("topk", keyOf) });
  return addTree(parts, "topk", { combine: [bestOf, k], aggregate: [finishBest, k] });
}

function bestOf(parts: readonly (readonly Ranked[])[], k: number): readonly Ranked[] {
  const best = new Best(k);
  for (const part of parts) for (const entry of part) best.add(entry);
  return best.ranked();
}

function finishBest(parts: readonly (readonly Ranked[])[], k: number): unknown[] {
  return bestOf(parts, k).map(({ value }) => value);
}
