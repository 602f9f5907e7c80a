import { count, col, readParquet } from "@millrace/dataframe";
import type { DataFrame } from "@millrace/dataframe";
import { createThreadsExecutor } from "@millrace/distributed";
import type { Bench } from "./bench.ts";
import { groupData, openDuckDb } from "./dataframe-data.ts";
import type { Query } from "./dataframe-engines.ts";
import { duckDbSide, millraceSide } from "./dataframe-engines.ts";
import { compareSides, peerSides } from "./dataframe-sides.ts";

type Parameters = { readonly rows: number; readonly npartitions: number; readonly repeats: number };

const threads = 2;

/**
 * All sides load the same Parquet file into memory before anything is timed, each into what it
 * makes of it by itself: Millrace into a persisted frame whose texts its reader encoded as
 * dictionaries where the pages of the file had them, DuckDB into a table, Polars and Dask into
 * frames. Results end up in memory as columns: an Arrow Table, chunks, a frame; only the sorted
 * rows stay inside (a persisted frame, a temporary table). The baseline is Millrace.
 */
export const bench: Bench<Parameters> = {
  name: "dataframe-queries",
  question: "What do queries over rows in memory take, next to DuckDB, Polars and Dask?",
  parameters: {
    small: { rows: 5_000, npartitions: 2, repeats: 1 },
    full: { rows: 10_000_000, npartitions: 20, repeats: 5 },
  },
  async run({ rows, npartitions, repeats }) {
    const { parquet, csv } = await groupData(rows);
    await using executor = createThreadsExecutor({ threads });
    const connection = await openDuckDb(threads);
    await connection.run(`CREATE TABLE g AS FROM '${parquet}'`);
    const g = await readParquet(parquet).repartition({ npartitions }).persist({ executor });
    const queries = queriesOf(g);
    const peers = await peerSides([parquet, csv, String(npartitions), String(threads)]);
    const sides = [millraceSide(queries, executor), duckDbSide(queries, connection), ...peers];
    try {
      return await compareSides(sides, Object.keys(queries), repeats);
    } finally {
      for (const side of sides) side.close();
    }
  },
};

export function queriesOf(g: DataFrame): Record<string, Query> {
  const [v1, v2, v3] = [col("v1"), col("v2"), col("v3")];
  let sorts = 0;
  return {
    "filter, project, sum": {
      frame: () => g.filter(v1.gt(2).and(v3.lt(50))).agg({ z: v1.mul(v3).sum() }),
      sql: "SELECT sum(v1 * v3) AS z FROM g WHERE v1 > 2 AND v3 < 50",
      keys: [],
      values: ["z"],
    },
    "group by a text of 100": {
      frame: () => g.groupBy("id1").agg({ a: v1.sum() }),
      sql: "SELECT id1, sum(v1) AS a FROM g GROUP BY ALL",
      keys: ["id1"],
      values: ["a"],
    },
    "group by two texts": {
      frame: () => g.groupBy("id1", "id2").agg({ a: v1.sum() }),
      sql: "SELECT id1, id2, sum(v1) AS a FROM g GROUP BY ALL",
      keys: ["id1", "id2"],
      values: ["a"],
    },
    "group by a text of 100k": {
      frame: () => g.groupBy("id3").agg({ a: v1.sum(), b: v3.sum() }),
      sql: "SELECT id3, sum(v1) AS a, sum(v3) AS b FROM g GROUP BY ALL",
      keys: ["id3"],
      values: ["a", "b"],
    },
    "group by an integer of 100k": {
      frame: () => g.groupBy("id6").agg({ a: v1.sum(), b: v2.sum(), c: v3.sum() }),
      sql: "SELECT id6, sum(v1) AS a, sum(v2) AS b, sum(v3) AS c FROM g GROUP BY ALL",
      keys: ["id6"],
      values: ["a", "b", "c"],
    },
    "group by two integers, 1.5M": {
      frame: () => g.groupBy("id6", "v2").agg({ a: v3.sum(), n: count() }),
      sql: "SELECT id6, v2, sum(v3) AS a, count(*) AS n FROM g GROUP BY ALL",
      keys: ["id6", "v2"],
      values: ["a", "n"],
    },
    "sort by a float64": {
      // Under a name of its own each time: the sorted rows of the run before may still be held.
      frame: () => {
        sorts += 1;
        return g.select({ v3, [`id6 of sort ${sorts}`]: col("id6") }).sort("v3");
      },
      sql: "SELECT v3, id6 FROM g ORDER BY v3",
      keys: [],
      values: ["v3"],
      stays: true,
    },
  };
}
