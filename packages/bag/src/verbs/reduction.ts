import type { Delayed } from "@millrace/graph";
import { checkCallback, checkOptionNames } from "../check.ts";
import { copyData } from "../copy-data.ts";
import type { Partitions } from "../partitions.ts";
import { addCall, addTree, onlyValue } from "../partitions.ts";

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

/** The function may change its parts; those that are kept, perhaps for another attempt, stay. */
function joinParts(parts: readonly unknown[], aggregate: (parts: unknown[]) => unknown): unknown {
  return aggregate(parts.map((part) => copyData(part)));
}
