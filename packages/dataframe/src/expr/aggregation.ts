import type { Field } from "../dtype.ts";
import { invalidArgument, toldAbove } from "../errors.ts";
import type { AggregateOutput } from "../plan/node.ts";
import type { Output } from "../stage/stage.ts";
import type { AggregateAst, Ast } from "./ast.ts";
import { astOf } from "./expr.ts";
import { resolveAggregate, resolveOverGroups } from "./resolve.ts";
import { exprText } from "./text.ts";
import type { Typed } from "./typed.ts";
import { columnNode } from "./typed.ts";
import { unknownColumn } from "./unknown-column.ts";

/** What an aggregation works out for each group, and what is made of that afterwards. */
export interface Aggregation {
  /** Each aggregate once, however many outputs need it. */
  readonly aggregates: readonly AggregateOutput[];
  /** One a name that was asked for, over the keys and the names of `aggregates`. */
  readonly outputs: readonly Output[];
}

/** Named expressions of aggregates, checked against the rows and the keys of the groups. */
export function resolveAggregation(
  api: string,
  named: readonly (readonly [name: string, value: unknown])[],
  fields: readonly Field[],
  keys: readonly string[],
): Aggregation {
  return toldAbove(resolveAggregation, () => aggregationOf(api, named, fields, keys));
}

function aggregationOf(
  api: string,
  named: readonly (readonly [name: string, value: unknown])[],
  fields: readonly Field[],
  keys: readonly string[],
): Aggregation {
  const taken = new Set([...keys, ...named.map(([name]) => name)]);
  const found = new Map<string, AggregateOutput>();
  const nameOf = (name: string): string => (taken.has(name) ? nameOf(`${name}'`) : name);
  const column = (node: AggregateAst, wanted?: string): Typed => {
    const aggregate = resolveAggregate(api, node, fields);
    const { fn, arg, params, dtype } = aggregate;
    const content = JSON.stringify([fn, arg?.token, params]);
    let output = found.get(content);
    if (output === undefined) {
      output = { name: wanted ?? nameOf(exprText(node)), aggregate };
      taken.add(output.name);
      found.set(content, output);
    }
    return columnNode(output.name, dtype);
  };
  const keyFields = fields.filter(({ name }) => keys.includes(name));
  const outputs = named.map(([name, value]): Output => {
    const bare = withoutAlias(astOf(api, value));
    if (bare.kind === "aggregate") return { name, value: column(bare, name) };
    const outside = rowColumn(bare, keys);
    if (outside === undefined) {
      return { name, value: resolveOverGroups(api, bare, keyFields, (node) => column(node)) };
    }
    const names = fields.map((field) => field.name);
    if (!names.includes(outside)) throw unknownColumn(api, outside, names);
    throw invalidArgument(
      api,
      `column ${JSON.stringify(outside)} stands outside of an aggregate`,
      exprText(bare),
      "one value a group",
      "Say which: .first(), .max(), .mean() …",
    );
  });
  return { aggregates: [...found.values()], outputs };
}

function withoutAlias(ast: Ast): Ast {
  return ast.kind === "alias" ? withoutAlias(ast.input) : ast;
}

/** A column that has a value a row, where a group has one, unless it is a key. */
function rowColumn(root: Ast, keys: readonly string[]): string | undefined {
  const seen = new Set<Ast>();
  const visit = (ast: Ast): string | undefined => {
    if (seen.has(ast)) return undefined;
    seen.add(ast);
    if (ast.kind === "column") return keys.includes(ast.name) ? undefined : ast.name;
    for (const part of partsOf(ast)) {
      const found = visit(part);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(root);
}

/** Parts in which columns are those of groups: an aggregate has none. */
function partsOf(ast: Ast): readonly Ast[] {
  switch (ast.kind) {
    case "column":
    case "value":
    case "aggregate":
      return [];
    case "alias":
    case "cast":
      return [ast.input];
    case "call":
      return ast.args;
    case "case":
      return [...ast.branches.flat(), ast.otherwise];
  }
}
