import { concat } from "../plan/partitions.ts";
import { filter } from "../plan/rows.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowConcat: Rule = {
  name: "push-filter-below-concat",
  why: "Each frame is filtered by itself, so that the filter can get into its source.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "concat") return undefined;
    if (isShared(node.input)) return undefined;
    return concat(node.input.inputs.map((input) => filter(input, node.predicate)));
  },
};
