import type { DType, Field } from "../dtype.ts";
import { bool } from "../dtype.ts";
import { dtypeText } from "../dtype-traits.ts";
import type { DataFrameError } from "../errors.ts";
import { fault, invalidArgument, toldAbove } from "../errors.ts";
import type { AggregateAst, Ast, Constant } from "./ast.ts";
import type { Side } from "./common-type.ts";
import { commonType } from "./common-type.ts";
import { astOf } from "./expr.ts";
import { aggregateRules, functionRules, isCastable } from "./functions.ts";
import { exactLiteral, literalType } from "./literal.ts";
import { exprText } from "./text.ts";
import type { Aggregate, Typed } from "./typed.ts";
import { callNode, caseNode, castNode, columnNode, literalNode } from "./typed.ts";
import { unknownColumn } from "./unknown-column.ts";

/** Far below what the stack of a thread holds, as all that walks expressions calls itself. */
const DEPTH_MAX = 500;

/** A checked part, or a constant that takes its dtype from what it meets. */
type Part = Typed | Constant;

/** What an aggregate stands for where rows of groups are: a column of its name. */
type AggregateColumn = (node: AggregateAst) => Typed;

/** An expression or a plain value, checked against the columns of a frame; `api` is the verb. */
export function resolve(api: string, value: unknown, fields: readonly Field[]): Typed {
  return toldAbove(resolve, () => resolveAst(api, astOf(api, value), fields));
}

function resolveAst(api: string, ast: Ast, fields: readonly Field[]): Typed {
  return new Resolver(api, fields, undefined).typed(ast);
}

/** As {@link resolve}, for the rows that groups become: `column` takes in each aggregate. */
export function resolveOverGroups(
  api: string,
  ast: Ast,
  keys: readonly Field[],
  column: AggregateColumn,
): Typed {
  return new Resolver(api, keys, column).typed(ast);
}

/** An aggregate whose argument is checked against the rows of a group. */
export function resolveAggregate(
  api: string,
  node: AggregateAst,
  fields: readonly Field[],
): Aggregate {
  const { fn, params } = node;
  const arg = node.arg === undefined ? undefined : resolveAst(api, node.arg, fields);
  const rule = aggregateRules[fn];
  const dtype = rule.type(arg?.dtype ?? bool);
  if (dtype !== undefined) return { fn, arg, params, dtype };
  const what = `${fn} does not take ${dtypeText(arg?.dtype ?? bool)}`;
  throw mismatch(api, what, node, rule.wanted, "Cast its argument first.");
}

class Resolver {
  readonly #api: string;
  readonly #dtypes: ReadonlyMap<string, DType>;
  readonly #column: AggregateColumn | undefined;
  /** Parts may be shared: each is worked out once. */
  readonly #known = new Map<Ast, Part>();
  #depth = 0;

  constructor(api: string, fields: readonly Field[], column: AggregateColumn | undefined) {
    this.#api = api;
    this.#dtypes = new Map(fields.map(({ name, dtype }) => [name, dtype]));
    this.#column = column;
  }

  typed(ast: Ast): Typed {
    const part = this.#part(ast);
    if (part.kind !== "value") return part;
    const dtype = literalType(part.value);
    if (dtype !== undefined) return asTyped(part, dtype);
    if (part.value === null) {
      const wanted = "null with a dtype";
      throw mismatch(this.#api, "null has no dtype", ast, wanted, "Give it one: lit(null, int32).");
    }
    const remedy = "Use a number for a float64.";
    throw mismatch(this.#api, "too large a constant", ast, "at most 64 bits", remedy);
  }

  #part(ast: Ast): Part {
    const known = this.#known.get(ast);
    if (known !== undefined) return known;
    if (++this.#depth > DEPTH_MAX) {
      const wanted = `at most ${DEPTH_MAX} operations inside of each other`;
      const remedy = "Use isIn(…) in place of many comparisons, or columns for parts of it.";
      throw invalidArgument(this.#api, "too deep an expression", this.#depth, wanted, remedy);
    }
    const part = this.#resolve(ast);
    this.#depth -= 1;
    this.#known.set(ast, part);
    return part;
  }

  #resolve(ast: Ast): Part {
    switch (ast.kind) {
      case "value":
        return ast;
      case "alias":
        return this.#part(ast.input);
      case "column":
        return this.#named(ast.name);
      case "cast":
        return this.#cast(ast);
      case "call":
        return this.#call(ast);
      case "case":
        return this.#case(ast);
      case "aggregate":
        if (this.#column !== undefined) return this.#column(ast);
        throw invalidArgument(
          this.#api,
          "an aggregate stands where each row has a value",
          exprText(ast),
          "an expression of one row",
          "Aggregate in agg(…), with or without groupBy(…), and go on with the result.",
        );
    }
  }

  #named(name: string): Typed {
    const dtype = this.#dtypes.get(name);
    if (dtype !== undefined) return columnNode(name, dtype);
    throw unknownColumn(this.#api, name, [...this.#dtypes.keys()]);
  }

  #cast(ast: Extract<Ast, { kind: "cast" }>): Typed {
    const { dtype, strict } = ast;
    const part = this.#part(ast.input);
    if (part.kind === "value") {
      if (part.value === null) return literalNode(null, dtype);
      const held = exactLiteral(part.value, dtype);
      if (held !== undefined) return literalNode(held, dtype);
    }
    const input = this.typed(ast.input);
    if (input.dtype === dtype || isCastable(input.dtype, dtype)) {
      return castNode(input, dtype, strict);
    }
    const what = `${dtypeText(input.dtype)} cannot be cast to ${dtypeText(dtype)}`;
    throw mismatch(this.#api, what, ast, "dtypes of one family, or a text");
  }

  #call(ast: Extract<Ast, { kind: "call" }>): Typed {
    const parts = ast.args.map((arg) => this.#part(arg));
    const rule = functionRules[ast.fn];
    const signature = rule.type(parts.map(sideOf), ast.params);
    if (signature === undefined) {
      const dtypes = parts.map(sideText).join(" and ");
      throw mismatch(
        this.#api,
        `${ast.fn} does not take ${dtypes}`,
        ast,
        rule.wanted,
        "Cast what does not fit: .cast(…).",
      );
    }
    const args = parts.map((part, i) => asTyped(part, signature.args[i] ?? signature.result));
    if (ast.fn !== "isIn") return callNode(ast.fn, args, signature.result, ast.params);
    const [input, ...among] = args as [Typed, ...Typed[]];
    const values = among.flatMap((node) => (node.kind === "literal" ? [node.value] : []));
    return callNode("isIn", [input], signature.result, values);
  }

  #case(ast: Extract<Ast, { kind: "case" }>): Typed {
    const values = [...ast.branches.map(([, value]) => value), ast.otherwise];
    const parts = values.map((value) => this.#part(value));
    const dtype = commonType(parts.map(sideOf));
    if (dtype === undefined) {
      const what = `branches are ${parts.map(sideText).join(" and ")}`;
      const wanted = "values that have a common dtype";
      throw mismatch(this.#api, what, ast, wanted, "Cast those that differ: .cast(…).");
    }
    const branches = ast.branches.map(([condition], i) => {
      const part = this.#part(condition);
      const isTruth = commonType([sideOf(part), bool])?.kind === "bool";
      if (isTruth) return [asTyped(part, bool), asTyped(parts[i] as Part, dtype)] as const;
      throw mismatch(this.#api, `a condition is ${sideText(part)}`, condition, "a truth value");
    });
    return caseNode(branches, asTyped(parts.at(-1) as Part, dtype));
  }
}

function sideOf(part: Part): Side {
  return part.kind === "value" ? part : part.dtype;
}

function sideText(part: Part): string {
  if (part.kind !== "value") return dtypeText(part.dtype);
  const dtype = literalType(part.value);
  return dtype === undefined ? exprText(part) : `${exprText(part)} (${dtypeText(dtype)})`;
}

/** A part as a dtype that its function takes; a constant is converted here where that is exact. */
function asTyped(part: Part, dtype: DType): Typed {
  if (part.kind !== "value") return castNode(part, dtype);
  if (part.value === null) return literalNode(null, dtype);
  // What a common dtype does not hold exactly is a large bigint beside a float: the nearest is it.
  return literalNode(exactLiteral(part.value, dtype) ?? Number(part.value), dtype);
}

function mismatch(
  api: string,
  what: string,
  ast: Ast,
  wanted: string,
  remedy = "",
): DataFrameError {
  return fault("dataframe/type-mismatch", api, what, exprText(ast), wanted, remedy);
}
