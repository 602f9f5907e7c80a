import type { Delayed, TaskFunction } from "@millrace/graph";
import type { Partitions } from "../partitions.ts";
import { addCall, addTree, checkCallback, checkOptionNames, onlyValue } from "../partitions.ts";
import type { Callback } from "../stage/ops.ts";

/** One part a partition, then parts to one value in a tree. */
export function reduction(
  bag: Partitions,
  perPartition: Callback,
  aggregate: Callback,
  options: { readonly splitEvery?: number },
): Delayed<unknown> {
  checkCallback("reduction", perPartition);
  checkCallback("reduction", aggregate);
  checkOptionNames("reduction", options, ["splitEvery"]);
  const parts = addCall(bag, "reduction-part", perPartition as TaskFunction);
  const { splitEvery } = options;
  return onlyValue(addTree(parts, "reduction", { combine: aggregate as TaskFunction, splitEvery }));
}
