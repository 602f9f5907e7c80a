import type { Key, LayeredGraph } from "@millrace/graph";
import type { Field } from "../dtype.ts";
import { physicalPlan } from "../lower/physical.ts";
import type { Layout, PlanNode } from "../plan/node.ts";
import { blocksAt } from "./partitions.ts";

/** What is left of a frame when its partitions are elsewhere. Plain data. */
interface Outline {
  readonly fields: readonly Field[];
  readonly layout: Layout;
}

/** The outline of a frame, as it is once its plan was optimized. */
export function outlineOf(plan: PlanNode): unknown {
  const { fields, layout } = physicalPlan(plan).plan;
  return { fields, layout } satisfies Outline;
}

/** The plan of a frame whose partitions are values of a graph. */
export function planOfOutline(
  outline: unknown,
  graph: LayeredGraph,
  keys: readonly Key[],
): PlanNode {
  const { fields, layout } = outline as Outline;
  return blocksAt({ fields, layout, token: keys.join() }, graph, keys);
}
