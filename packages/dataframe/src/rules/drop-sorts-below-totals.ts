import type { AggregateNode, PlanNode } from "../plan/node.ts";
import { withInputs } from "../plan/walk.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** See `why`. */
export const dropSortsBelowTotals: Rule = {
  name: "drop-sorts-below-totals",
  why:
    "One row for all does not depend on the order of rows, unless it asks for the first or the last " +
    "one. (Groups do: they come in the order of their first rows.)",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "aggregate" || node.keys.length > 0 || asksForOrder(node)) return undefined;
    const input = withoutSort(node.input, isShared);
    return input === undefined ? undefined : withInputs(node, [input]);
  },
};

function asksForOrder({ outputs }: AggregateNode): boolean {
  return outputs.some(({ aggregate: { fn } }) => fn === "first" || fn === "last");
}

/** The rows of a plan in whatever order; only through what looks at each row by itself. */
function withoutSort(node: PlanNode, isShared: RuleContext["isShared"]): PlanNode | undefined {
  switch (node.kind) {
    case "sort":
      return node.input;
    case "filter":
    case "project":
    case "explode": {
      if (isShared(node)) return undefined;
      const input = withoutSort(node.input, isShared);
      return input === undefined ? undefined : withInputs(node, [input]);
    }
    case "scan":
    case "blocks":
    case "aggregate":
    case "distinct":
    case "topk":
    case "limit":
    case "concat":
    case "sample":
    case "map":
    case "repartition":
    case "shuffle":
    case "annotate":
      return undefined;
  }
}
