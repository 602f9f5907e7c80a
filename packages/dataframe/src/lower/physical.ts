import { withoutAnnotations } from "@millrace/graph";
import type { PlanNode } from "../plan/node.ts";
import { optimizePlan } from "../rules/optimize-plan.ts";
import { lowerPlan } from "./lower-plan.ts";
import type { Partitions } from "./partitions.ts";

/** An optimized plan and the layers that compute it. */
export interface Physical {
  readonly plan: PlanNode;
  readonly partitions: Partitions;
}

const made = new WeakMap<PlanNode, Physical>();

/** What runs when a plan is computed; worked out once a plan. */
export function physicalPlan(logical: PlanNode): Physical {
  const known = made.get(logical);
  if (known !== undefined) return known;
  const { plan } = optimizePlan(logical);
  // An `annotate` that happens to be running is about what its callback makes, not about this.
  const partitions = withoutAnnotations(() => lowerPlan(plan));
  const physical = { plan, partitions };
  made.set(logical, physical);
  return physical;
}
