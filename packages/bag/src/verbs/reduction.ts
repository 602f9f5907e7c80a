import type { Delayed } from "@millrace/graph";
import { checkCallback, checkOptionNames } from "../check.ts";
import type { Partitions } from "../partitions.ts";
import { addCall, addTree, onlyValue } from "../partitions.ts";
import { joinParts } from "../steps/folds.ts";

/** One part a partition, then parts to one value in a tree. */
export function reduction(
  bag: Partitions,
  perPartition: unknown,
  aggregate: unknown,
  options: { readonly splitEvery?: number },
): Delayed<unknown> {
  checkOptionNames("reduction", options, ["splitEvery"]);
  const combine = checkCallback("reduction", aggregate);
  const parts = addCall(bag, "reduction-part", checkCallback("reduction", perPartition));
  return onlyValue(addTree(parts, "reduction", { combine: [joinParts, combine], ...options }));
}
