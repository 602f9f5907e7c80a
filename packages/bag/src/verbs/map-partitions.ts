import { runGuard } from "@millrace/graph";
import { checkCallback } from "../check.ts";
import type { Partitions } from "../partitions.ts";
import { addCall } from "../partitions.ts";
import { arrayOf } from "../stage/pieces.ts";
import { withSettled } from "../stage/settled.ts";

/** Every partition, as an iterable, through a function that gives an iterable. */
export function mapPartitions(bag: Partitions, f: unknown): Partitions {
  return addCall(bag, "map-partitions", callPartition, checkCallback("mapPartitions", f));
}

function callPartition(
  block: readonly unknown[],
  fn: (items: Iterable<unknown>) => unknown,
): unknown {
  const throwIfOver = runGuard();
  return withSettled(fn(block), (given) => arrayOf("mapPartitions", given, throwIfOver));
}
