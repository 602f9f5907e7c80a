import { topk } from "../plan/order.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const turnLimitedSortIntoTopk: Rule = {
  name: "turn-limited-sort-into-topk",
  why: "The first rows of an order are found by keeping the best of each partition: no row moves.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "limit" || node.from !== "start" || node.input.kind !== "sort") {
      return undefined;
    }
    const { input, count } = node;
    if (isShared(input) || (input.scope === "each" && input.layout.npartitions > 1)) {
      return undefined;
    }
    return topk(input.input, input.by, count);
  },
};
