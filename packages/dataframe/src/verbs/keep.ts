import { isText } from "../dtype-traits.ts";
import type { PlanNode } from "../plan/node.ts";
import { map } from "../plan/rows.ts";
import {
  dictionariesOf,
  keepBlock,
  mergeDictionaries,
  shareDictionaries,
} from "../steps/keeping.ts";

/**
 * A plan whose partitions are about to be held, and read again and again: texts that repeat are
 * encoded, and partitions that have much the same texts share one dictionary, so that codes mean
 * the same in all of them.
 */
export function kept(plan: PlanNode): PlanNode {
  const { fields, layout } = plan;
  if (!fields.some(({ dtype }) => isText(dtype))) return plan;
  const encoded = map(plan, { gets: "block", fn: keepBlock, fields, layout }, "persist");
  if (layout.npartitions === 1) return encoded;
  const whole = { of: dictionariesOf, combine: mergeDictionaries };
  return map(encoded, { gets: "block", fn: shareDictionaries, whole, fields, layout }, "persist");
}
