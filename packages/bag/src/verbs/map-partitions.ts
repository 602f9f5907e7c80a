import type { TaskFunction } from "@millrace/graph";
import { notIterable } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addCall, checkCallback } from "../partitions.ts";
import type { Callback } from "../stage/ops.ts";
import { withSettled } from "../stage/terminals.ts";
import { gather } from "./from.ts";

/** Every partition, as an iterable, through a function that gives an iterable. */
export function mapPartitions(bag: Partitions, fn: Callback): Partitions {
  checkCallback("mapPartitions", fn);
  return addCall(bag, "map-partitions", callPartition as TaskFunction, [fn]);
}

function callPartition(
  block: readonly unknown[],
  fn: (items: Iterable<unknown>) => unknown,
): unknown {
  return withSettled(fn(block), (given) => {
    if (Array.isArray(given)) return given as unknown[];
    if (typeof given === "object" && given !== null) {
      if (Symbol.asyncIterator in given) return gather(given as AsyncIterable<unknown>);
      if (Symbol.iterator in given) return Array.from(given as Iterable<unknown>);
    }
    throw notIterable("mapPartitions", given);
  });
}
