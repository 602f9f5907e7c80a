import fc from "fast-check";
import { expect, test } from "vitest";

import { bool } from "../../../packages/dataframe/dist/dtype.js";
import { exprText } from "../../../packages/dataframe/dist/expr/text.js";
import type { Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { nodesOf } from "../../../packages/dataframe/dist/expr/typed.js";
import { runStage } from "../../../packages/dataframe/dist/stage/run-stage.js";
import { fieldLists, orderableTypes, rowLists } from "../../lib/dataframe/arbitraries.ts";
import { blockOf, valuesOf } from "../../lib/dataframe/columns.ts";
import { openDuckDb, runSql, sqlColumn, sqlRows } from "../../lib/dataframe/duckdb.ts";
import { interpret } from "../../lib/dataframe/interpret.ts";
import type { Row } from "../../lib/dataframe/interpret.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import { agreesWithSql, sqlOf, sqlType } from "../../lib/dataframe/sql.ts";
import { typedExpressions } from "../../lib/dataframe/typed-arbitraries.ts";

const types = orderableTypes.filter((dtype) => sqlType(dtype) !== undefined);
const database = await openDuckDb();

/** Whether some part fails for some row: DuckDB may work out what a row does not need. */
function fails(value: Typed, rows: readonly Row[]): boolean {
  const all: readonly Row[] = [...rows, new Map<string, Value>()];
  try {
    for (const node of nodesOf([value])) {
      for (const row of all) interpret(node, (name) => row.get(name) ?? null);
    }
    return false;
  } catch {
    return true;
  }
}

const cases = fieldLists(types).chain((fields) => {
  const limits = { accepts: agreesWithSql };
  return fc.record({
    fields: fc.constant(fields),
    rows: rowLists(fields, 12),
    filter: typedExpressions(fields, [bool], limits),
    values: fc.array(typedExpressions(fields, types, limits), { minLength: 5, maxLength: 5 }),
  });
});

test("a filter and a projection give what SELECT and WHERE give", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ fields, rows, filter, values }) => {
      const usable = values.filter((value) => !fails(value, rows));
      if (usable.length === 0 || fails(filter, rows)) return;
      const column = sqlColumn(fields);
      const select = usable.map((value) => sqlOf(value, column)).join(", ");
      const from = `${sqlRows(fields, rows)} WHERE ${sqlOf(filter, column)} ORDER BY row`;
      const dtypes = usable.map(({ dtype }) => dtype);
      const given = await runSql(database, `SELECT ${select} FROM ${from}`, dtypes);
      const outputs = usable.map((value, i) => ({ name: `out${i}`, value }));
      const { columns } = runStage(blockOf(fields, rows, "encoded"), { filter, outputs });
      columns.forEach((got, i) => {
        compared += got.length;
        const wanted = given.map((row) => plainZero(row[i] ?? null));
        expect(valuesOf(got).map(plainZero), exprText(usable[i] as Typed)).toEqual(wanted);
      });
    }),
    { numRuns: 40 },
  );
  expect(compared).toBeGreaterThan(50);
});

/** SQL has one zero. */
function plainZero(value: Value): Value {
  return value === 0 ? 0 : value;
}
