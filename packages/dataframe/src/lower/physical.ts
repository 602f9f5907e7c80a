import { withoutAnnotations } from "@millrace/graph";
import type { PlanNode } from "../plan/node.ts";
import { optimizePlans } from "../rules/optimize-plan.ts";
import { shareScans } from "../rules/share-scans.ts";
import type { Lower } from "./held.ts";
import { lowerPlans } from "./lower-plan.ts";
import type { Partitions } from "./partitions.ts";

/** An optimized plan and the layers that compute it. */
export interface Physical {
  readonly plan: PlanNode;
  readonly partitions: Partitions;
  readonly isHeld: Lower["isHeld"];
}

const made = new WeakMap<PlanNode, Physical>();

/** What runs when a plan is computed; worked out once a plan. */
export function physicalPlan(logical: PlanNode): Physical {
  const known = made.get(logical);
  if (known !== undefined) return known;
  const [physical] = physicalPlans([logical]) as [Physical];
  made.set(logical, physical);
  return physical;
}

/** What runs when plans are computed together: what several of them read is done once. */
export function physicalPlans(logical: readonly PlanNode[]): readonly Physical[] {
  const different = [...new Set(logical)];
  const plans = shareScans(optimizePlans(different).plans);
  // An `annotate` that happens to be running is about what its callback makes, not about this.
  const { partitions, isHeld } = withoutAnnotations(() => lowerPlans(plans));
  return logical.map((one) => {
    const at = different.indexOf(one);
    return { plan: plans[at] as PlanNode, partitions: partitions[at] as Partitions, isHeld };
  });
}
