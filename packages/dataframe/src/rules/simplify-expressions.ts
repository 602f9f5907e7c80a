import { bool } from "../dtype.ts";
import { allOf, conjunctsOf } from "../expr/conjuncts.ts";
import { simplify } from "../expr/simplify.ts";
import type { Typed } from "../expr/typed.ts";
import { literalNode } from "../expr/typed.ts";
import { withExpressions } from "../plan/expressions.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const simplifyExpressions: Rule = {
  name: "simplify-expressions",
  why:
    "What is true whatever the values are is not worked out. Only what holds for null, NaN and -0 " +
    "too: x * 0 and x - x stay. An error may go, as in `false and …`; none may come.",
  scope: "node",
  apply(node) {
    return withExpressions(node, (expression, role) => {
      const simple = simplify(expression);
      return role === "predicate" ? asPredicate(simple) : simple;
    });
  },
};

/** Null is as good as false for a row that a predicate takes out. */
function asPredicate(predicate: Typed): Typed {
  const conjuncts = conjunctsOf(predicate);
  const isNever = conjuncts.some((one) => one.kind === "literal" && one.value !== true);
  return isNever ? literalNode(false, bool) : allOf(conjuncts);
}
