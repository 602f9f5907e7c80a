import { allOf, splitConjuncts } from "../expr/conjuncts.ts";
import { isExpensive } from "../expr/expense.ts";
import type { Typed } from "../expr/typed.ts";
import { columnsOf, nodesOf } from "../expr/typed.ts";
import type { FilterNode, PlanNode } from "../plan/node.ts";
import { filter } from "../plan/rows.ts";

/**
 * A filter of which the conjuncts that may move are asked below the filter's input, and the others
 * where they were; undefined when none may. What would be worked out in both places, and is
 * expensive, stays. `below` makes the input anew, over filtered rows.
 */
export function pushFilter(
  { predicate }: FilterNode,
  mayMove: (conjunct: Typed) => boolean,
  below: (predicate: Typed) => PlanNode,
): PlanNode | undefined {
  const stay = splitConjuncts(predicate, mayMove).rest;
  const dear = new Set([...nodesOf(stay)].filter(isExpensive));
  const { moved, rest } = splitConjuncts(
    predicate,
    (one) =>
      mayMove(one) && (dear.size === 0 || ![...nodesOf([one])].some((part) => dear.has(part))),
  );
  if (moved.length === 0) return undefined;
  const lower = below(allOf(moved));
  return rest.length === 0 ? lower : filter(lower, allOf(rest));
}

/** Whether an expression reads none but some columns. */
export function readsOnly(expression: Typed, columns: readonly string[]): boolean {
  return [...columnsOf([expression])].every((name) => columns.includes(name));
}
