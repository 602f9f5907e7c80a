import type { RepartitionNode } from "../plan/node.ts";
import { filter } from "../plan/rows.ts";
import { withInputs } from "../plan/walk.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowRepartition: Rule = {
  name: "push-filter-below-repartition",
  why:
    "Fewer rows are moved. Only where each partition then holds the same rows: whole partitions " +
    "are joined, or the index says where a row goes. Balanced rows were asked for before the " +
    "filter, and rows that were counted are other ones behind it.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "repartition") return undefined;
    if (isShared(node.input) || !isOfEachRow(node.input)) return undefined;
    // Two cuts become one first, which a filter between them would be in the way of.
    if (node.input.input.kind === "repartition") return undefined;
    return withInputs(node.input, [filter(node.input.input, node.predicate)]);
  },
};

/** Whether where a row goes does not depend on what other rows there are. */
function isOfEachRow({ input, target }: RepartitionNode): boolean {
  switch (target.by) {
    case "npartitions":
      return input.layout.rows === undefined && target.npartitions <= input.layout.npartitions;
    case "divisions":
      return true;
    case "rows":
    case "pieces":
      return false;
  }
}
