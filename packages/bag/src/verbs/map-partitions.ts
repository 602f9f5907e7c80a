import { checkCallback } from "../check.ts";
import type { Partitions } from "../partitions.ts";
import { addCall } from "../partitions.ts";
import { callPartition } from "../steps/blocks.ts";

/** Every partition, as an iterable, through a function that gives an iterable. */
export function mapPartitions(bag: Partitions, f: unknown): Partitions {
  return addCall(bag, "map-partitions", callPartition, checkCallback("mapPartitions", f));
}
