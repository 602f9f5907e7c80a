import type { BlockInput } from "@millrace/graph";
import type { MapNode, PlanNode, Whole } from "../plan/node.ts";
import { callOnBlock, callOnRows, callOnTable } from "../steps/callbacks.ts";
import { explodeBlock, sampleBlock } from "../steps/rows.ts";
import type { Lower } from "./held.ts";
import { heldNodes, layerTokens } from "./held.ts";
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

/** The layers that compute some plans; what several parts of them share is lowered once. */
export interface Lowered {
  readonly partitions: readonly Partitions[];
  /** Whether a task of its own holds what a scan, a filter or a projection gives. */
  readonly isHeld: Lower["isHeld"];
}

/** From plans that run together to the layers that compute them. */
export function lowerPlans(roots: readonly PlanNode[]): Lowered {
  const held = heldNodes(roots);
  const tokenOf = layerTokens(roots, held);
  const isHeld = (node: PlanNode): boolean => held.has(node);
  const done = new Map<PlanNode, Partitions>();
  const lowerOnce = (node: PlanNode): Partitions => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const partitions = lowerNode(node, { token: tokenOf(node), annotations: undefined }, lower);
    done.set(node, partitions);
    return partitions;
  };
  const lower: Lower = Object.assign(lowerOnce, { isHeld });
  return { partitions: roots.map((root) => lower(root)), isHeld };
}

function lowerNode(node: PlanNode, context: Context, lower: Lower): Partitions {
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
      const parts = node.inputs.map((input) => lower(input));
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
      const { annotations, input } = node;
      // The advice within holds.
      if (input.kind === "annotate") return lower(input);
      return lowerNode(input, { ...context, annotations }, lower);
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
