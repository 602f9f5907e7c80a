import type { Field } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import { columnsFor } from "../expr/columns.ts";
import { col } from "../expr/col.ts";
import { Expr, astOf } from "../expr/expr.ts";

/** A name and what its column is made of: an expression or a plain value. */
export type NamedCell = readonly [name: string, cell: unknown];

/** What a verb was given, called with the columns if it is a callback. */
export function givenFor(api: string, given: unknown, fields: readonly Field[]): unknown {
  if (typeof given !== "function") return given;
  return (given as (columns: unknown) => unknown)(columnsFor(api, fields));
}

/**
 * Columns to be: an object of cells by name, or a list of names and of expressions that have a
 * name, that of their column or of `alias`.
 */
export function namedCells(api: string, given: unknown): readonly NamedCell[] {
  if (given instanceof Expr || typeof given === "string") return [namedCell(api, given)];
  if (Array.isArray(given)) return (given as unknown[]).map((cell) => namedCell(api, cell));
  if (typeof given === "object" && given !== null) return Object.entries(given);
  const wanted = "an object of expressions by name, or a list of columns";
  throw invalidArgument(api, "no columns", given, wanted);
}

function namedCell(api: string, cell: unknown): NamedCell {
  if (typeof cell === "string") return [cell, col(cell)];
  if (!(cell instanceof Expr)) {
    throw invalidArgument(api, "no column", cell, "a name or an expression");
  }
  const ast = astOf(api, cell);
  if (ast.kind === "column" || ast.kind === "alias") return [ast.name, cell];
  const remedy = "Name it: .alias(…), or { name: … }.";
  throw invalidArgument(api, "an expression without a name", String(cell), "a name", remedy);
}
