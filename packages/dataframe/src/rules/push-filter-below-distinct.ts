import { isExpensive, tellsZeros } from "../expr/expense.ts";
import { filter } from "../plan/rows.ts";
import { withInputs } from "../plan/walk.ts";
import { pushFilter, readsOnly } from "./push-filter.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowDistinct: Rule = {
  name: "push-filter-below-distinct",
  why:
    "A predicate over the columns that make rows distinct is the same for all rows of which the " +
    "first one stays. Over another column it is not: a later row would come out. An expensive one is " +
    "asked of the few rows that are left.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "distinct") return undefined;
    const { input } = node;
    if (isShared(input)) return undefined;
    return pushFilter(
      node,
      (conjunct) =>
        readsOnly(conjunct, input.columns) && !tellsZeros(conjunct) && !isExpensive(conjunct),
      (predicate) => withInputs(input, [filter(input.input, predicate)]),
    );
  },
};
