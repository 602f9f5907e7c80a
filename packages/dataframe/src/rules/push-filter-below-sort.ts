import { filter } from "../plan/rows.ts";
import { withInputs } from "../plan/walk.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowSort: Rule = {
  name: "push-filter-below-sort",
  why: "Fewer rows are sorted; those that stay are in the same order.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "sort") return undefined;
    if (isShared(node.input)) return undefined;
    return withInputs(node.input, [filter(node.input.input, node.predicate)]);
  },
};
