import { checkElements, checkOptionNames } from "../check.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree } from "../partitions.ts";
import { addCounts, bestOf, finishBest, finishDistinct, firstOfEach } from "../steps/groups.ts";
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

/** The first element of each key. */
export function distinct(bag: Partitions, by: unknown): Partitions {
  const key = optionalKey("distinct", by);
  const parts = addStage(bag, "distinct-part", { kind: "distinct", key });
  return addTree(parts, "distinct", { combine: [firstOfEach], aggregate: [finishDistinct] });
}

/** The `k` elements with the largest keys, the largest first. */
export function topk(bag: Partitions, k: number, by: unknown): Partitions {
  checkElements("topk", "k", k);
  const parts = addStage(bag, "topk-part", { kind: "topk", k, key: optionalKey("topk", by) });
  return addTree(parts, "topk", { combine: [bestOf, k], aggregate: [finishBest, k] });
}
