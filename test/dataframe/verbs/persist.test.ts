import { DataFrame, count, dictionary, int32, utf8 } from "@millrace/dataframe";
import type { ExecutorName } from "@millrace/graph";
import { describe, expect, it } from "vitest";

import type { Block, Column } from "../../../packages/dataframe/dist/column.js";
import { valuesOf } from "../../lib/dataframe/columns.ts";
import { executors } from "../../lib/executors.ts";

const schema = { t: utf8, d: dictionary, n: int32 } as const;

/** Rows of texts that come again and again, in another order in each quarter; some are null. */
function rowsOf(length: number, different: number): { t: string | null; d: string; n: number }[] {
  return Array.from({ length }, (_, n) => {
    const hashed = Math.imul(n + 1, 0x9e3779b1) >>> 8;
    return { t: n % 13 === 0 ? null : `t${hashed % different}`, d: `d${n % 7}`, n };
  });
}

async function textsOf(
  frame: DataFrame<typeof schema>,
  executor: ExecutorName,
): Promise<(Column | undefined)[][]> {
  const blocks = (await frame.graph.compute(frame.outputKeys, { executor })) as Block[];
  return blocks.map(({ columns }) => columns.slice(0, 2).map((column) => column.dictionary));
}

describe.each(executors)("on %s", (executor) => {
  it("partitions that have much the same texts share one dictionary", async () => {
    const rows = rowsOf(4_000, 300);
    const frame = DataFrame.fromRows(rows, { schema, npartitions: 5 });
    // The last partitions have no row.
    const kept = await frame.filter((c) => c.n.lt(2_400)).persist({ executor });
    const texts = await textsOf(kept, executor);
    const [first] = texts;
    expect(first?.map((column) => column?.length)).toEqual([300, 7]);
    for (const of of texts.slice(0, 3)) {
      expect(of.map((column) => column && valuesOf(column))).toEqual(
        first?.map((column) => column && valuesOf(column)),
      );
    }
    const wanted = rows.slice(0, 2_400);
    expect(await kept.toRows({ executor })).toEqual(wanted);
    const groups = kept.groupBy("t").agg({ n: count() });
    const plain = frame
      .filter((c) => c.n.lt(2_400))
      .groupBy("t")
      .agg({ n: count() });
    expect(await groups.toRows({ executor })).toEqual(await plain.toRows({ executor }));
    expect(await kept.sort(["t", "d"]).toRows({ executor })).toEqual(
      await frame
        .filter((c) => c.n.lt(2_400))
        .sort(["t", "d"])
        .toRows({ executor }),
    );
  });

  it("partitions that have little in common keep dictionaries of their own", async () => {
    const rows = Array.from({ length: 24_000 }, (_, n) => {
      const hashed = Math.imul(n + 1, 0x9e3779b1) >>> 8;
      return { t: `t${Math.floor(n / 6_000)}-${hashed % 1_100}`, d: "d", n };
    });
    const frame = DataFrame.fromRows(rows, { schema, npartitions: 4 });
    const kept = await frame.persist({ executor });
    const texts = await textsOf(kept, executor);
    expect(texts.map(([t, d]) => [t && t.length <= 1_100, d?.length])).toEqual(
      texts.map(() => [true, 1]),
    );
    expect(await kept.groupBy("t").agg({ n: count() }).toRows({ executor })).toEqual(
      await frame.groupBy("t").agg({ n: count() }).toRows({ executor }),
    );
  });

  it("a column of which one partition is plain stays as it is", async () => {
    const rows = Array.from({ length: 8_000 }, (_, n) => {
      return { t: n < 4_000 ? `t${n % 10}` : `u${n}`, d: `d${n % 2}`, n };
    });
    const kept = await DataFrame.fromRows(rows, { schema, npartitions: 2 }).persist({ executor });
    const texts = await textsOf(kept, executor);
    expect(texts.map(([t, d]) => [t?.length, d?.length])).toEqual([
      [10, 2],
      [undefined, 2],
    ]);
    expect(await kept.toRows({ executor })).toEqual(rows);
  });

  it("frames of no rows, of one partition and without texts are kept", async () => {
    const none = DataFrame.fromRows([], { schema, npartitions: 3 });
    expect(await (await none.persist({ executor })).toRows({ executor })).toEqual([]);
    const rows = rowsOf(50, 4);
    const one = await DataFrame.fromRows(rows, { schema, npartitions: 1 }).persist({ executor });
    expect(await one.toRows({ executor })).toEqual(rows);
    const numbers = await DataFrame.fromRows(rows, { schema, npartitions: 3 })
      .select("n")
      .persist({ executor });
    expect(await numbers.toRows({ executor })).toEqual(rows.map(({ n }) => ({ n })));
  });
});
