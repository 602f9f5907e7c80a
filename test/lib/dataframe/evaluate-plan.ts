import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import { conjunctsOf } from "../../../packages/dataframe/dist/expr/conjuncts.js";
import { isExpensive } from "../../../packages/dataframe/dist/expr/expense.js";
import type { Scalar, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { columnsOf, nodesOf, partsOf } from "../../../packages/dataframe/dist/expr/typed.js";
import type {
  AggregateNode,
  Piece,
  PlanNode,
  RepartitionNode,
  ScanNode,
  ShuffleNode,
  SortKey,
} from "../../../packages/dataframe/dist/plan/node.js";
import { balancedRows } from "../../../packages/dataframe/dist/plan/recut-layout.js";
import { nodesOfPlan } from "../../../packages/dataframe/dist/plan/walk.js";
import { interpretAggregate } from "./interpret-aggregate.ts";
import type { Value } from "./interpret-values.ts";
import { compareValues } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";
import { interpret } from "./interpret.ts";

/** Partitions of rows. */
export type Partitions = readonly (readonly Row[])[];

/** What a plan gives, node by node, and what that took. */
export interface Evaluation {
  readonly partitions: Partitions;
  readonly of: ReadonlyMap<PlanNode, Partitions>;
  /**
   * Cells read from sources or moved, and expensive functions called, each node once: the rough
   * truth, by which no rule may make a plan dearer.
   */
  readonly cost: number;
}

/**
 * Rows of a plan in the plainest way. Parts of sources are their rows; a blocks node has its rows
 * under the name of its layer in `held`. Functions of the user get the rows of a partition.
 */
export function evaluatePlan(root: PlanNode, held: ReadonlyMap<string, Partitions>): Evaluation {
  const { of, cost } = evaluatePlans([root], held);
  return { partitions: of.get(root) as Partitions, of, cost };
}

/** The same of plans that run together. */
export function evaluatePlans(
  roots: readonly PlanNode[],
  held: ReadonlyMap<string, Partitions>,
): Pick<Evaluation, "of" | "cost"> {
  const of = new Map<PlanNode, Partitions>();
  let cost = 0;
  const pay = (cells: number): void => {
    cost += cells;
  };
  for (const node of nodesOfPlan(...roots)) {
    of.set(
      node,
      evaluateNode(node, (input) => of.get(input) as Partitions, pay, held),
    );
  }
  return { of, cost };
}

type Pay = (cells: number) => void;

function evaluateNode(
  node: PlanNode,
  rowsOf: (input: PlanNode) => Partitions,
  pay: Pay,
  held: ReadonlyMap<string, Partitions>,
): Partitions {
  if (node.kind === "scan") return readScan(node, pay);
  if (node.kind === "blocks") return held.get(node.layer) as Partitions;
  if (node.kind === "concat") return node.inputs.flatMap(rowsOf);
  const input = rowsOf(node.input);
  const all = input.flat();
  const cells = all.length * node.input.fields.length;
  switch (node.kind) {
    case "annotate":
      return input;
    case "filter":
      return input.map((rows) => chosen(rows, node.predicate, pay));
    case "project":
      pay(all.length * expensiveCalls(node.outputs.map(({ value }) => value)).length);
      return input.map((rows) =>
        rows.map((row) => new Map(node.outputs.map((o) => [o.name, valueOf(o.value, row)]))),
      );
    case "aggregate":
      return grouped(node, all, pay);
    case "distinct": {
      pay(cells);
      const seen = new Set<string>();
      return [all.filter((row) => isNew(seen, keyOf(row, node.columns)))];
    }
    case "sort": {
      pay(cells * (node.scope === "all" ? 4 : 2));
      if (node.scope === "each") return input.map((rows) => sorted(rows, node.by, node.fields));
      return cut(sorted(all, node.by, node.fields), balancedRows([all.length], input.length));
    }
    case "topk":
      pay(all.length * node.by.length);
      return [sorted(all, node.by, node.fields).slice(0, node.count)];
    case "limit":
      pay(input.reduce((sum, rows) => sum + Math.min(rows.length, node.count), 0));
      if (node.from === "start") return [all.slice(0, node.count)];
      return [all.slice(Math.max(0, all.length - node.count))];
    case "explode":
      pay(cells);
      return input.map((rows) => rows.flatMap((row) => exploded(row, node.column)));
    case "sample":
      return input.map((rows, partition) =>
        rows.filter((_, i) => hashOf(`${node.seed} ${partition} ${i}`) / 2 ** 32 < node.fraction),
      );
    case "map":
      pay(cells);
      return input.map((rows) => (node.fn as (rows: readonly Row[]) => readonly Row[])(rows));
    case "repartition":
      pay(cells);
      return recut(node, input);
    case "shuffle":
      pay(3 * cells);
      return dealt(node, all);
  }
}

function readScan(node: ScanNode, pay: Pay): Partitions {
  const { columns, predicate, limit = Infinity } = node;
  const { format, fields, parts } = node.source;
  const isText = format === "csv" || format === "json-lines";
  const asked = columnsOf(predicate === undefined ? [] : [predicate]);
  const others = columns.filter((name) => !asked.has(name)).length;
  return (parts as Partitions).map((rows) => {
    const result: Row[] = [];
    for (const row of rows) {
      if (result.length >= limit) break;
      const isTaken = predicate === undefined || chosen([row], predicate, pay).length > 0;
      // A text is gone through whatever is wanted, which is as dear as a fifth of its columns. Of
      // other files it is as if statistics ruled out all rows that a predicate takes out.
      if (isText) pay(fields.length / 5 + asked.size);
      if (!isTaken) continue;
      pay(others + (isText ? 0 : asked.size));
      result.push(new Map(columns.map((name) => [name, row.get(name) ?? null])));
    }
    return result;
  });
}

function valueOf(expression: Typed, row: Row): Value {
  return interpret(expression, (name) => row.get(name) ?? null);
}

/** Costs as if each conjunct were asked of the rows that those before it left. */
function chosen(rows: readonly Row[], predicate: Typed, pay: Pay): readonly Row[] {
  const paid = new Set<Typed>();
  let left = rows;
  for (const conjunct of conjunctsOf(predicate)) {
    const calls = expensiveCalls([conjunct]).filter((call) => !paid.has(call));
    for (const call of calls) paid.add(call);
    pay(left.length * calls.length);
    left = left.filter((row) => valueOf(conjunct, row) === true);
  }
  return rows.filter((row) => valueOf(predicate, row) === true);
}

/** Calls that cost much themselves, equal ones once. */
function expensiveCalls(roots: readonly Typed[]): readonly Typed[] {
  return [...nodesOf(roots)].filter(
    (node) => isExpensive(node) && !partsOf(node).some(isExpensive),
  );
}

function grouped(node: AggregateNode, rows: readonly Row[], pay: Pay): Partitions {
  const args = node.outputs.flatMap(({ aggregate: { arg } }) => (arg === undefined ? [] : [arg]));
  pay(rows.length * (node.keys.length + args.length + expensiveCalls(args).length));
  const groups = new Map<string, Row[]>(node.keys.length === 0 ? [["[]", []]] : []);
  for (const row of rows) {
    const key = keyOf(row, node.keys);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const results = Array.from({ length: node.splitOut }, (): Row[] => []);
  for (const [key, group] of groups) {
    const result = new Map(node.keys.map((name) => [name, group[0]?.get(name) ?? null]));
    for (const { name, aggregate } of node.outputs) {
      result.set(name, interpretAggregate(aggregate, group));
    }
    results[hashOf(key) % node.splitOut]?.push(result);
  }
  return results;
}

function sorted(
  rows: readonly Row[],
  by: readonly SortKey[],
  fields: readonly Field[],
): readonly Row[] {
  const dtypes = new Map(fields.map(({ name, dtype }) => [name, dtype]));
  return rows.toSorted((a, b) => compareRows(a, b, by, dtypes));
}

/** The order of two rows. */
export function compareRows(
  a: Row,
  b: Row,
  by: readonly SortKey[],
  dtypes: ReadonlyMap<string, DType>,
): number {
  for (const { name, descending, nulls } of by) {
    const [x, y] = [a.get(name) ?? null, b.get(name) ?? null];
    if (x === null && y === null) continue;
    if (x === null || y === null) return (x === null) === (nulls === "first") ? -1 : 1;
    const order = compareValues(dtypes.get(name) as DType, x, y);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

function exploded(row: Row, column: string): readonly Row[] {
  const items = (row.get(column) ?? []) as readonly Value[];
  const values = items.length === 0 ? [null] : items;
  return values.map((value) => new Map([...row, [column, value]]));
}

function recut({ input, target, fields }: RepartitionNode, partitions: Partitions): Partitions {
  switch (target.by) {
    case "npartitions": {
      const { npartitions } = target;
      if (input.layout.rows !== undefined) {
        return cut(partitions.flat(), balancedRows(input.layout.rows, npartitions));
      }
      return cutByRule(partitions, npartitions);
    }
    case "divisions":
      return byRange(partitions.flat(), input.layout.index as string, target.divisions, fields);
    case "rows":
      return cut(partitions.flat(), target.rows);
    case "pieces":
      return target.pieces.map((of) =>
        of.flatMap(([i, start, end]: Piece) => (partitions[i] ?? []).slice(start, end)),
      );
  }
}

/** The written rule where rows are not known: joins whole partitions, or splits each of them. */
function cutByRule(partitions: Partitions, npartitions: number): Partitions {
  const before = partitions.length;
  if (npartitions <= before) {
    const start = (i: number): number => Math.floor((i * before) / npartitions);
    return Array.from({ length: npartitions }, (_, i) =>
      partitions.slice(start(i), start(i + 1)).flat(),
    );
  }
  const end = (i: number): number => Math.floor((i * npartitions) / before);
  return partitions.flatMap((rows, i) =>
    cut(rows, balancedRows([rows.length], end(i + 1) - end(i))),
  );
}

function cut(rows: readonly Row[], counts: readonly number[]): Partitions {
  let start = 0;
  return counts.map((count) => rows.slice(start, (start += count)));
}

function dealt({ by, fields }: ShuffleNode, rows: readonly Row[]): Partitions {
  if (by.kind === "range") return byRange(rows, by.column, by.divisions, fields);
  const results = Array.from({ length: by.npartitions }, (): Row[] => []);
  for (const row of rows) results[hashOf(keyOf(row, by.on)) % by.npartitions]?.push(row);
  return results;
}

/** Rows without a value come last; those beyond the bounds into the first or the last one. */
function byRange(
  rows: readonly Row[],
  column: string,
  divisions: readonly Scalar[],
  fields: readonly Field[],
): Partitions {
  const dtype = fields.find(({ name }) => name === column)?.dtype as DType;
  const results = Array.from({ length: divisions.length - 1 }, (): Row[] => []);
  for (const row of rows) {
    const value = row.get(column) ?? null;
    const inner = divisions.slice(1, -1);
    const at = inner.findIndex((bound) => value !== null && compareValues(dtype, value, bound) < 0);
    results.at(at)?.push(row);
  }
  return results;
}

/** A text that rows of one group share. */
export function keyOf(row: Row, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => plain(row.get(name) ?? null)));
}

/** A value as JSON has it; what is equal looks the same, so -0 is 0. */
function plain(value: Value): unknown {
  if (typeof value === "bigint") return { bigint: String(value) };
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : { number: `${value}` };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return { fields: Object.entries(value).map(([name, part]) => [name, plain(part as Value)]) };
}

/** FNV-1a with a last mix: the same number for the same text. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
