import { DataFrame, date, float64, int32, list, timestamp } from "@millrace/dataframe";
import { describe, expect, it } from "vitest";

import { rejected, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

/** Rows of a column n in partitions of these values. */
function numbers(
  values: readonly (number | null)[],
  npartitions: number,
): DataFrame<{ n: typeof int32 }> {
  return DataFrame.fromRows(
    values.map((n) => ({ n })),
    { schema: { n: int32 }, npartitions },
  );
}

async function sizes(frame: DataFrame<{ n: typeof int32 }>): Promise<number[]> {
  return Promise.all(frame.toDelayed().map(async (part) => (await part.compute()).numRows));
}

describe.each(executors)("on %s", (executor) => {
  it("deals rows out to partitions of about one size, descending data as well", async () => {
    const down = Array.from({ length: 100 }, (_, i) => 99 - i);
    const indexed = await numbers(down, 5).setIndex("n", { executor });
    expect(await indexed.toRows({ executor })).toEqual(down.toReversed().map((n) => ({ n })));
    expect(await sizes(indexed)).toEqual([20, 20, 20, 20, 20]);
    expect(indexed.divisions).toEqual([0, 20, 40, 60, 80, 99]);
    const fewer = await numbers(down, 5).setIndex("n", { npartitions: 2, executor });
    expect(fewer.divisions).toEqual([0, 50, 99]);
  });

  it("takes divisions as they are and looks at nothing; rows beyond them stay at the ends", async () => {
    const indexed = await numbers([5, 1, null, 9, -3, 30], 2).setIndex("n", {
      divisions: [0, 5, 10],
    });
    expect(indexed.divisions).toEqual([0, 5, 10]);
    expect(await indexed.toRows({ executor })).toEqual([-3, 1, 5, 9, 30, null].map((n) => ({ n })));
    expect(await sizes(indexed)).toEqual([2, 4]);
  });

  it("one value only, no value at all and no rows at all", async () => {
    const one = await numbers([7, 7, 7, null], 3).setIndex("n", { executor });
    expect(one.divisions).toEqual([7, 7, 7, 7]);
    expect(await sizes(one)).toEqual([0, 0, 4]);
    const none = await numbers([null, null], 2).setIndex("n", { executor });
    expect([none.divisions, none.index, none.npartitions]).toEqual([undefined, "n", 2]);
    expect(await none.toRows({ executor })).toEqual([{ n: null }, { n: null }]);
    const empty = await numbers([], 2).setIndex("n", { executor });
    expect([empty.divisions, empty.index, empty.npartitions]).toEqual([undefined, "n", 2]);
    expect(await empty.toRows({ executor })).toEqual([]);
  });

  it("sorted: true moves only what ties over partitions, and nothing where none do", async () => {
    const plain = await numbers([1, 2, 3, 4], 2).setIndex("n", { sorted: true, executor });
    expect(plain.divisions).toEqual([1, 3, 4]);
    const tied = await numbers([1, 1, 2, 2, 2, 3, 4], 4).setIndex("n", { sorted: true, executor });
    expect(tied.divisions).toEqual([1, 1, 2, 3, 4]);
    expect(await sizes(tied)).toEqual([0, 2, 3, 2]);
    const nulls = await numbers([1, null, null], 3).setIndex("n", { sorted: true, executor });
    expect(nulls.divisions).toEqual([1, 1, 1, 1]);
    expect(await nulls.toRows({ executor })).toEqual([{ n: 1 }, { n: null }, { n: null }]);
  });

  it("an index of dates can be cut by periods", async () => {
    const days = ["2024-01-30", "2024-02-01", "2024-02-29", "2024-03-01"].map((day) => ({
      day: new Date(day),
    }));
    const frame = DataFrame.fromRows(days, { schema: { day: date }, npartitions: 2 });
    const indexed = await frame.setIndex("day", { sorted: true, executor });
    const months = indexed.repartition({ freq: "1mo" });
    expect(months.divisions).toEqual(
      ["2024-01-30", "2024-02-01", "2024-03-01"].map((day) => new Date(day)),
    );
    expect(await months.toRows({ executor })).toEqual(days);
  });
});

it("mistakes are told before anything runs, and rows out of order once they are seen", async () => {
  const frame = numbers([3, 1, 2], 2);
  const lists = DataFrame.fromRows([{ l: [1] }], { schema: { l: list(float64) } });
  const stamped = DataFrame.fromRows([{ at: new Date(0) }], { schema: { at: timestamp("ms") } });
  expect([
    await rejected(() => frame.setIndex(wrong("m"))),
    await rejected(() => lists.setIndex("l")),
    await rejected(() => frame.setIndex("n", wrong({ sort: true }))),
    await rejected(() => frame.setIndex("n", { sorted: wrong("yes") })),
    await rejected(() => frame.setIndex("n", { sorted: true, npartitions: 2 })),
    await rejected(() => frame.setIndex("n", { divisions: [1, 2], npartitions: 1 })),
    await rejected(() => frame.setIndex("n", { divisions: [1, 2], sorted: true })),
    await rejected(() => frame.setIndex("n", { divisions: [1] })),
    await rejected(() => frame.setIndex("n", { divisions: wrong("1") })),
    await rejected(() => frame.setIndex("n", { divisions: [3, 1] })),
    await rejected(() => frame.setIndex("n", { divisions: [1, wrong(null)] })),
    await rejected(() => frame.setIndex("n", { divisions: [1, 2.5] })),
    await rejected(() => stamped.setIndex("at", { divisions: [0, 1] })),
    await rejected(() => frame.setIndex("n", { npartitions: 0 })),
    await rejected(() => frame.setIndex("n", { sorted: true })),
    await rejected(() => numbers([1, null, 2], 3).setIndex("n", { sorted: true })),
    await rejected(() => numbers([1, 3, 2], 1).setIndex("n", { sorted: true })),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/unknown-column | setIndex: no such column, got "m", wanted one of "n".",
      "dataframe/unsupported-type | setIndex: column "l" has values without order, got "list(float64)", wanted numbers, texts, truths, dates or timestamps.",
      "dataframe/invalid-argument | setIndex: no such option, got "sort", wanted one of divisions, npartitions, sorted, executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/invalid-argument | setIndex: bad sorted, got "yes", wanted true or false.",
      "dataframe/invalid-argument | setIndex: two ways to cut, got "sorted and npartitions", wanted sorted alone; repartition afterwards.",
      "dataframe/invalid-argument | setIndex: two ways to cut, got "divisions and npartitions", wanted one of them.",
      "dataframe/invalid-argument | setIndex: two ways to cut, got "divisions and sorted", wanted one of them.",
      "dataframe/invalid-argument | setIndex: bad divisions, got an array of 1, wanted an array of two bounds or more.",
      "dataframe/invalid-argument | setIndex: bad divisions, got "1", wanted an array of two bounds or more.",
      "dataframe/invalid-argument | setIndex: divisions out of order, got "3, 1", wanted bounds that ascend.",
      "dataframe/invalid-argument | setIndex: a bound that the index cannot have, got null, wanted a int32.",
      "dataframe/invalid-argument | setIndex: a bound that the index cannot have, got 2.5, wanted a int32.",
      "dataframe/invalid-argument | setIndex: a bound that the index cannot have, got 0, wanted a timestamp.",
      "dataframe/invalid-argument | setIndex: bad npartitions, got 0, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | setIndex: rows out of order, got "partition 1", wanted rows in the order of n, nulls last. Leave sorted out, and the rows are sorted.",
      "dataframe/invalid-argument | setIndex: rows out of order, got "partition 2", wanted rows in the order of n, nulls last. Leave sorted out, and the rows are sorted.",
      "dataframe/invalid-argument | setIndex: rows out of order, got "partition 0", wanted rows in the order of n, nulls last. Leave sorted out, and the rows are sorted.",
    ]
  `);
});
