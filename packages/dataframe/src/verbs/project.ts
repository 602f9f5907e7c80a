import type { Field } from "../dtype.ts";
import { checkDType } from "../dtype.ts";
import { dtypeText, isText, sameDType } from "../dtype-traits.ts";
import { fault, invalidArgument } from "../errors.ts";
import { coalesce, col } from "../expr/col.ts";
import type { CastOptions } from "../expr/expr.ts";
import { Expr } from "../expr/expr.ts";
import { allOf } from "../expr/conjuncts.ts";
import { exactLiteral, isNative } from "../expr/literal.ts";
import { resolve } from "../expr/resolve.ts";
import { castNode, columnNode } from "../expr/typed.ts";
import { checkNames } from "../plan/check.ts";
import type { PlanNode } from "../plan/node.ts";
import { choose, project } from "../plan/project.ts";
import { filter } from "../plan/rows.ts";
import type { Output } from "../stage/stage.ts";
import type { NamedCell } from "./cells.ts";
import { givenFor, namedCells } from "./cells.ts";
import { checkOptions } from "./check.ts";

/** The rows for which a predicate is true. */
export function filterBy(input: PlanNode, given: unknown): PlanNode {
  const api = "filter";
  const cell = givenFor(api, given, input.fields);
  const predicate = resolve(api, cell, input.fields);
  if (predicate.dtype.kind === "bool") return filter(input, predicate, api);
  const got = `${String(cell)}: ${dtypeText(predicate.dtype)}`;
  const remedy = "Compare it with something, or ask isNotNull().";
  throw fault("dataframe/type-mismatch", api, "no truth value", got, "a bool", remedy);
}

/** Some columns by name, or columns made of those that there are. */
export function select(input: PlanNode, given: readonly unknown[]): PlanNode {
  const api = "select";
  const [first] = given;
  if (given.length === 1 && typeof first === "function") {
    return project(
      input,
      outputsOf(api, input, namedCells(api, givenFor(api, first, input.fields))),
      api,
    );
  }
  const cells = given.length === 1 ? namedCells(api, first) : namedCells(api, given);
  return project(input, outputsOf(api, input, cells), api);
}

/** All columns, and more: one of a name that is there replaces it where it stands. */
export function withColumns(input: PlanNode, given: unknown): PlanNode {
  const api = "withColumns";
  const made = outputsOf(api, input, namedCells(api, givenFor(api, given, input.fields)));
  return project(input, replaced(input.fields, made), api);
}

function outputsOf(api: string, input: PlanNode, cells: readonly NamedCell[]): Output[] {
  return cells.map(([name, cell]) => ({ name, value: resolve(api, cell, input.fields) }));
}

function replaced(fields: readonly Field[], made: readonly Output[]): Output[] {
  const byName = new Map(made.map((output) => [output.name, output]));
  const kept = fields.map(({ name, dtype }) => {
    return byName.get(name) ?? { name, value: columnNode(name, dtype) };
  });
  const names = new Set(fields.map(({ name }) => name));
  return [...kept, ...made.filter(({ name }) => !names.has(name))];
}

/** All columns but some. */
export function drop(input: PlanNode, names: readonly string[]): PlanNode {
  checkNames("drop", input.fields, names);
  const kept = input.fields.filter(({ name }) => !names.includes(name));
  return choose(
    input,
    kept.map(({ name }) => name),
    "drop",
  );
}

/** Columns under other names, where they stand. */
export function rename(input: PlanNode, names: { readonly [column: string]: unknown }): PlanNode {
  const api = "rename";
  checkObject(api, names, "an object of new names by old ones");
  checkNames(api, input.fields, Object.keys(names));
  const outputs = input.fields.map(({ name, dtype }) => {
    const to: unknown = Object.hasOwn(names, name) ? names[name] : name;
    if (typeof to !== "string") throw invalidArgument(api, "bad name", to, "a string");
    return { name: to, value: columnNode(name, dtype) };
  });
  return project(input, outputs, api);
}

/** Columns as other dtypes, where they stand. */
export function castColumns(
  input: PlanNode,
  dtypes: { readonly [column: string]: unknown },
  options: CastOptions,
): PlanNode {
  const api = "cast";
  checkOptions(api, options, ["strict"]);
  const { strict = true } = options;
  if (typeof strict !== "boolean")
    throw invalidArgument(api, "bad strict", strict, "true or false");
  checkObject(api, dtypes, "an object of dtypes by column");
  checkNames(api, input.fields, Object.keys(dtypes));
  const cells = Object.entries(dtypes).map(([name, dtype]): NamedCell => {
    return [name, col(name).cast(checkDType(api, dtype), { strict })];
  });
  return project(input, replaced(input.fields, outputsOf(api, input, cells)), api);
}

/** The rows that have a value in all columns, or in some. */
export function dropNulls(input: PlanNode, columns: readonly string[]): PlanNode {
  const api = "dropNulls";
  const names = columns.length === 0 ? input.fields.map(({ name }) => name) : columns;
  checkNames(api, input.fields, names);
  if (names.length === 0) return input;
  const tests = names.map((name) => resolve(api, col(name).isNotNull(), input.fields));
  return filter(input, allOf(tests), api);
}

/** A value in the place of null: for each column that takes it, or by column; dtypes stay. */
export function fillNull(input: PlanNode, given: unknown): PlanNode {
  const api = "fillNull";
  const isByColumn = isPlainObject(given);
  const cells = isByColumn ? Object.entries(given) : fitting(input, given);
  const names = cells.map(([name]) => name);
  const fields = checkNames(api, input.fields, names);
  const filled = cells.map(([name, value], i): Output => {
    const { dtype } = fields[i] as Field;
    const cell = coalesce(col(name), value as string);
    const made = resolve(api, cell, input.fields);
    if (sameDType(made.dtype, dtype)) return { name, value: made };
    if (isText(made.dtype)) return { name, value: castNode(made, dtype) };
    const what = `a value that makes ${JSON.stringify(name)} a ${dtypeText(made.dtype)}`;
    const remedy = "Cast the column before.";
    throw fault("dataframe/type-mismatch", api, what, String(cell), dtypeText(dtype), remedy);
  });
  return project(input, replaced(input.fields, filled), api);
}

function isPlainObject(given: unknown): given is object {
  const isObject = typeof given === "object" && given !== null;
  return isObject && !isNative(given) && !Array.isArray(given) && !(given instanceof Expr);
}

/** Columns whose dtype can hold a value. */
function fitting(input: PlanNode, given: unknown): [string, unknown][] {
  const api = "fillNull";
  if (given === null || !isNative(given)) {
    throw invalidArgument(api, "bad value", given, "a value, or an object of values by column");
  }
  const fields = input.fields.filter(({ dtype }) => exactLiteral(given, dtype) !== undefined);
  if (fields.length > 0) return fields.map(({ name }) => [name, given]);
  const dtypes = input.fields.map(({ name, dtype }) => `${name}: ${dtypeText(dtype)}`).join(", ");
  throw invalidArgument(api, "a value that no column can hold", given, `one for ${dtypes}`);
}

function checkObject(api: string, given: unknown, wanted: string): void {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return;
  throw invalidArgument(api, "bad columns", given, wanted);
}
