import { allOf, splitConjuncts } from "../expr/conjuncts.ts";
import type { Typed } from "../expr/typed.ts";
import { columnsOf } from "../expr/typed.ts";
import type { FilterNode, PlanNode } from "../plan/node.ts";
import { filter } from "../plan/rows.ts";

/**
 * A filter of which the conjuncts that may move are asked below the filter's input, and the others
 * where they were; undefined when none may. `below` makes the input anew, over filtered rows.
 */
export function pushFilter(
  node: FilterNode,
  mayMove: (conjunct: Typed) => boolean,
  below: (predicate: Typed) => PlanNode,
): PlanNode | undefined {
  const { moved, rest } = splitConjuncts(node.predicate, mayMove);
  if (moved.length === 0) return undefined;
  const lower = below(allOf(moved));
  return rest.length === 0 ? lower : filter(lower, allOf(rest));
}

/** Whether an expression reads none but some columns. */
export function readsOnly(expression: Typed, columns: readonly string[]): boolean {
  return [...columnsOf([expression])].every((name) => columns.includes(name));
}
