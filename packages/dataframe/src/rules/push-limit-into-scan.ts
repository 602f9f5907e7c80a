import { concat } from "../plan/partitions.ts";
import { limit } from "../plan/order.ts";
import type { PlanNode } from "../plan/node.ts";
import { project } from "../plan/project.ts";
import { scan } from "../plan/sources.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** See `why`. */
export const pushLimitIntoScan: Rule = {
  name: "push-limit-into-scan",
  why:
    "No partition gives more of the first rows than there are in all, so that a reader can stop " +
    "there. The limit itself stays, since it goes over partitions.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "limit" || node.from !== "start") return undefined;
    const input = capped(node.input, node.count, isShared);
    return input === node.input ? undefined : limit(input, node.count, "start");
  },
};

/** The same plan, of which each partition has its first `count` rows at least. */
function capped(node: PlanNode, count: number, isShared: RuleContext["isShared"]): PlanNode {
  if (isShared(node)) return node;
  switch (node.kind) {
    case "scan": {
      const isCapped = node.limit !== undefined && node.limit <= count;
      return isCapped ? node : scan(node.source, { ...node, limit: count });
    }
    case "project":
      return project(capped(node.input, count, isShared), node.outputs);
    case "concat":
      return concat(node.inputs.map((input) => capped(input, count, isShared)));
    case "blocks":
    case "filter":
    case "aggregate":
    case "distinct":
    case "sort":
    case "topk":
    case "limit":
    case "explode":
    case "sample":
    case "map":
    case "repartition":
    case "shuffle":
    case "annotate":
      return node;
  }
}
