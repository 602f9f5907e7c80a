import type { PlanNode } from "../plan/node.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropSatisfiedDistincts: Rule = {
  name: "drop-satisfied-distincts",
  why: "Rows that differ in some of the columns already differ in all of them.",
  scope: "node",
  apply(node) {
    if (node.kind !== "distinct" || node.input.layout.npartitions > 1) return undefined;
    const unique = uniqueBy(node.input);
    return unique?.every((name) => node.columns.includes(name)) === true ? node.input : undefined;
  },
};

/** Columns in which all rows of one partition differ, as far as the node itself says. */
function uniqueBy(node: PlanNode): readonly string[] | undefined {
  if (node.kind === "aggregate") return node.keys;
  return node.kind === "distinct" ? node.columns : undefined;
}
