import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropTrueFilters: Rule = {
  name: "drop-true-filters",
  why: "A filter that is always true takes nothing out.",
  scope: "node",
  apply(node) {
    if (node.kind !== "filter" || node.predicate.kind !== "literal") return undefined;
    return node.predicate.value === true ? node.input : undefined;
  },
};
