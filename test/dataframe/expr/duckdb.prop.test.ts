import fc from "fast-check";
import { expect, it } from "vitest";

import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import { isFloat } from "../../../packages/dataframe/dist/dtype-traits.js";
import { exprText } from "../../../packages/dataframe/dist/expr/text.js";
import type { Aggregate, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { nodesOf } from "../../../packages/dataframe/dist/expr/typed.js";
import { fieldLists, orderableTypes, rowLists } from "../../lib/dataframe/arbitraries.ts";
import { openDuckDb, runSql, sqlColumn, sqlRows } from "../../lib/dataframe/duckdb.ts";
import { interpretAggregate } from "../../lib/dataframe/interpret-aggregate.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import type { Row } from "../../lib/dataframe/interpret.ts";
import { interpret } from "../../lib/dataframe/interpret.ts";
import { agreesWithSql, aggregateSql, sqlOf, sqlType } from "../../lib/dataframe/sql.ts";
import {
  aggregateNames,
  aggregates,
  typedExpressions,
} from "../../lib/dataframe/typed-arbitraries.ts";

const types = orderableTypes.filter((dtype) => sqlType(dtype) !== undefined);
const database = await openDuckDb();

it("the interpreter gives what DuckDB gives, where both mean the same", async () => {
  const drawn = fieldLists(types).chain((fields) => {
    const expression = typedExpressions(fields, types, { accepts: agreesWithSql });
    const expressions = fc.array(expression, { minLength: 6, maxLength: 6 });
    return fc.tuple(fc.constant(fields), rowLists(fields, 6), expressions);
  });
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(drawn, async ([fields, rows, expressions]) => {
      const usable = expressions.filter((expression) => !mayFail(expression, rows));
      if (usable.length === 0) return;
      const sql = usable.map((expression) => sqlOf(expression, sqlColumn(fields)));
      const query = `SELECT ${sql.join(", ")} FROM ${sqlRows(fields, rows)} ORDER BY row`;
      const dtypes = usable.map(({ dtype }) => dtype);
      const given = await runSql(database, query, dtypes);
      usable.forEach((expression, i) => {
        compared += rows.length;
        const expected = valuesOf(expression, rows).map(plainZero);
        expect(
          given.map((row) => plainZero(row[i] ?? null)),
          exprText(expression),
        ).toEqual(expected);
      });
    }),
    { numRuns: 80 },
  );
  expect(compared).toBeGreaterThan(300);
});

it("aggregates are what DuckDB gives", async () => {
  const drawn = fieldLists(types).chain((fields) => {
    const aggregate = aggregates(fields, aggregateNames, { accepts: agreesWithSql }).filter(
      ({ arg }) => arg === undefined || [...nodesOf([arg])].every(agreesWithSql),
    );
    const all = fc.array(aggregate, { minLength: 6, maxLength: 6 });
    return fc.tuple(fc.constant(fields), rowLists(fields), all);
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ([fields, rows, all]) => {
      for (const aggregate of all) await compareAggregate(fields, rows, aggregate);
    }),
    { numRuns: 30 },
  );
});

async function compareAggregate(
  fields: readonly Field[],
  rows: readonly Row[],
  aggregate: Aggregate,
): Promise<void> {
  if (aggregate.arg !== undefined && mayFail(aggregate.arg, rows)) return;
  if (fails(() => interpretAggregate(aggregate, rows))) return;
  const expected = interpretAggregate(aggregate, rows);
  const isSpread = aggregate.fn === "std" || aggregate.fn === "var";
  // These fail in DuckDB where they are not finite.
  if (isSpread && expected !== null && !Number.isFinite(expected)) return;
  const sql = aggregateSql(aggregate, sqlColumn(fields));
  const query = `SELECT ${sql} FROM ${sqlRows(fields, rows)}`;
  const [[given = null] = []] = await runSql(database, query, [aggregate.dtype]);
  if (typeof expected === "number" && isFloat(aggregate.dtype) && Number.isFinite(expected)) {
    expect(Math.abs((given as number) - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)));
  } else {
    expect(given, sql).toEqual(plainZero(expected));
  }
}

function valuesOf(expression: Typed, rows: readonly Row[]): Value[] {
  return rows.map((row) => interpret(expression, (name) => row.get(name) ?? null));
}

/** Whether any part fails for any row: DuckDB may work out what a row does not need. */
function mayFail(expression: Typed, rows: readonly Row[]): boolean {
  const all = [...rows, new Map<string, Value>()];
  return [...nodesOf([expression])].some((node) => fails(() => valuesOf(node, all)));
}

function plainZero(value: Value): Value {
  return value === 0 ? 0 : value;
}

function fails(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if ((error as { name: string }).name !== "DataFrameError") throw error;
    return true;
  }
}
