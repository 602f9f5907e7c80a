import { isExpensive, tellsZeros } from "../expr/expense.ts";
import { filter } from "../plan/rows.ts";
import { withInputs } from "../plan/walk.ts";
import { pushFilter, readsOnly } from "./push-filter.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowAggregate: Rule = {
  name: "push-filter-below-aggregate",
  why:
    "A predicate over keys is the same for all rows of a group, so that whole groups need not be " +
    "made. Without keys there is one row whatever comes in, so nothing moves. A predicate that " +
    "tells 0 from -0 stays, since these are one group, and so does an expensive one, which is asked " +
    "once a group.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "aggregate") return undefined;
    const { input } = node;
    if (isShared(input) || input.keys.length === 0) return undefined;
    return pushFilter(
      node,
      (conjunct) =>
        readsOnly(conjunct, input.keys) && !tellsZeros(conjunct) && !isExpensive(conjunct),
      (predicate) => withInputs(input, [filter(input.input, predicate)]),
    );
  },
};
