import { sameDivisions } from "../plan/divisions.ts";
import type { RepartitionNode } from "../plan/node.ts";
import { balancedRows } from "../plan/recut-layout.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropSatisfiedRepartitions: Rule = {
  name: "drop-satisfied-repartitions",
  why: "Partitions that are cut as asked stay as they are.",
  scope: "node",
  apply(node) {
    if (node.kind !== "repartition") return undefined;
    return isSatisfied(node) ? node.input : undefined;
  },
};

function isSatisfied({ input: { layout }, target }: RepartitionNode): boolean {
  switch (target.by) {
    case "npartitions":
      if (target.npartitions !== layout.npartitions) return false;
      return (
        layout.rows === undefined ||
        sameRows(layout.rows, balancedRows(layout.rows, target.npartitions))
      );
    case "divisions":
      return sameDivisions(layout.divisions, target.divisions);
    case "rows":
      return layout.rows !== undefined && sameRows(layout.rows, target.rows);
    case "pieces":
      return false;
  }
}

function sameRows(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((rows, i) => rows === b[i]);
}
