import type { DType, IntegerKind, PlainType } from "../dtype.ts";
import { integerBits, isFloat, isInteger, isText } from "../dtype-traits.ts";
import type { CallNode, CastNode, Typed } from "./typed.ts";
import { partsOf } from "./typed.ts";

const known = new WeakMap<Typed, boolean>();

/**
 * Whether working out an expression can be an error for some row: a number that its dtype cannot
 * hold, a text that is no number. Such an expression must not run on rows that it did not run on
 * as it was written.
 */
export function mayFail(node: Typed): boolean {
  const before = known.get(node);
  if (before !== undefined) return before;
  const result = failsItself(node) || partsOf(node).some(mayFail);
  known.set(node, result);
  return result;
}

function failsItself(node: Typed): boolean {
  switch (node.kind) {
    case "column":
    case "literal":
    case "case":
      return false;
    case "call":
      return callFails(node);
    case "cast":
      return node.strict && castFails(node);
  }
}

function callFails({ fn, dtype }: CallNode): boolean {
  switch (fn) {
    case "add":
    case "sub":
    case "mul":
    case "neg":
    case "abs":
      return !isFloat(dtype);
    case "floor":
    case "ceil":
    case "round":
      return dtype.kind === "decimal";
    // Of days and times for which there is no date in JavaScript.
    case "truncate":
    case "year":
    case "month":
    case "day":
    case "hour":
    case "minute":
    case "second":
    case "weekday":
      return true;
    case "div":
    case "mod":
    case "pow":
    case "sqrt":
    case "exp":
    case "log":
    case "eq":
    case "neq":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
    case "isIn":
    case "and":
    case "or":
    case "not":
    case "isNull":
    case "isNotNull":
    case "coalesce":
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
      return false;
  }
}

/** Casts that are known to hold every value; all others may not. */
function castFails({ input, dtype: to }: CastNode): boolean {
  const from = input.dtype;
  if (isText(from)) return !isText(to);
  if (isText(to) || to.kind === "bool") return !isPlainNumber(from);
  if (from.kind === "bool") return !isPlainNumber(to);
  if (isFloat(to)) return !(isPlainNumber(from) || from.kind === "decimal");
  if (isInteger(from) && isInteger(to)) return !holdsAll(to, from);
  if (from.kind === "date" && to.kind === "timestamp") return to.unit === "us" || to.unit === "ns";
  if (from.kind === "timestamp" && to.kind === "date")
    return from.unit === "s" || from.unit === "ms";
  if (from.kind === "timestamp" && to.kind === "timestamp") return perSecond(to) > perSecond(from);
  return !(from.kind === "timestamp" && to.kind === "int64");
}

function isPlainNumber(dtype: DType): boolean {
  return isInteger(dtype) || isFloat(dtype) || dtype.kind === "bool";
}

/** Whether one dtype of whole numbers holds all those of another. */
export function holdsAll(to: PlainType<IntegerKind>, from: PlainType<IntegerKind>): boolean {
  const [toUnsigned, fromUnsigned] = [to, from].map(({ kind }) => kind.startsWith("u"));
  const [toBits, fromBits] = [integerBits[to.kind], integerBits[from.kind]];
  if (toUnsigned === fromUnsigned) return toBits >= fromBits;
  return fromUnsigned === true && toBits > fromBits;
}

const steps = ["s", "ms", "us", "ns"] as const;

function perSecond({ unit }: { readonly unit: (typeof steps)[number] }): number {
  return steps.indexOf(unit);
}
