import { indexKey, isSortedBy } from "../plan/layout.ts";
import { sort } from "../plan/order.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const sortWithinDivisions: Rule = {
  name: "sort-within-divisions",
  why:
    "Partitions that follow one another by an index are in order already, so that a sort that " +
    "begins with the index sorts each by itself and moves nothing.",
  scope: "node",
  apply(node) {
    if (node.kind !== "sort" || node.scope === "each") return undefined;
    const { index, divisions, npartitions } = node.input.layout;
    if (index === undefined || divisions === undefined || npartitions === 1) return undefined;
    const begins = isSortedBy({ ...node.input.layout, sortedBy: node.by }, [indexKey(index)]);
    return begins ? sort(node.input, node.by, "each") : undefined;
  },
};
