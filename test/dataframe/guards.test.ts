import {
  DataFrame,
  col,
  count,
  int32,
  readCsv,
  readJsonLines,
  readParquet,
  utf8,
  when,
} from "@millrace/dataframe";
import type { Expr, PlainType } from "@millrace/dataframe";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

import { executors } from "../lib/executors.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";

const folder = scratchFolder();

const schema = { a: int32, t: utf8 } as const;
/** One number that cannot grow, and one text that is no number. */
const rows = [
  { a: 2_147_483_647, t: "x" },
  { a: 3, t: "4" },
  { a: null, t: null },
  { a: 5, t: "-7" },
];
const memory = DataFrame.fromRows(rows, { schema, npartitions: 3 });

/** The same rows in memory and in files of all formats, where filters are pushed into readers. */
let sources: readonly (readonly [string, DataFrame<typeof schema>])[];

beforeAll(async () => {
  await memory.toParquet(join(folder, "*.parquet"));
  await memory.toCsv(join(folder, "*.csv"));
  await memory.toJsonLines(join(folder, "*.jsonl"));
  sources = [
    ["memory", memory],
    ["parquet", readParquet<typeof schema>(join(folder, "*.parquet"))],
    ["csv", readCsv(join(folder, "*.csv"), { schema })],
    ["json lines", readJsonLines(join(folder, "*.jsonl"), { schema })],
  ];
});

const small = (a: Expr<typeof int32>): Expr<PlainType<"bool">> => a.lt(10);

describe.each(executors)("what a filter took out does not fail on %s", (executor) => {
  it.each([
    [
      "in the next filter",
      (df: DataFrame<typeof schema>) =>
        df
          .filter((c) => small(c.a))
          .filter((c) => c.a.add(1).gt(0))
          .select("a"),
      [{ a: 3 }, { a: 5 }],
    ],
    [
      "in one filter, behind and",
      (df: DataFrame<typeof schema>) =>
        df.filter((c) => small(c.a).and(c.a.add(1).gt(0))).select("a"),
      [{ a: 3 }, { a: 5 }],
    ],
    [
      "in a projection",
      (df: DataFrame<typeof schema>) =>
        df.filter((c) => small(c.a)).select((c) => ({ z: c.a.add(1) })),
      [{ z: 4 }, { z: 6 }],
    ],
    [
      "in a projection and a filter over it",
      (df: DataFrame<typeof schema>) =>
        df
          .filter((c) => small(c.a))
          .select((c) => ({ z: c.a.add(1), n: c.t.cast(int32) }))
          .filter((c) => c.n.gt(0)),
      [{ z: 4, n: 4 }],
    ],
    [
      "in a branch of a case that is not taken",
      (df: DataFrame<typeof schema>) =>
        df.select((c) => ({ z: when(c.a.lt(10)).then(c.a.add(1)).otherwise(-1) })),
      [{ z: -1 }, { z: 4 }, { z: -1 }, { z: 6 }],
    ],
    [
      "behind a value that coalesce has found",
      (df: DataFrame<typeof schema>) =>
        df.select((c) => ({ z: when(c.t.eq("x")).then(0).otherwise(c.t.cast(int32)) })),
      [{ z: 0 }, { z: 4 }, { z: null }, { z: -7 }],
    ],
    [
      "in an aggregate",
      (df: DataFrame<typeof schema>) =>
        df
          .filter((c) => small(c.a))
          .groupBy("t")
          .agg((c) => ({ s: c.a.add(1).max(), n: c.t.cast(int32).min() })),
      [
        { t: "4", s: 4, n: 4 },
        { t: "-7", s: 6, n: -7 },
      ],
    ],
    [
      "in a group of a computed key",
      (df: DataFrame<typeof schema>) =>
        df
          .filter((c) => small(c.a))
          .withColumns((c) => ({ k: c.a.add(1) }))
          .groupBy("k")
          .agg({ n: count() }),
      [
        { k: 4, n: 1n },
        { k: 6, n: 1n },
      ],
    ],
    [
      "behind a sort, a repartition and a limit",
      (df: DataFrame<typeof schema>) =>
        df
          .filter((c) => small(c.a))
          .sort("a", { descending: true })
          .repartition({ npartitions: 2 })
          .head(2)
          .filter((c) => c.a.add(1).gt(4))
          .select((c) => ({ n: c.t.cast(int32) })),
      [{ n: -7 }],
    ],
    [
      "in a filter over groups that their own filter kept",
      (df: DataFrame<typeof schema>) =>
        df.groupBy("a").agg({ n: count() }).filter(col("a").lt(10)).filter(col("a").add(1).gt(4)),
      [{ a: 5, n: 1n }],
    ],
    [
      "in a column that was made before and filtered by another one",
      (df: DataFrame<typeof schema>) =>
        df
          .filter((c) => c.t.neq("x"))
          .withColumns((c) => ({ n: c.t.cast(int32) }))
          .filter((c) => c.a.add(1).gt(0))
          .select("n"),
      [{ n: 4 }, { n: -7 }],
    ],
  ] as const)("%s", async (_name, query, wanted) => {
    for (const [source, df] of sources) {
      expect(await query(df).toRows({ executor }), source).toEqual(wanted);
    }
  });

  it("a limit that rows were cut by comes before a filter that stands behind it", async () => {
    const first = memory.tail(3).filter((c) => c.a.add(1).gt(0));
    expect((await first.toRows({ executor })).map(({ a }) => a)).toEqual([3, 5]);
  });
});

it("what no filter took out fails, however the plan is rewritten", async () => {
  for (const [source, df] of sources) {
    for (const query of [
      df.select((c) => ({ z: c.a.add(1) })),
      df.filter((c) => c.a.gt(4)).agg((c) => ({ m: c.a.add(1).max() })),
    ]) {
      await expect(query.compute(), source).rejects.toMatchObject({ code: "dataframe/overflow" });
    }
  }
});
