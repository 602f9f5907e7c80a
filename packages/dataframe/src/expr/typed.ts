import { tokenize } from "@millrace/graph/tokens";
import type { DType } from "../dtype.ts";
import { dtypeKey, sameDType } from "../dtype-traits.ts";
import { remembered } from "./remembered.ts";

/** Functions of values of one row; `functions.ts` says what each takes and gives. */
export type FunctionName =
  // numbers
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "neg"
  | "abs"
  | "floor"
  | "ceil"
  | "round"
  | "pow"
  | "sqrt"
  | "exp"
  | "log"
  // comparisons
  | "eq"
  | "neq"
  | "lt"
  | "lte"
  | "gt"
  | "gte"
  | "isIn"
  // truth
  | "and"
  | "or"
  | "not"
  // nulls
  | "isNull"
  | "isNotNull"
  | "coalesce"
  // text
  | "contains"
  | "startsWith"
  | "endsWith"
  | "matches"
  | "length"
  | "lower"
  | "upper"
  | "trim"
  | "slice"
  | "replace"
  | "replaceAll"
  | "split"
  // dates and timestamps
  | "year"
  | "month"
  | "day"
  | "hour"
  | "minute"
  | "second"
  | "weekday"
  | "truncate";

/** Functions of all rows of a group. */
export type AggregateName =
  | "rows"
  | "count"
  | "sum"
  | "mean"
  | "min"
  | "max"
  | "nUnique"
  | "first"
  | "last"
  | "any"
  | "all"
  | "std"
  | "var"
  | "median"
  | "quantile"
  | "approxNUnique"
  | "approxQuantile";

/**
 * A constant as its column stores it: bigints for 64 bits (timestamps as a count of their unit,
 * decimals unscaled), days for dates, `null` for none.
 */
export type Scalar = string | number | bigint | boolean | null;

/** The value of a column in the same row. */
export interface ColumnNode {
  readonly kind: "column";
  readonly name: string;
  readonly dtype: DType;
  readonly token: string;
}

/** The same value in each row. */
export interface LiteralNode {
  readonly kind: "literal";
  readonly value: Scalar;
  readonly dtype: DType;
  readonly token: string;
}

/**
 * A function of other values of the row. `params` are constants of the function itself: digits of
 * `round`, values of `isIn`, a pattern and its flags …
 */
export interface CallNode {
  readonly kind: "call";
  readonly fn: FunctionName;
  readonly args: readonly Typed[];
  readonly params: readonly Scalar[];
  readonly dtype: DType;
  readonly token: string;
}

/** A value as another dtype; what cannot be that is an error, or null where it is not strict. */
export interface CastNode {
  readonly kind: "cast";
  readonly input: Typed;
  readonly strict: boolean;
  readonly dtype: DType;
  readonly token: string;
}

/** The value of the first branch whose condition is true; all branches are of `dtype`. */
export interface CaseNode {
  readonly kind: "case";
  readonly branches: readonly (readonly [condition: Typed, value: Typed])[];
  readonly otherwise: Typed;
  readonly dtype: DType;
  readonly token: string;
}

/**
 * An expression whose columns and dtypes have been checked: arguments are of the dtypes that their
 * function takes, every conversion is a cast that one can see. Nodes are values: equal ones are
 * one object in a process, and have one `token` in all processes.
 */
export type Typed = ColumnNode | LiteralNode | CallNode | CastNode | CaseNode;

/** What is worked out of a group: `rows` has no argument, quantiles have `q` as parameter. */
export interface Aggregate {
  readonly fn: AggregateName;
  readonly arg: Typed | undefined;
  readonly params: readonly number[];
  /** Of the result. */
  readonly dtype: DType;
}

/** The column of a name. */
export function columnNode(name: string, dtype: DType): Typed {
  return intern(JSON.stringify(["column", name, dtypeKey(dtype)]), (token) => ({
    kind: "column",
    name,
    dtype,
    token,
  }));
}

/** A constant, in the form that its column stores. */
export function literalNode(value: Scalar, dtype: DType): Typed {
  return intern(`literal ${tokenize(value)} ${dtypeKey(dtype)}`, (token) => ({
    kind: "literal",
    value,
    dtype,
    token,
  }));
}

/** A call of a function whose arguments have the dtypes that it takes. */
export function callNode(
  fn: FunctionName,
  args: readonly Typed[],
  dtype: DType,
  params: readonly Scalar[] = [],
): Typed {
  const tokens = args.map(({ token }) => token).join();
  // Of the few that have constants the content is looked at, since NaN and -0 are no JSON.
  const constants = params.length === 0 ? "" : tokenize(params);
  const key = `call ${fn} ${tokens} ${constants} ${dtypeKey(dtype)}`;
  return intern(key, (token) => ({ kind: "call", fn, args, params, dtype, token }));
}

/** A conversion; the value itself where it is of the dtype already. */
export function castNode(input: Typed, dtype: DType, strict = true): Typed {
  if (sameDType(input.dtype, dtype)) return input;
  return intern(`cast ${input.token} ${strict} ${dtypeKey(dtype)}`, (token) => ({
    kind: "cast",
    input,
    strict,
    dtype,
    token,
  }));
}

/** A choice between values of one dtype. */
export function caseNode(branches: CaseNode["branches"], otherwise: Typed): Typed {
  const { dtype } = otherwise;
  const tokens = branches.flatMap(([condition, value]) => [condition.token, value.token]);
  return intern(`case ${tokens.join()} ${otherwise.token}`, (token) => ({
    kind: "case",
    branches,
    otherwise,
    dtype,
    token,
  }));
}

const interned = new Map<string, WeakRef<Typed>>();
let sweepAt = 1_024;

/**
 * The one node of a content, told by a text; nodes that nobody has are forgotten when the table has
 * doubled. Most nodes that rules make are there already, and to look a text up is far cheaper than
 * to make a token of it.
 */
function intern(content: string, make: (token: string) => Typed): Typed {
  const known = interned.get(content)?.deref();
  if (known !== undefined) return known;
  if (interned.size >= sweepAt) {
    for (const [name, ref] of interned) if (ref.deref() === undefined) interned.delete(name);
    sweepAt = 2 * interned.size + 1_024;
  }
  const node = make(tokenize(content));
  interned.set(content, new WeakRef(node));
  return node;
}

/** The parts of a node, in order. */
export function partsOf(node: Typed): readonly Typed[] {
  switch (node.kind) {
    case "column":
    case "literal":
      return [];
    case "call":
      return node.args;
    case "cast":
      return [node.input];
    case "case":
      return [...node.branches.flat(), node.otherwise];
  }
}

/** The same node over other parts, in the order of {@link partsOf}. */
export function withParts(node: Typed, parts: readonly Typed[]): Typed {
  const before = partsOf(node);
  if (parts.every((part, i) => part === before[i])) return node;
  switch (node.kind) {
    case "column":
    case "literal":
      return node;
    case "call":
      return callNode(node.fn, parts, node.dtype, node.params);
    case "cast":
      return castNode(parts[0] as Typed, node.dtype, node.strict);
    case "case": {
      const branches = node.branches.map(
        (_, i) => [parts[2 * i] as Typed, parts[2 * i + 1] as Typed] as const,
      );
      return caseNode(branches, parts.at(-1) as Typed);
    }
  }
}

/**
 * A node rebuilt from its leaves up: `change` gets each node after its parts were changed. Each
 * node is met once, however many others share it.
 */
export function rewriteTyped(root: Typed, change: (node: Typed) => Typed): Typed {
  const done = new Map<Typed, Typed>();
  const visit = (node: Typed): Typed => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const result = change(withParts(node, partsOf(node).map(visit)));
    done.set(node, result);
    return result;
  };
  return visit(root);
}

/** Every node below and at some roots, once, parts before those that are made of them. */
export function nodesOf(roots: readonly Typed[]): Set<Typed> {
  const seen = new Set<Typed>();
  const visit = (node: Typed): void => {
    if (seen.has(node)) return;
    partsOf(node).forEach(visit);
    seen.add(node);
  };
  roots.forEach(visit);
  return seen;
}

/** Names of the columns that expressions read, in the order in which they are met. */
export function columnsOf(roots: readonly Typed[]): Set<string> {
  const names = new Set<string>();
  for (const root of roots) for (const { name } of columnNodes(root)) names.add(name);
  return names;
}

/** The columns that an expression reads, in the order in which they are met. */
export const columnNodes: (root: Typed) => ReadonlySet<ColumnNode> = remembered((node) => {
  if (node.kind === "column") return new Set([node]);
  const [first = noColumns, ...others] = partsOf(node).map(columnNodes);
  // Most parts read what those before them read: one set for all of these.
  return others.reduce((all, more) => {
    return [...more].every((one) => all.has(one)) ? all : new Set([...all, ...more]);
  }, first);
});

const noColumns: ReadonlySet<ColumnNode> = new Set();

/** An expression over columns written over what these columns are made of. */
export function substitute(root: Typed, by: ReadonlyMap<string, Typed>): Typed {
  if (root.kind === "column") return by.get(root.name) ?? root;
  return rewriteTyped(root, (node) =>
    node.kind === "column" ? (by.get(node.name) ?? node) : node,
  );
}
