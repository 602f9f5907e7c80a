import { limit, topk } from "../plan/order.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const combineLimits: Rule = {
  name: "combine-limits",
  why: "The first rows of the first rows are the first ones, as many as the smaller count says.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "limit" || isShared(node.input)) return undefined;
    const { input, count, from } = node;
    if (input.kind === "topk" && from === "start") {
      return topk(input.input, input.by, Math.min(count, input.count));
    }
    if (input.kind !== "limit" || input.from !== from) return undefined;
    return limit(input.input, Math.min(count, input.count), from);
  },
};
