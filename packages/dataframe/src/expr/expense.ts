import { isText } from "../dtype-traits.ts";
import type { FunctionName, Typed } from "./typed.ts";
import { remembered } from "./remembered.ts";
import { nodesOf, partsOf } from "./typed.ts";

/**
 * Whether working out an expression costs much more than a handful of machine instructions a row:
 * it looks into texts, calendars or transcendental functions. Such work is not done twice.
 */
export const isExpensive: (root: Typed) => boolean = remembered(
  (node) => costsMuch(node) || partsOf(node).some(isExpensive),
);

function costsMuch(node: Typed): boolean {
  switch (node.kind) {
    case "column":
    case "literal":
    case "case":
      return false;
    case "cast":
      return isText(node.dtype) !== isText(node.input.dtype);
    case "call":
      return expensive.has(node.fn);
  }
}

const expensive: ReadonlySet<FunctionName> = new Set<FunctionName>([
  "pow",
  "exp",
  "log",
  "contains",
  "matches",
  "lower",
  "upper",
  "trim",
  "slice",
  "replace",
  "replaceAll",
  "split",
  "year",
  "month",
  "day",
  "hour",
  "minute",
  "second",
  "weekday",
  "truncate",
]);

/**
 * Whether an expression can tell 0 from -0, which are one group: where it cannot, it is the same
 * for all rows of a group as for the group's key.
 */
export function tellsZeros(root: Typed): boolean {
  for (const node of nodesOf([root])) {
    if (node.kind === "call" && (node.fn === "div" || node.fn === "pow")) return true;
  }
  return false;
}

/** Nodes of the largest expressions that rules make: they are walked by recursion, and longer ones
 * gain nothing by being one. */
const MERGED_NODES_MAX = 1_000;

/** Whether expressions are too large to be made of others by a rule. */
export function isTooLarge(roots: readonly Typed[]): boolean {
  return nodesOf(roots).size > MERGED_NODES_MAX;
}
