import { allOf, conjunctsOf } from "../expr/conjuncts.ts";
import { isTooLarge } from "../expr/expense.ts";
import { mayFail } from "../expr/may-fail.ts";
import { filter } from "../plan/rows.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const mergeFilters: Rule = {
  name: "merge-filters",
  why:
    "One filter reads the rows once and moves as one. The later one must not fail: in one " +
    "predicate it would be asked of rows that the earlier one had taken out.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "filter") return undefined;
    const { input, predicate } = node;
    if (isShared(input) || mayFail(predicate)) return undefined;
    const all = new Set([...conjunctsOf(input.predicate), ...conjunctsOf(predicate)]);
    return isTooLarge([...all]) ? undefined : filter(input.input, allOf([...all]));
  },
};
