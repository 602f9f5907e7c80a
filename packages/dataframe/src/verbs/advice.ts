import { currentAnnotations } from "@millrace/graph";
import { annotated } from "../plan/annotated.ts";
import type { PlanNode } from "../plan/node.ts";

/** A plan with the advice of the `annotate` that is running, which reaches its last step. */
export function advised(plan: PlanNode): PlanNode {
  const annotations = currentAnnotations();
  return annotations === undefined ? plan : annotated(plan, annotations);
}
