import type { CallNode, Typed } from "../expr/typed.ts";
import { emitCase, emitCoalesce } from "./emit-choice.ts";
import { emitCast } from "./emit-cast.ts";
import { emitColumn, emitLiteral } from "./emit-column.ts";
import { emitComparison, emitIsIn } from "./emit-comparison.ts";
import { emitLookup, isLookedUp } from "./emit-lookup.ts";
import { emitNumber } from "./emit-number.ts";
import { emitText } from "./emit-text.ts";
import { emitTime } from "./emit-time.ts";
import { emitConnective, emitNot, emitNullTest } from "./emit-truth.ts";
import type { Emitter } from "./emitter.ts";
import type { Value } from "./value.ts";

/** Writes what works a node out for the row, and says where its value is. */
export function emitNode(e: Emitter, node: Typed): Value {
  if (!e.isFiller && isLookedUp(node, e.program.layouts)) return emitLookup(e, node, emitNode);
  switch (node.kind) {
    case "column":
      return emitColumn(e, node);
    case "literal":
      return emitLiteral(e, node);
    case "cast":
      return emitCast(e, node);
    case "case":
      return emitCase(e, node);
    case "call":
      return emitCall(e, node);
  }
}

function emitCall(e: Emitter, node: CallNode): Value {
  switch (node.fn) {
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
    case "neg":
    case "abs":
    case "floor":
    case "ceil":
    case "round":
    case "pow":
    case "sqrt":
    case "exp":
    case "log":
      return emitNumber(e, node, node.fn);
    case "eq":
    case "neq":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return emitComparison(e, node, node.fn);
    case "isIn":
      return emitIsIn(e, node);
    case "and":
    case "or":
      return emitConnective(e, node, node.fn);
    case "not":
      return emitNot(e, node);
    case "isNull":
    case "isNotNull":
      return emitNullTest(e, node, node.fn);
    case "coalesce":
      return emitCoalesce(e, node);
    case "contains":
    case "startsWith":
    case "endsWith":
    case "matches":
    case "length":
    case "lower":
    case "upper":
    case "trim":
    case "slice":
    case "replace":
    case "replaceAll":
    case "split":
      return emitText(e, node, node.fn);
    case "year":
    case "month":
    case "day":
    case "hour":
    case "minute":
    case "second":
    case "weekday":
    case "truncate":
      return emitTime(e, node, node.fn);
  }
}
