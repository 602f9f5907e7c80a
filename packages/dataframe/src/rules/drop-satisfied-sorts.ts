import { isSortedBy } from "../plan/layout.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropSatisfiedSorts: Rule = {
  name: "drop-satisfied-sorts",
  why: "Rows that are known to be in an order stay as they are when they are sorted by it, stably.",
  scope: "node",
  apply(node) {
    if (node.kind !== "sort") return undefined;
    return isSortedBy(node.input.layout, node.by) ? node.input : undefined;
  },
};
