import { allOf, anyOf, conjunctsOf, disjunctsOf } from "../expr/conjuncts.ts";
import { mayFail } from "../expr/may-fail.ts";
import { remembered } from "../expr/remembered.ts";
import type { Typed } from "../expr/typed.ts";
import { rewriteTyped } from "../expr/typed.ts";
import { withExpressions } from "../plan/expressions.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const factorDisjunctions: Rule = {
  name: "factor-disjunctions",
  why:
    "(a and b) or (a and c) is a and (b or c), with nulls too, and so a can move by itself. Not for " +
    "what can fail: it keeps its place.",
  scope: "node",
  apply(node) {
    return withExpressions(node, (expression, role) =>
      role === "predicate" ? factorAll(expression) : expression,
    );
  },
};

const factorAll = remembered((predicate) => rewriteTyped(predicate, factored));

function factored(node: Typed): Typed {
  if (node.kind !== "call" || node.fn !== "or") return node;
  const [first, ...others] = disjunctsOf(node).map((one) => new Set(conjunctsOf(one)));
  if (first === undefined || mayFail(node)) return node;
  const common = new Set([...first].filter((one) => others.every((all) => all.has(one))));
  if (common.size === 0) return node;
  const rests = [first, ...others].map((all) => [...all].filter((one) => !common.has(one)));
  if (rests.some((rest) => rest.length === 0)) return allOf([...common]);
  return allOf([...common, anyOf(rests.map(allOf))]);
}
