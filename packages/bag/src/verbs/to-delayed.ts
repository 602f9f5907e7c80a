import { Delayed } from "@millrace/graph";
import type { Partitions } from "../partitions.ts";
import { addBlocks, addCall, partitionKeys, call, input, onlyValue } from "../partitions.ts";
import { concatBlocks, copyBlock } from "../steps/blocks.ts";

/** All elements as one lazy array, a new one. */
export function toArray({ graph, layer, npartitions }: Partitions): Delayed<unknown[]> {
  const inputs = [{ kind: "blocks", layer, start: { times: npartitions } }] as const;
  const steps = call(concatBlocks, input(0));
  return onlyValue(addBlocks(graph, "to-array", { inputs, steps, count: 1 }));
}

/** One lazy array a partition, each a new one: who computes it may change it. */
export function toDelayed(bag: Partitions): Delayed<unknown>[] {
  const copies = addCall(bag, "to-delayed", copyBlock);
  return partitionKeys(copies).map((key) => Delayed.of(copies.graph, key));
}
