import { Delayed } from "@millrace/graph";
import type { Partitions } from "../partitions.ts";
import { blockKeys, onlyValue } from "../partitions.ts";
import { repartition } from "./repartition.ts";

/** All elements as one lazy array. */
export function toArray(bag: Partitions): Delayed<unknown[]> {
  return onlyValue(repartition(bag, { npartitions: 1 }));
}

/** One lazy value a partition. */
export function toDelayed(bag: Partitions): Delayed<unknown>[] {
  return blockKeys(bag).map((key) => Delayed.of(bag.graph, key));
}
