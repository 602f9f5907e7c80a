import type { RepartitionNode, RepartitionTarget } from "../plan/node.ts";
import { repartition } from "../plan/partitions.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const combineRepartitions: Rule = {
  name: "combine-repartitions",
  why:
    "Rows that are cut twice are moved twice: the last cut decides. It is made of the rows as they " +
    "were before the first one, wherever as much is then known of the result.",
  scope: "node",
  apply(node) {
    if (node.kind !== "repartition" || node.input.kind !== "repartition") return undefined;
    const target = combined(node, node.input);
    if (target === undefined) return undefined;
    return repartition(node.input.input, target);
  },
};

/** What to ask of the input of the first cut; undefined for what was measured behind it. */
function combined(last: RepartitionNode, first: RepartitionNode): RepartitionTarget | undefined {
  const { target } = last;
  switch (target.by) {
    case "npartitions":
      return target;
    case "divisions": {
      const force = target.force || (first.target.by === "divisions" && first.target.force);
      return { ...target, force };
    }
    case "rows":
      return first.input.layout.rows === undefined ? undefined : target;
    case "pieces":
      return undefined;
  }
}
