import { columnsOf } from "../expr/typed.ts";
import { filter } from "../plan/rows.ts";
import { withInputs } from "../plan/walk.ts";
import { pushFilter } from "./push-filter.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowExplode: Rule = {
  name: "push-filter-below-explode",
  why:
    "A predicate over other columns is the same for all rows that a list gives, and each list gives " +
    "one at least, so that it is asked of no new row.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "explode") return undefined;
    const { input } = node;
    if (isShared(input)) return undefined;
    return pushFilter(
      node,
      (conjunct) => !columnsOf([conjunct]).has(input.column),
      (predicate) => withInputs(input, [filter(input.input, predicate)]),
    );
  },
};
