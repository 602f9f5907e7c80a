import type { BlockInput } from "@millrace/graph";
import { mergeGraphs } from "@millrace/graph";
import { checkPartitions } from "../check.ts";
import { invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addAliases, addBlocks, partitionKeys, call, input } from "../partitions.ts";
import { pairBlocks, zipBlocks } from "../steps/blocks.ts";
import { from } from "./from.ts";

/** The partitions of several bags, one bag after another. */
export function concat(bags: readonly Partitions[]): Partitions {
  if (bags.length === 0) return from([], {});
  return addAliases(mergeGraphs(bags), "concat", bags.flatMap(partitionKeys));
}

/** Element by element, tuples of the elements of several bags with equal partitions. */
export function zip(api: string, bags: readonly Partitions[]): Partitions {
  const counts = bags.map(({ npartitions }) => npartitions);
  const [count] = counts;
  if (count === undefined) {
    throw invalidArgument(api, "nothing to zip", "no bags", "one bag or more");
  }
  if (counts.some((other) => other !== count)) {
    const got = counts.join(" and ");
    const remedy = "Repartition one of them.";
    const what = "the bags have different numbers of partitions";
    throw invalidArgument(api, what, got, "equal numbers", remedy);
  }
  const blocks = bags.map(({ layer }): BlockInput => ({ kind: "block", layer }));
  const items = bags.map((_, i) => input(i));
  const steps = call(zipBlocks, { kind: "array", items }, input(bags.length));
  const inputs: readonly BlockInput[] = [...blocks, { kind: "index" }];
  return addBlocks(mergeGraphs(bags), "zip", { inputs, steps, count });
}

/** All pairs: partition `i · m + j` pairs partition i of this bag with partition j of the other. */
export function product(bag: Partitions, other: Partitions): Partitions {
  const count = checkPartitions("product", bag.npartitions * other.npartitions);
  const inputs: readonly BlockInput[] = [
    { kind: "block", layer: bag.layer, index: { over: other.npartitions } },
    { kind: "block", layer: other.layer, index: { modulo: other.npartitions } },
  ];
  const steps = call(pairBlocks, input(0), input(1));
  return addBlocks(bag.graph.merge(other.graph), "product", { inputs, steps, count });
}
