import type { DataFrame } from "@millrace/dataframe";
import { col, readCsv, readParquet } from "@millrace/dataframe";
import { createThreadsExecutor } from "@millrace/distributed";
import type { Bench } from "./bench.ts";
import { groupData, openDuckDb } from "./dataframe-data.ts";
import type { Query } from "./dataframe-engines.ts";
import { duckDbSide, millraceSide } from "./dataframe-engines.ts";
import { compareSides, peerSides } from "./dataframe-sides.ts";

type Parameters = { readonly rows: number; readonly repeats: number };

const threads = 2;

/**
 * One file, from opening it to the table of 10,000 groups in memory; the operating system has its
 * bytes at hand. Every side finds the dtypes of the CSV by itself, in the time that is measured. Of
 * ten million rows the CSV has 509 MB, the Parquet 228 MB. The baseline is Millrace.
 */
export const bench: Bench<Parameters> = {
  name: "dataframe-files",
  question: "What does a group-by of a CSV or Parquet file take, next to DuckDB, Polars and Dask?",
  parameters: {
    small: { rows: 5_000, repeats: 1 },
    full: { rows: 10_000_000, repeats: 5 },
  },
  async run({ rows, repeats }) {
    const { parquet, csv } = await groupData(rows);
    await using executor = createThreadsExecutor({ threads });
    const connection = await openDuckDb(threads);
    const byTexts = (read: () => DataFrame, file: string): Query => ({
      frame: () =>
        read()
          .groupBy("id1", "id2")
          .agg({ a: col("v1").sum() }),
      sql: `SELECT id1, id2, sum(v1) AS a FROM '${file}' GROUP BY ALL`,
      keys: ["id1", "id2"],
      values: ["a"],
    });
    const queries: Record<string, Query> = {
      "CSV, group by two texts": byTexts(() => readCsv(csv), csv),
      "Parquet, group by two texts": byTexts(() => readParquet(parquet), parquet),
    };
    const peers = await peerSides([parquet, csv, "1", String(threads)]);
    const sides = [millraceSide(queries, executor), duckDbSide(queries, connection), ...peers];
    try {
      return await compareSides(sides, Object.keys(queries), repeats);
    } finally {
      for (const side of sides) side.close();
    }
  },
};
