import type { BlockInput, Step, TaskFunction } from "@millrace/graph";
import { LayeredGraph, MaterializedLayer, ref } from "@millrace/graph";
import { BagError, invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addBlocks, layerName } from "../partitions.ts";

/** The partitions of several bags, one bag after another. */
export function concat(bags: readonly Partitions[]): Partitions {
  const graph = bags.reduce((merged, bag) => merged.merge(bag.graph), new LayeredGraph());
  const keys = bags.flatMap(({ layer, npartitions }) =>
    Array.from({ length: npartitions }, (_, i) => `${layer}/${i}`),
  );
  const { name, token } = layerName("concat", keys);
  const layer = MaterializedLayer.blocks(
    name,
    keys.map((key) => ref(key)),
    { token },
  );
  return { graph: graph.withLayer(layer), layer: name, npartitions: keys.length };
}

/** Element by element, tuples of the elements of several bags with equal partitions. */
export function zip(bags: readonly Partitions[]): Partitions {
  const counts = bags.map(({ npartitions }) => npartitions);
  const [count = 0] = counts;
  if (counts.some((other) => other !== count)) {
    const remedy = "Repartition one of them.";
    const got = counts.join(" and ");
    throw invalidArgument(
      "zip",
      "the bags have different numbers of partitions",
      got,
      "equal numbers",
      remedy,
    );
  }
  const graph = bags.reduce((merged, bag) => merged.merge(bag.graph), new LayeredGraph());
  const inputs = bags.map(({ layer }): BlockInput => ({ kind: "block", layer }));
  const items = bags.map((_, i) => ({ kind: "input", input: i }) as const);
  const args: Step["args"] = [
    { kind: "array", items },
    { kind: "input", input: bags.length },
  ];
  const steps: Step[] = [{ fn: zipBlocks as TaskFunction, args }];
  return addBlocks(graph, "zip", { inputs: [...inputs, { kind: "index" }], steps, count }, "zip");
}

function zipBlocks(blocks: readonly (readonly unknown[])[], partition: number): unknown[][] {
  const [first = []] = blocks;
  const lengths = blocks.map(({ length }) => length);
  if (lengths.some((length) => length !== first.length)) {
    throw new BagError(
      "bag/unequal-partitions",
      `zip: partitions have different lengths, got ${lengths.join(" and ")} elements in partition ` +
        `${partition}, wanted equal ones. Zip bags that were cut the same way.`,
    );
  }
  return first.map((_, i) => blocks.map((block) => block[i]));
}

/** All pairs: partition `i · m + j` pairs partition i of this bag with partition j of the other. */
export function product(bag: Partitions, other: Partitions): Partitions {
  const count = bag.npartitions * other.npartitions;
  const inputs: BlockInput[] = [
    { kind: "block", layer: bag.layer, index: { over: other.npartitions } },
    { kind: "block", layer: other.layer, index: { modulo: other.npartitions } },
  ];
  const args: Step["args"] = [
    { kind: "input", input: 0 },
    { kind: "input", input: 1 },
  ];
  const steps: Step[] = [{ fn: pairBlocks as TaskFunction, args }];
  return addBlocks(bag.graph.merge(other.graph), "product", { inputs, steps, count }, "product");
}

function pairBlocks(mine: readonly unknown[], theirs: readonly unknown[]): unknown[][] {
  return mine.flatMap((a) => theirs.map((b) => [a, b]));
}
