import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataFrame, count, float64, int32, readCsv, readParquet, utf8 } from "@millrace/dataframe";
import { createThreadsExecutor } from "@millrace/distributed";
import type { Executor } from "@millrace/graph";
import { compute } from "@millrace/graph";
import type { Bench, BenchRow } from "./bench.ts";
import { compareCases } from "./measure.ts";

type Parameters = { readonly rows: number; readonly files: number; readonly repeats: number };

const schema = { k: utf8, n: int32, x: float64, y: float64, note: utf8 } as const;
type Rows = DataFrame<typeof schema>;

const threads = 2;

/** The baseline asks one after the other. */
export const bench: Bench<Parameters> = {
  name: "dataframe-together",
  question: "What do three questions about one file cost at once, next to one after the other?",
  parameters: {
    small: { rows: 4_000, files: 2, repeats: 2 },
    full: { rows: 2_000_000, files: 8, repeats: 5 },
  },
  async run({ rows, files, repeats }) {
    const folder = mkdtempSync(join(tmpdir(), "dataframe-together-"));
    try {
      await using executor = createThreadsExecutor({ threads });
      const frame = rowsOf(rows).repartition({ npartitions: files });
      await frame.toCsv(join(folder, "*.csv"));
      await frame.toParquet(join(folder, "*.parquet"));
      const sources = {
        csv: readCsv(join(folder, "*.csv"), { schema }),
        parquet: readParquet(join(folder, "*.parquet"), { schema }),
      };
      const result: BenchRow[] = [];
      const answers = new Set<string>();
      for (const [format, source] of Object.entries(sources)) {
        const asked = questions(source);
        const timed = await compareCases(
          {
            [`${format}, one after the other`]: async () => {
              const found: string[] = [];
              for (const one of asked) found.push(...(await answersTo([one], executor)));
              answers.add(found.join("; "));
            },
            [`${format}, at once`]: async () => {
              answers.add((await answersTo(asked, executor)).join("; "));
            },
          },
          { repeats },
        );
        result.push(...timed);
      }
      return { rows: result, answer: [...answers].join(" / ") };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function rowsOf(rows: number): Rows {
  const all = Array.from({ length: rows }, (_, i) => ({
    k: `key ${(i * 7_919) % 50}`,
    n: i,
    x: (i % 1_000) / 8,
    y: (i * 31) % 777,
    note: `a note about ${(i * 17) % 90_000}`,
  }));
  return DataFrame.fromRows(all, { schema });
}

function questions(frame: Rows): readonly DataFrame[] {
  return [
    frame.groupBy("k").agg((c) => ({ x: c.x.sum() })),
    frame.filter((c) => c.n.mod(10).eq(0)).agg((c) => ({ x: c.x.mean(), rows: count() })),
    frame.agg((c) => ({ least: c.y.min(), most: c.y.max() })),
  ];
}

async function answersTo(frames: readonly DataFrame[], executor: Executor): Promise<string[]> {
  const tables = await compute(frames, { executor });
  return tables.map((table) => {
    const first = table.schema.names.map((_, i) => String(table.getChildAt(i)?.get(0)));
    return `${table.numRows} rows, first ${first.join(", ")}`;
  });
}
