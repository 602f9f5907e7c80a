import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { coalesce, col, lit } from "../../../packages/dataframe/dist/expr/col.js";
import type { Expr } from "../../../packages/dataframe/dist/expr/expr.js";
import type { UnknownType } from "../../../packages/dataframe/dist/expr/result-type.js";
import type { TruncateUnit } from "../../../packages/dataframe/dist/expr/time-functions.js";
import type { CallNode, Scalar, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import type { Then, When } from "../../../packages/dataframe/dist/expr/when.js";
import { when } from "../../../packages/dataframe/dist/expr/when.js";

type Loose = Expr<UnknownType>;

/** What a user would write to get a checked expression; undefined where constants have no form. */
export function expressionOf(node: Typed): Loose | undefined {
  switch (node.kind) {
    case "column":
      return col(node.name);
    case "literal":
      return literalOf(node.value, node.dtype);
    case "cast": {
      const input = expressionOf(node.input);
      return input?.cast(node.dtype, { strict: node.strict }) as Loose | undefined;
    }
    case "case":
      return choiceOf(node);
    case "call": {
      const args = node.args.map(expressionOf);
      const all = args.filter((arg) => arg !== undefined);
      return all.length === args.length ? callOf(node, all) : undefined;
    }
  }
}

function literalOf(value: Scalar, dtype: DType): Loose | undefined {
  if (dtype.kind === "date" && value !== null) {
    return lit(new Date(Number(value) * 86_400_000), dtype) as Loose;
  }
  if (dtype.kind === "decimal" && value !== null) return undefined;
  if (dtype.kind !== "timestamp" || value === null) return lit(value, dtype) as Loose;
  if (dtype.unit !== "ms") return undefined;
  const time = new Date(Number(value));
  return Number.isNaN(time.getTime()) ? undefined : (lit(time, dtype) as Loose);
}

function choiceOf(node: Extract<Typed, { kind: "case" }>): Loose | undefined {
  const parts = [...node.branches.flat(), node.otherwise].map(expressionOf);
  if (parts.includes(undefined)) return undefined;
  const all = parts as Loose[];
  let open: When<[]> = when(all[0] as Loose);
  let choice: Then<[Loose]> = open.then(all[1] as Loose);
  for (let i = 2; i + 1 < all.length; i += 2) {
    open = choice.when(all[i] as Loose) as unknown as When<[]>;
    choice = open.then(all[i + 1] as Loose);
  }
  return choice.otherwise(all.at(-1) as Loose);
}

function callOf(node: CallNode, [a, ...rest]: readonly Loose[]): Loose | undefined {
  const { fn, params } = node;
  if (a === undefined) throw new Error(`${fn} of nothing`);
  const b = rest[0] as Loose;
  const [source, flags, replacement] = params as [string, string | null, string];
  const pattern = (): string | RegExp => (flags === null ? source : new RegExp(source, flags));
  switch (fn) {
    case "add":
    case "sub":
    case "mul":
    case "mod":
    case "div":
    case "pow":
    case "eq":
    case "neq":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
    case "and":
    case "or":
      return (a[fn] as (this: Loose, other: Loose) => Loose).call(a, b);
    case "neg":
    case "abs":
    case "floor":
    case "ceil":
    case "sqrt":
    case "exp":
    case "log":
    case "not":
    case "isNull":
    case "isNotNull":
      return a[fn]() as Loose;
    case "round":
      return a.round(Number(params[0]));
    case "coalesce":
      return coalesce(a, ...rest);
    case "isIn":
      // Values as columns store them have no other form that is exact for all dtypes.
      return undefined;
    case "contains":
    case "matches":
      return a.str[fn](pattern()) as Loose;
    case "split":
      return a.str.split(pattern()) as Loose;
    case "replace":
    case "replaceAll":
      return a.str[fn](pattern(), replacement) as Loose;
    case "startsWith":
    case "endsWith":
      return a.str[fn](source) as Loose;
    case "slice": {
      const [start, end] = params as [number, number | null];
      return a.str.slice(start, end ?? undefined) as Loose;
    }
    case "length":
    case "lower":
    case "upper":
    case "trim":
      return a.str[fn]() as Loose;
    case "year":
    case "month":
    case "day":
    case "hour":
    case "minute":
    case "second":
    case "weekday":
      return a.dt[fn]() as Loose;
    case "truncate":
      return a.dt.truncate(source as TruncateUnit);
  }
}
