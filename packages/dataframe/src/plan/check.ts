import * as graph from "@millrace/graph";
import { type Field } from "../dtype.ts";
import { dtypeText, sameDType } from "../dtype-traits.ts";
import { fault, invalidArgument } from "../errors.ts";
import { columnNodes, type ColumnNode, type Typed } from "../expr/typed.ts";
import { unknownColumn } from "../expr/unknown-column.ts";
import { npartitionsMax } from "./pieces.ts";

/** The column of a name. */
export function fieldOf(api: string, fields: readonly Field[], name: string): Field {
  const field = fields.find((one) => one.name === name);
  if (field !== undefined) return field;
  throw unknownColumn(
    api,
    name,
    fields.map((one) => one.name),
  );
}

/** Checks names of columns that a node works by: they exist, and none comes twice. */
export function checkNames(
  api: string,
  fields: readonly Field[],
  names: readonly string[],
): readonly Field[] {
  checkDistinct(api, names);
  const byName = new Map(fields.map((field) => [field.name, field]));
  return names.map((name) => byName.get(name) ?? fieldOf(api, fields, name));
}

/** Checks names of columns that come out: none comes twice. */
export function checkDistinct(api: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw invalidArgument(api, "a column twice", name, "names that differ");
    seen.add(name);
  }
}

/** Checks that an expression reads columns that exist, as what they are. */
export function checkExpressions(
  api: string,
  fields: readonly Field[],
  roots: readonly Typed[],
): void {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const checked = new Set<ColumnNode>();
  for (const node of roots.flatMap((root) => [...columnNodes(root)])) {
    if (checked.has(node)) continue;
    checked.add(node);
    const field = byName.get(node.name) ?? fieldOf(api, fields, node.name);
    if (sameDType(field.dtype, node.dtype)) continue;
    const what = `column ${JSON.stringify(node.name)} read as another dtype`;
    const wanted = dtypeText(field.dtype);
    throw fault("dataframe/type-mismatch", api, what, dtypeText(node.dtype), wanted);
  }
}

/** Checks that what chooses rows is a truth over columns that exist. */
export function checkPredicate(api: string, fields: readonly Field[], predicate: Typed): void {
  checkExpressions(api, fields, [predicate]);
  if (predicate.dtype.kind === "bool") return;
  const got = dtypeText(predicate.dtype);
  throw fault("dataframe/type-mismatch", api, "the predicate is no truth", got, "bool");
}

/** Checks that rows can be put in an order by columns, or in groups. */
export function checkOrderable(api: string, field: Field): void {
  const { kind } = field.dtype;
  if (kind !== "list" && kind !== "struct") return;
  const what = `column ${JSON.stringify(field.name)} has values without order`;
  const wanted = "numbers, texts, truths, dates or timestamps";
  throw fault("dataframe/unsupported-type", api, what, dtypeText(field.dtype), wanted);
}

/** Checks a number of partitions. */
export function checkPartitionCount(api: string, what: string, count: number): void {
  checkCount(api, what, count, 1);
  if (count > npartitionsMax) {
    throw invalidArgument(api, `bad ${what}`, count, `at most ${npartitionsMax}`);
  }
}

/** Checks a count: a whole number, `least` or more. */
export function checkCount(api: string, what: string, count: unknown, least: number): void {
  graph.checkCount(api, what, count, least, invalidArgument);
}
