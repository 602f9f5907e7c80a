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
      return isSameCut(first, target.npartitions) ? target : undefined;
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

/**
 * Whether rows end up in the same partitions when the first cut is left out: where they are
 * counted, where all come into one, and where joining what was joined joins the same inputs.
 */
function isSameCut({ input, target }: RepartitionNode, npartitions: number): boolean {
  const before = input.layout.npartitions;
  if (input.layout.rows !== undefined || npartitions === 1) return true;
  if (target.by !== "npartitions" || target.npartitions > before) return false;
  const between = target.npartitions;
  if (npartitions > between) return false;
  return Array.from({ length: npartitions }, (_, i) => i).every((i) => {
    const joined = Math.floor((i * between) / npartitions);
    return Math.floor((joined * before) / between) === Math.floor((i * before) / npartitions);
  });
}
