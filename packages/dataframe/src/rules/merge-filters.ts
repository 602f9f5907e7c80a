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
    if (node.kind !== "filter") return undefined;
    // All of a chain at once: one after the other, n filters would make n² expressions.
    let last = node;
    let all = conjunctsOf(node.predicate);
    while (last.input.kind === "filter" && !isShared(last.input) && !mayFail(last.predicate)) {
      const more = [...conjunctsOf(last.input.predicate), ...all];
      if (isTooLarge(more)) break;
      all = more;
      last = last.input;
    }
    return last === node ? undefined : filter(last.input, allOf([...new Set(all)]));
  },
};
