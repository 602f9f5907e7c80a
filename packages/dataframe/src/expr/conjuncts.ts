import { bool } from "../dtype.ts";
import { isExpensive } from "./expense.ts";
import { mayFail } from "./may-fail.ts";
import { callNode, literalNode, type Typed } from "./typed.ts";

/** The truths that are all true where `predicate` is true, in order. */
export function conjunctsOf(predicate: Typed): readonly Typed[] {
  return partsBy(predicate, "and");
}

/** The truths of which one is true where `predicate` is true, in order. */
export function disjunctsOf(predicate: Typed): readonly Typed[] {
  return partsBy(predicate, "or");
}

function partsBy(predicate: Typed, fn: "and" | "or"): readonly Typed[] {
  const parts = new Set<Typed>();
  const open = [predicate];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === "call" && node.fn === fn) open.push(...[...node.args].reverse());
    else parts.add(node);
  }
  return [...parts];
}

/** A truth that is true where all of `conjuncts` are; true where there are none. */
export function allOf(conjuncts: readonly Typed[]): Typed {
  return joined(conjuncts, "and") ?? literalNode(true, bool);
}

/** A truth that is true where one of `disjuncts` is; false where there are none. */
export function anyOf(disjuncts: readonly Typed[]): Typed {
  return joined(disjuncts, "or") ?? literalNode(false, bool);
}

/** Longer chains are cut in two, since expressions are walked with the stack. */
const CHAIN_MAX = 64;

function joined(parts: readonly Typed[], fn: "and" | "or"): Typed | undefined {
  if (parts.length > CHAIN_MAX) {
    const middle = parts.length >>> 1;
    const halves = [parts.slice(0, middle), parts.slice(middle)].map((half) => joined(half, fn));
    return callNode(fn, halves as Typed[], bool);
  }
  const [first, ...rest] = parts;
  return first && rest.reduce((all, part) => callNode(fn, [all, part], bool), first);
}

/** The conjuncts of a predicate that can be asked earlier, and those that stay. */
export interface Split {
  readonly moved: readonly Typed[];
  readonly rest: readonly Typed[];
}

/**
 * Splits a predicate. What can fail moves only with all that stands before it, since these may have
 * been written to guard it: it is never asked of rows that they took out. So does what is
 * expensive, since they may leave few rows for it.
 */
export function splitConjuncts(predicate: Typed, mayMove: (conjunct: Typed) => boolean): Split {
  const moved: Typed[] = [];
  const rest: Typed[] = [];
  for (const conjunct of conjunctsOf(predicate)) {
    const isGuarded = rest.length > 0 && (mayFail(conjunct) || isExpensive(conjunct));
    const moves = mayMove(conjunct) && !isGuarded;
    (moves ? moved : rest).push(conjunct);
  }
  return { moved, rest };
}
