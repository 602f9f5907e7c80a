import type { DataFrame } from "@millrace/dataframe";
import { count, lit, readParquet } from "@millrace/dataframe";
import type { DuckDBConnection } from "@duckdb/node-api";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

import { openDuckDb } from "../lib/dataframe/duckdb.ts";
import type { lineitemSchema } from "../lib/dataframe/tpch.ts";
import { lineitem } from "../lib/dataframe/tpch.ts";
import { executors } from "../lib/executors.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";

const folder = scratchFolder();

let connection: DuckDBConnection;
let files: DataFrame<typeof lineitemSchema>;

beforeAll(async () => {
  await lineitem(0.01, 6).toParquet(join(folder, "lineitem-*.parquet"));
  files = readParquet<typeof lineitemSchema>(join(folder, "lineitem-*.parquet"));
  connection = await openDuckDb();
  await connection.run(
    `CREATE VIEW lineitem AS SELECT * FROM read_parquet('${join(folder, "*.parquet")}')`,
  );
});

/** Rows of a query as plain values; decimals are texts. */
async function sql(query: string): Promise<unknown[]> {
  const reader = await connection.runAndReadAll(query);
  return reader.getRowObjectsJson();
}

/** Numbers and bigints as JSON texts have them. */
function asJson(rows: readonly object[]): unknown {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]: [string, unknown]) => [
        name,
        typeof value === "bigint" ? String(value) : value,
      ]),
    ),
  );
}

describe.each(executors)(
  "on %s, over Parquet that we wrote and DuckDB reads as well",
  (executor) => {
    it("query 1: what was shipped, by flag and status", async () => {
      const query = files
        .filter((c) => c.l_shipdate.lte(new Date("1998-09-02")))
        .withColumns((c) => {
          const net = c.l_extendedprice.mul(lit(1).sub(c.l_discount));
          return { net, gross: net.mul(lit(1).add(c.l_tax)) };
        })
        .groupBy("l_returnflag", "l_linestatus")
        .agg((c) => ({
          sum_qty: c.l_quantity.sum(),
          sum_base_price: c.l_extendedprice.sum(),
          sum_disc_price: c.net.sum(),
          sum_charge: c.gross.sum(),
          avg_qty: c.l_quantity.mean(),
          avg_price: c.l_extendedprice.mean(),
          avg_disc: c.l_discount.mean(),
          count_order: count(),
        }))
        .sort(["l_returnflag", "l_linestatus"]);
      const wanted = await sql(`
      SELECT l_returnflag, l_linestatus,
        CAST(sum(l_quantity) AS DECIMAL(18, 2)) AS sum_qty,
        CAST(sum(l_extendedprice) AS DECIMAL(18, 2)) AS sum_base_price,
        CAST(sum(l_extendedprice * (1 - l_discount)) AS DECIMAL(18, 4)) AS sum_disc_price,
        CAST(sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS DECIMAL(18, 6)) AS sum_charge,
        CAST(sum(l_quantity) AS DOUBLE) / count(*) AS avg_qty,
        CAST(sum(l_extendedprice) AS DOUBLE) / count(*) AS avg_price,
        CAST(sum(l_discount) AS DOUBLE) / count(*) AS avg_disc,
        count(*) AS count_order
      FROM lineitem WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL 90 DAY
      GROUP BY ALL ORDER BY ALL`);
      expect(wanted.length).toBe(4);
      expect(asJson(await query.toRows({ executor }))).toEqual(wanted);
    });

    it("query 6: revenue of small discounts", async () => {
      const query = files
        .filter((c) =>
          c.l_shipdate
            .gte(new Date("1994-01-01"))
            .and(c.l_shipdate.lt(new Date("1995-01-01")))
            .and(c.l_discount.between(0.05, 0.07))
            .and(c.l_quantity.lt(24)),
        )
        .agg((c) => ({ revenue: c.l_extendedprice.mul(c.l_discount).sum() }));
      const wanted = await sql(`
      SELECT CAST(sum(l_extendedprice * l_discount) AS DECIMAL(18, 4)) AS revenue FROM lineitem
      WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'
        AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24`);
      expect(asJson(await query.toRows({ executor }))).toEqual(wanted);
      expect(query.explain()).toContain("where");
    });
  },
);

it("our Parquet says the same to DuckDB as we read from it", async () => {
  const [theirs] = await sql(
    "SELECT count(*) AS n, sum(l_orderkey) AS keys, min(l_shipdate) AS first FROM lineitem",
  );
  const [ours] = await files
    .agg((c) => ({ n: count(), keys: c.l_orderkey.sum(), first: c.l_shipdate.min() }))
    .toRows();
  expect({
    n: String(ours?.n),
    keys: String(ours?.keys),
    first: ours?.first?.toISOString().slice(0, 10),
  }).toEqual(theirs);
});
