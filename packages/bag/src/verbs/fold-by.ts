import type { Partitions } from "../partitions.ts";
import { addStage, addTree } from "../partitions.ts";
import { combinePairs, finishPairs } from "../steps/folds.ts";
import { foldingOf } from "./fold.ts";
import { keyOf } from "./key-of.ts";

/** Folds the elements of each key, first inside the partitions, then across them in a tree. */
export function foldBy(bag: Partitions, by: unknown, f: unknown, options: object): Partitions {
  const { fn, combine, initial, splitEvery } = foldingOf("foldBy", f, options);
  const key = keyOf("foldBy", by);
  const parts = addStage(bag, "fold-by-part", { kind: "foldBy", key, fn, initial });
  return addTree(parts, "fold-by", {
    combine: [combinePairs, combine],
    aggregate: [finishPairs, combine, initial],
    splitEvery,
  });
}
