import { isText } from "../dtype-traits.ts";
import type { PlanNode } from "../plan/node.ts";
import { map } from "../plan/rows.ts";
import { keepBlock } from "../steps/keeping.ts";

/** A plan whose partitions are about to be held, and read again and again. */
export function kept(plan: PlanNode): PlanNode {
  const { fields, layout } = plan;
  if (!fields.some(({ dtype }) => isText(dtype))) return plan;
  return map(plan, { gets: "block", fn: keepBlock, fields, layout }, "persist");
}
