import { filter } from "../plan/rows.ts";
import { withInputs } from "../plan/walk.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowShuffle: Rule = {
  name: "push-filter-below-shuffle",
  why: "Fewer rows are moved; where a row goes depends on its own values alone.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "shuffle") return undefined;
    if (isShared(node.input)) return undefined;
    return withInputs(node.input, [filter(node.input.input, node.predicate)]);
  },
};
