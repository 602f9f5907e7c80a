import type { BlockInput } from "@millrace/graph";
import type { MapNode, PlanNode, Whole } from "../plan/node.ts";
import { callOnBlock, callOnRows, callOnTable } from "../steps/callbacks.ts";
import { explodeBlock, sampleBlock } from "../steps/rows.ts";
import { lowerAggregate } from "./lower-aggregate.ts";
import { lowerDistinct, lowerLimit, lowerShuffle, lowerSort, lowerTopK } from "./lower-order.ts";
import { lowerRepartition } from "./lower-repartition.ts";
import { lowerStage } from "./lower-stage.ts";
import type { Context, Partitions } from "./partitions.ts";
import {
  addAliases,
  addBlocks,
  addCall,
  addTree,
  call,
  input,
  literal,
  partitionKeys,
} from "./partitions.ts";

/** From a plan to the layers that compute it; what two parts of a plan share is lowered once. */
export function lowerPlan(root: PlanNode): Partitions {
  const done = new Map<PlanNode, Partitions>();
  const lower = (node: PlanNode): Partitions => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const partitions = lowerNode(node, { token: node.token, annotations: undefined }, lower);
    done.set(node, partitions);
    return partitions;
  };
  return lower(root);
}

function lowerNode(
  node: PlanNode,
  context: Context,
  lower: (node: PlanNode) => Partitions,
): Partitions {
  switch (node.kind) {
    case "blocks":
      return { graph: node.graph, layer: node.layer, npartitions: node.layout.npartitions };
    case "scan":
    case "filter":
    case "project":
      return lowerStage(node, context, lower);
    case "aggregate":
      return lowerAggregate(node, context, lower);
    case "distinct":
      return lowerDistinct(node, context, lower(node.input));
    case "sort":
      return lowerSort(node, context, lower(node.input));
    case "topk":
      return lowerTopK(node, context, lower(node.input));
    case "limit":
      return lowerLimit(node, context, lower(node.input));
    case "concat": {
      const parts = node.inputs.map(lower);
      const graph = parts.slice(1).reduce((all, part) => all.merge(part.graph), parts[0]!.graph);
      return addAliases(graph, "concat", context, parts.flatMap(partitionKeys));
    }
    case "explode":
      return addCall(lower(node.input), "explode", context, explodeBlock, node.column);
    case "sample": {
      const { fraction, seed } = node;
      return addCall(lower(node.input), "sample", context, sampleBlock, fraction, seed);
    }
    case "map":
      return lowerMap(node, context, lower(node.input));
    case "repartition":
      return lowerRepartition(node, context, lower(node.input));
    case "shuffle":
      return lowerShuffle(node, context, lower(node.input));
    case "annotate": {
      const { annotations, token } = node;
      return lowerNode(node.input, { token, annotations }, lower);
    }
  }
}

function lowerMap(
  { gets, fn, args, whole, fields, input }: MapNode,
  context: Context,
  from: Partitions,
): Partitions {
  switch (gets) {
    case "block":
      if (whole !== undefined) return lowerWhole(whole, fn, args, context, from);
      return addCall(from, "map-blocks", context, callOnBlock, fn, args);
    case "table":
      return addCall(from, "map-partitions", context, callOnTable, fn, input.fields, fields);
    case "row":
      return addCall(from, "map-rows", context, callOnRows, fn, input.fields, fields);
  }
}

/** A function over each partition and what was worked out over all of them. */
function lowerWhole(
  whole: Whole,
  fn: MapNode["fn"],
  args: readonly unknown[],
  context: Context,
  from: Partitions,
): Partitions {
  const added = addCall(from, "map-parts", context, whole.of);
  const combine = [whole.combine] as const;
  const all = addTree(added, "map-whole", context, { combine, aggregate: combine }, undefined);
  const inputs: readonly BlockInput[] = [
    { kind: "block", layer: from.layer },
    { kind: "index" },
    { kind: "key", key: `${all.layer}/0` },
  ];
  const steps = [call(fn, input(0), input(1), input(2), ...args.map(literal))];
  return addBlocks(all.graph, "map-blocks", context, { inputs, steps, count: from.npartitions });
}
