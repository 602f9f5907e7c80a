import type { PlanNode, RepartitionNode } from "../plan/node.ts";
import { inputsOf, withInputs } from "../plan/walk.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropRecutRows: Rule = {
  name: "drop-recut-rows",
  why:
    "What brings rows into partitions of its own does not care how they were cut before, only how " +
    "they are ordered, which a repartition keeps. A cut into more partitions stays where there is " +
    "much to do in each, since it was asked for to do that side by side, and so does one that others " +
    "read too.",
  scope: "node",
  apply(node, { isShared }) {
    const cut = recutBelow(node);
    if (cut === undefined || isShared(cut)) return undefined;
    return withInputs(node, [cut.input]);
  },
};

function recutBelow(node: PlanNode): RepartitionNode | undefined {
  const [input] = inputsOf(node);
  if (input?.kind !== "repartition" || !cutsAnew(node)) return undefined;
  return node.kind !== "limit" && isFiner(input) ? undefined : input;
}

/** Whether a node brings the rows of its input into partitions of its own. */
export function cutsAnew(node: PlanNode): boolean {
  switch (node.kind) {
    case "limit":
    case "aggregate":
    case "distinct":
    case "topk":
    case "shuffle":
      return true;
    case "scan":
    case "blocks":
    case "filter":
    case "project":
    case "sort":
    case "concat":
    case "explode":
    case "sample":
    case "map":
    case "repartition":
    case "annotate":
      return false;
  }
}

/** Whether rows are cut into more partitions than they come in. */
export function isFiner({ input, layout }: RepartitionNode): boolean {
  return layout.npartitions > input.layout.npartitions;
}
