import { rowCount } from "../plan/layout.ts";
import type { PlanNode } from "../plan/node.ts";
import { limit } from "../plan/order.ts";
import { concat } from "../plan/partitions.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const trimLimitedConcat: Rule = {
  name: "trim-limited-concat",
  why: "Frames behind as many rows as a limit takes are not read, where counts are known.",
  scope: "node",
  apply(node) {
    if (node.kind !== "limit" || node.input.kind !== "concat") return undefined;
    const { inputs } = node.input;
    const needed = neededOf(node.from === "start" ? inputs : inputs.toReversed(), node.count);
    if (needed.length === inputs.length) return undefined;
    const kept = node.from === "start" ? needed : needed.toReversed();
    return limit(concat(kept), node.count, node.from);
  },
};

function neededOf(inputs: readonly PlanNode[], count: number): readonly PlanNode[] {
  let rows: number | undefined = 0;
  const end = inputs.findIndex(({ layout }) => {
    const more = rowCount(layout);
    rows = rows === undefined || more === undefined ? undefined : rows + more;
    return rows !== undefined && rows >= count;
  });
  return end === -1 ? inputs : inputs.slice(0, end + 1);
}
