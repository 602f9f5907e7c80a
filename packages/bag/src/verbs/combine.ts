import type { BlockInput } from "@millrace/graph";
import { mergeGraphs } from "@millrace/graph";
import { checkPartitions } from "../check.ts";
import { dataFault, inPartition, invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addAliases, addBlocks, blockKeys, call, input } from "../partitions.ts";
import { from } from "./from.ts";

/** The partitions of several bags, one bag after another. */
export function concat(bags: readonly Partitions[]): Partitions {
  if (bags.length === 0) return from([], {});
  return addAliases(mergeGraphs(bags), "concat", bags.flatMap(blockKeys));
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

function zipBlocks(blocks: readonly (readonly unknown[])[], partition: number): unknown[][] {
  const lengths = blocks.map(({ length }) => length);
  const [count = 0] = lengths;
  if (lengths.some((length) => length !== count)) {
    const fault = dataFault(
      "bag/unequal-partitions",
      `zip: partitions have different lengths, got ${lengths.join(" and ")} elements in partition ` +
        `${partition}, wanted equal ones. Zip bags that were cut the same way.`,
    );
    throw inPartition(fault, partition);
  }
  return Array.from({ length: count }, (_, i) => blocks.map((block) => block[i]));
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

function pairBlocks(mine: readonly unknown[], theirs: readonly unknown[]): [unknown, unknown][] {
  const pairs: [unknown, unknown][] = [];
  for (const a of mine) for (const b of theirs) pairs.push([a, b]);
  return pairs;
}
