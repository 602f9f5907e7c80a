import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import { isWide } from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { nodesOf } from "../../../packages/dataframe/dist/expr/typed.js";
import type { PlanNode, SortKey } from "../../../packages/dataframe/dist/plan/node.js";
import { nodesOfPlan } from "../../../packages/dataframe/dist/plan/walk.js";
import { isSqlTable, sqlColumn, sqlRows } from "./duckdb.ts";
import type { Partitions } from "./evaluate-plan.ts";
import { agreesWithSql, aggregateSql, sqlOf } from "./sql.ts";

/** Whether SQL says the same of all that a plan asks. */
export function planAgreesWithSql(root: PlanNode): boolean {
  return [...nodesOfPlan(root)].every((node) => {
    if (!isSqlTable(node.fields) || hasWideMean(node)) return false;
    return [...nodesOf(expressionsOf(node))].every(agreesWithSql);
  });
}

/** DuckDB rounds whole numbers before it adds them up for a mean. */
function hasWideMean(node: PlanNode): boolean {
  if (node.kind !== "aggregate") return false;
  return node.outputs.some(({ aggregate: { fn, arg } }) => {
    return fn === "mean" && arg !== undefined && isWide(arg.dtype);
  });
}

function expressionsOf(node: PlanNode): readonly Typed[] {
  if (node.kind === "filter") return [node.predicate];
  if (node.kind === "project") return node.outputs.map(({ value }) => value);
  if (node.kind !== "aggregate") return [];
  return node.outputs.flatMap(({ aggregate: { arg } }) => (arg === undefined ? [] : [arg]));
}

/** A plan as a query of a column `row`, in whose order its rows stand, and of columns by place. */
export function planSql(root: PlanNode, held: ReadonlyMap<string, Partitions>): string {
  const { fields } = root;
  const input = (node: PlanNode): string => `(${planSql(node, held)})`;
  const names = fields.map((_, i) => `c${i}`);
  switch (root.kind) {
    case "blocks":
      return `SELECT * FROM ${sqlRows(fields, (held.get(root.layer) as Partitions).flat())}`;
    case "filter": {
      const column = sqlColumn(root.input.fields);
      return `SELECT * FROM ${input(root.input)} WHERE ${sqlOf(root.predicate, column)}`;
    }
    case "project": {
      const column = sqlColumn(root.input.fields);
      const cells = root.outputs.map(({ value }, i) => `${sqlOf(value, column)} AS c${i}`);
      return `SELECT ${["row", ...cells].join(", ")} FROM ${input(root.input)}`;
    }
    case "aggregate": {
      const column = sqlColumn(root.input.fields);
      const keys = root.keys.map(column);
      const cells = [
        ...keys,
        ...root.outputs.map(({ aggregate }) => aggregateSql(aggregate, column)),
      ];
      const all = ["coalesce(min(row), 0) AS row", ...cells.map((cell, i) => `${cell} AS c${i}`)];
      const by = keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`;
      return `SELECT ${all.join(", ")} FROM ${input(root.input)}${by}`;
    }
    case "distinct": {
      const columns = root.columns.map(sqlColumn(fields)).join(", ");
      const number = `row_number() OVER (PARTITION BY ${columns} ORDER BY row)`;
      return `SELECT * FROM ${input(root.input)} QUALIFY ${number} = 1`;
    }
    case "sort":
    case "topk": {
      const number = `row_number() OVER (ORDER BY ${orderSql(fields, root.by)}, row) AS row`;
      const sorted = `SELECT ${[number, ...names].join(", ")} FROM ${input(root.input)}`;
      return root.kind === "sort" ? sorted : `${sorted} ORDER BY row LIMIT ${root.count}`;
    }
    case "limit": {
      const order = root.from === "start" ? "ASC" : "DESC";
      return `SELECT * FROM ${input(root.input)} ORDER BY row ${order} LIMIT ${root.count}`;
    }
    case "concat": {
      const parts = root.inputs.map((part, i) => {
        const number = `row_number() OVER (ORDER BY row) + ${i}000000 AS row`;
        return `SELECT ${[number, ...names].join(", ")} FROM ${input(part)}`;
      });
      return parts.join(" UNION ALL ");
    }
    case "repartition":
    case "shuffle":
      return planSql(root.input, held);
    case "scan":
    case "explode":
    case "sample":
    case "map":
    case "annotate":
      throw new Error(`no SQL for ${root.kind}`);
  }
}

/** Texts are ordered by their bytes there as well; NaN is the greatest number. */
function orderSql(fields: readonly Field[], by: readonly SortKey[]): string {
  const column = sqlColumn(fields);
  return by
    .map(({ name, descending, nulls }) => {
      return `${column(name)} ${descending ? "DESC" : "ASC"} NULLS ${nulls.toUpperCase()}`;
    })
    .join(", ");
}
