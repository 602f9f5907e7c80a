import type { Collection } from "@millrace/graph";
import { partitionKeys } from "../lower/partitions.ts";
import { physicalPlans } from "../lower/physical.ts";
import type { PlanNode } from "../plan/node.ts";
import { finalizer } from "./bridges.ts";
import { blocksAt } from "./partitions.ts";

/** Frames on graphs that were made for each other; `frameOf` makes a frame of a plan. */
export function together(
  plans: readonly PlanNode[],
  frameOf: (plan: PlanNode) => Collection<unknown>,
): readonly Collection<unknown>[] {
  return physicalPlans(plans).map(({ plan, partitions }): Collection<unknown> => {
    return {
      graph: partitions.graph,
      outputKeys: partitionKeys(partitions),
      finalize: finalizer(plan.fields),
      withGraph: (graph, outputKeys) => frameOf(blocksAt(plan, graph, outputKeys)),
    };
  });
}
