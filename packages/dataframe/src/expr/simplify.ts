import { bool, utf8 } from "../dtype.ts";
import { isFloat, isInteger, isNumeric, isText, sameDType } from "../dtype-traits.ts";
import { allOf, anyOf, conjunctsOf, disjunctsOf } from "./conjuncts.ts";
import { holdsAll } from "./may-fail.ts";
import { remembered } from "./remembered.ts";
import type { CallNode, CaseNode, CastNode, FunctionName, Typed } from "./typed.ts";
import { callNode, caseNode, castNode, literalNode, partsOf, withParts } from "./typed.ts";

/** An expression that gives the same for every row, null, NaN and -0 included, for less. */
export const simplify: (root: Typed) => Typed = remembered((root) => {
  // All of a chain at once: link by link, n conjuncts would make n² expressions.
  if (isChain(root, "and")) return simplifyTruths(simplified(conjunctsOf(root), "and"), true);
  if (isChain(root, "or")) return simplifyTruths(simplified(disjunctsOf(root), "or"), false);
  return simplifyNode(withParts(root, partsOf(root).map(simplify)));
});

function isChain(node: Typed, fn: "and" | "or"): boolean {
  return node.kind === "call" && node.fn === fn;
}

/** Simpler links of a chain; one that has become a chain of its own is taken apart. */
function simplified(parts: readonly Typed[], fn: "and" | "or"): readonly Typed[] {
  const links = parts.map(simplify);
  if (!links.some((link) => isChain(link, fn))) return [...new Set(links)];
  const apart = fn === "and" ? conjunctsOf : disjunctsOf;
  return [...new Set(links.flatMap(apart))];
}

function simplifyNode(node: Typed): Typed {
  switch (node.kind) {
    case "column":
    case "literal":
      return node;
    case "call":
      return simplifyCall(node);
    case "cast":
      return simplifyCast(node);
    case "case":
      return simplifyCase(node);
  }
}

function simplifyCall(node: CallNode): Typed {
  const takesNull = nullTaking[node.fn];
  if (takesNull !== undefined) return takesNull(node);
  if (node.args.some(isNull)) return literalNode(null, node.dtype);
  return nullFree[node.fn]?.(node) ?? node;
}

type Simplifier = (node: CallNode) => Typed;

/** The functions that do not give null wherever an argument is null. */
const nullTaking: Readonly<Partial<Record<FunctionName, Simplifier>>> = {
  and: (node) => simplifyTruths(conjunctsOf(node), true),
  or: (node) => simplifyTruths(disjunctsOf(node), false),
  coalesce: simplifyCoalesce,
  isNull: (node) => simplifyNullTest(node, true),
  isNotNull: (node) => simplifyNullTest(node, false),
};

/** Others of which something is known. */
const nullFree: Readonly<Partial<Record<FunctionName, Simplifier>>> = {
  not: simplifyNot,
  eq: (node) => simplifyEquality(node, true),
  neq: (node) => simplifyEquality(node, false),
  isIn: simplifyMembership,
  // Not for floats: -0 + 0 is 0.
  add: (node) => (isFloat(node.dtype) ? node : withoutNeutral(node, 0, "either")),
  sub: (node) => withoutNeutral(node, 0, "right"),
  mul: (node) => withoutNeutral(node, 1, "either"),
  div: (node) => withoutNeutral(node, 1, "right"),
};

/** All of some truths, where true changes nothing, or one of them, where false does not. */
function simplifyTruths(parts: readonly Typed[], neutral: boolean): Typed {
  const truths = parts.filter((part) => !(part.kind === "literal" && part.value === neutral));
  if (truths.some((part) => part.kind === "literal" && part.value === !neutral)) {
    return literalNode(!neutral, bool);
  }
  return neutral ? allOf(truths) : anyOf(truths);
}

function simplifyCoalesce(node: CallNode): Typed {
  const nested = node.args.flatMap((arg) =>
    arg.kind === "call" && arg.fn === "coalesce" ? arg.args : [arg],
  );
  const args = [...new Set(nested)].filter((arg) => !isNull(arg));
  const end = args.findIndex(isNeverNull);
  const kept = end === -1 ? args : args.slice(0, end + 1);
  const [first] = kept;
  if (first === undefined) return literalNode(null, node.dtype);
  return kept.length === 1 ? first : callNode("coalesce", kept, node.dtype);
}

function simplifyNullTest(node: CallNode, wanted: boolean): Typed {
  const [arg] = node.args as [Typed];
  if (isNull(arg)) return literalNode(wanted, bool);
  return isNeverNull(arg) ? literalNode(!wanted, bool) : node;
}

const opposites: Readonly<Partial<Record<FunctionName, FunctionName>>> = {
  eq: "neq",
  neq: "eq",
  lt: "gte",
  gte: "lt",
  gt: "lte",
  lte: "gt",
  isNull: "isNotNull",
  isNotNull: "isNull",
};

/** Since NaN has a place in the order of numbers, what is not less is greater or equal. */
function simplifyNot(node: CallNode): Typed {
  const [arg] = node.args as [Typed];
  if (arg.kind === "literal") return literalNode(arg.value === false, bool);
  if (arg.kind !== "call") return node;
  if (arg.fn === "not") return arg.args[0] as Typed;
  if (arg.fn === "or") return allOf(disjunctsOf(arg).map((part) => callNode("not", [part], bool)));
  const opposite = opposites[arg.fn];
  return opposite === undefined ? node : callNode(opposite, arg.args, bool);
}

/** A truth compared with a constant truth is itself or its opposite. */
function simplifyEquality(node: CallNode, isEqual: boolean): Typed {
  const [a, b] = node.args as [Typed, Typed];
  if (a.dtype.kind !== "bool") return node;
  const [constant, other] = a.kind === "literal" ? [a, b] : [b, a];
  if (constant.kind !== "literal") return node;
  return (constant.value === true) === isEqual ? other : callNode("not", [other], bool);
}

function simplifyMembership(node: CallNode): Typed {
  const [arg] = node.args as [Typed];
  const [only, ...others] = node.params;
  if (only === undefined || only === null || others.length > 0) return node;
  const dtype = isText(arg.dtype) ? utf8 : arg.dtype;
  return callNode("eq", [arg, literalNode(only, dtype)], bool);
}

/** A calculation without the number that changes nothing, where the dtype stays. */
function withoutNeutral(node: CallNode, neutral: number, side: "either" | "right"): Typed {
  const [a, b] = node.args as [Typed, Typed];
  if (isNumber(b, neutral) && sameDType(a.dtype, node.dtype)) return a;
  const isLeft = side === "either" && isNumber(a, neutral) && sameDType(b.dtype, node.dtype);
  return isLeft ? b : node;
}

function simplifyCast(node: CastNode): Typed {
  const { input, dtype, strict } = node;
  if (isNull(input)) return literalNode(null, dtype);
  if (input.kind !== "cast" || !isWidening(input)) return node;
  const isDirect = isNumeric(dtype) || isText(dtype) || dtype.kind === "bool";
  return isDirect ? castNode(input.input, dtype, strict) : node;
}

/** Whether a cast gives each whole number as the same one. */
function isWidening(node: CastNode): boolean {
  const { dtype, input } = node;
  return isInteger(dtype) && isInteger(input.dtype) && holdsAll(dtype, input.dtype);
}

function simplifyCase(node: CaseNode): Typed {
  const open = node.branches.filter(
    ([condition]) => condition.kind !== "literal" || condition.value === true,
  );
  const sure = open.findIndex(([condition]) => condition.kind === "literal");
  const branches = sure === -1 ? open : open.slice(0, sure);
  const otherwise = open[sure]?.[1] ?? node.otherwise;
  const isChoice = branches.some(([, value]) => value !== otherwise);
  return isChoice ? caseNode(branches, otherwise) : otherwise;
}

function isNull(node: Typed): boolean {
  return node.kind === "literal" && node.value === null;
}

function isNeverNull(node: Typed): boolean {
  if (node.kind === "literal") return node.value !== null;
  return node.kind === "call" && (node.fn === "isNull" || node.fn === "isNotNull");
}

/** Whether an expression is a constant number; -0 is not 0 here. */
function isNumber(node: Typed, wanted: number): boolean {
  if (node.kind !== "literal") return false;
  const { value, dtype } = node;
  if (typeof value === "number") return Object.is(value, wanted);
  if (dtype.kind === "decimal") return value === BigInt(wanted) * 10n ** BigInt(dtype.scale);
  return isInteger(dtype) && value === BigInt(wanted);
}
