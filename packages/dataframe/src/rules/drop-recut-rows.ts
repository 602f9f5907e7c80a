import type { PlanNode, RepartitionNode } from "../plan/node.ts";
import { withInputs } from "../plan/walk.ts";
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
  switch (node.kind) {
    case "limit":
      return node.input.kind === "repartition" ? node.input : undefined;
    case "aggregate":
    case "distinct":
    case "topk":
    case "shuffle": {
      const { input } = node;
      if (input.kind !== "repartition") return undefined;
      return input.layout.npartitions <= input.input.layout.npartitions ? input : undefined;
    }
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
      return undefined;
  }
}
