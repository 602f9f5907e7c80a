import { DataFrame, date, int32, utf8 } from "@millrace/dataframe";
import { describe, expect, it } from "vitest";

import { rejected, thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

const schema = { n: int32, t: utf8 } as const;
const rows = Array.from({ length: 10 }, (_, n) => ({ n, t: n % 3 === 0 ? null : `é${n}` }));
const frame = DataFrame.fromRows(rows, { schema, npartitions: 3 });

describe.each(executors)("on %s", (executor) => {
  const cuts = async (of: DataFrame<typeof schema>): Promise<(number | null)[][]> => {
    const parts = await Promise.all(of.toDelayed().map((part) => part.compute({ executor })));
    expect(parts.length).toBe(of.npartitions);
    expect(await of.toRows({ executor })).toEqual(rows);
    return parts.map((part) => [...(part.getChild("n") ?? [])] as (number | null)[]);
  };

  it("with known rows partitions are balanced to one row, however many there are", async () => {
    expect((await cuts(frame.repartition({ npartitions: 4 }))).map((part) => part.length)).toEqual([
      2, 3, 2, 3,
    ]);
    expect(await cuts(frame.repartition({ npartitions: 1 }))).toEqual([rows.map(({ n }) => n)]);
    const many = await cuts(frame.repartition({ npartitions: 25 }));
    expect(many.filter((part) => part.length === 1).length).toBe(10);
    expect(many.filter((part) => part.length === 0).length).toBe(15);
  });

  it("with unknown rows partitions are joined whole or cut evenly", async () => {
    const unknown = frame.filter((c) => c.n.gte(0));
    expect(await cuts(unknown.repartition({ npartitions: 2 }))).toEqual([
      [0, 1, 2],
      [3, 4, 5, 6, 7, 8, 9],
    ]);
    expect(
      (await cuts(unknown.repartition({ npartitions: 5 }))).map((part) => part.length),
    ).toEqual([3, 1, 2, 2, 2]);
  });

  it("partitionRows gives partitions of that many rows, the last with the rest", async () => {
    expect(
      (await cuts(frame.repartition({ partitionRows: 4 }))).map((part) => part.length),
    ).toEqual([4, 4, 2]);
    expect((await cuts(frame.repartition({ partitionRows: 100 }))).length).toBe(1);
  });

  it("divisions cut an index at its values, further out with force", async () => {
    const indexed = await frame.setIndex("n", { sorted: true });
    expect(await cuts(indexed.repartition({ divisions: [0, 5, 9] }))).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
    ]);
    const wide = indexed.repartition({ divisions: [-5, 2, 20], force: true });
    expect(wide.divisions).toEqual([-5, 2, 20]);
    expect(await cuts(wide)).toEqual([
      [0, 1],
      [2, 3, 4, 5, 6, 7, 8, 9],
    ]);
  });

  it("repartitionBySize measures, and cuts or joins to at most about the size", async () => {
    const small = await frame.repartitionBySize(40, { executor });
    expect(small.npartitions).toBeGreaterThan(3);
    await cuts(small);
    const large = await frame.repartitionBySize("1MB", { executor });
    expect(large.npartitions).toBe(1);
    await cuts(large);
    const none = DataFrame.fromRows([], { schema, npartitions: 3 });
    const one = await none.repartitionBySize(100, { executor });
    expect([one.npartitions, await one.toRows({ executor })]).toEqual([1, []]);
  });

  it("shuffle brings equal values together, null and NaN with themselves", async () => {
    const values = [1, Number.NaN, null, -0, 1, 0, Number.NaN, null, 2];
    const many = DataFrame.fromRows(
      values.map((v) => ({ v })),
      { npartitions: 4 },
    );
    const dealt = many.shuffle({ on: "v", npartitions: 3 });
    expect(dealt.npartitions).toBe(3);
    const parts = await Promise.all(dealt.toDelayed().map((part) => part.compute({ executor })));
    const keys = parts.map(
      (part) => new Set([...(part.getChild("v") ?? [])].map((v: number | null) => String(v))),
    );
    expect(keys.reduce((sum, set) => sum + set.size, 0)).toBe(5);
    expect((await dealt.toRows({ executor })).length).toBe(values.length);
    expect(many.shuffle({ on: ["v"] }).npartitions).toBe(4);
  });

  it("partitions picks some by number, in the order asked for, from the end as well", async () => {
    expect(await frame.partitions(0).toRows({ executor })).toEqual(rows.slice(0, 3));
    expect(await frame.partitions(-1).toRows({ executor })).toEqual(rows.slice(6));
    expect(await frame.partitions([2, 0]).toRows({ executor })).toEqual([
      ...rows.slice(6),
      ...rows.slice(0, 3),
    ]);
    expect(await frame.partitions([1, 1]).toRows({ executor })).toEqual([
      ...rows.slice(3, 6),
      ...rows.slice(3, 6),
    ]);
    const indexed = await frame.setIndex("n", { sorted: true });
    expect(indexed.partitions([0, 1]).divisions).toEqual([0, 3, 6]);
    expect(await indexed.partitions([0, 1]).sort("n").toRows({ executor })).toEqual(
      rows.slice(0, 6),
    );
    expect(indexed.partitions([1, 0]).divisions).toBe(undefined);
    expect(await indexed.partitions([1, 0]).sort("n").toRows({ executor })).toEqual(
      rows.slice(0, 6),
    );
    const totals = indexed
      .partitions([1, 1])
      .groupBy("n")
      .agg((c) => ({ k: c.n.count() }));
    expect((await totals.toRows({ executor })).map(({ k }) => k)).toEqual([2n, 2n, 2n]);
  });
});

it("mistakes are told at the caller's line", async () => {
  const indexed = await frame.setIndex("n", { sorted: true });
  const unknown = frame.filter((c) => c.n.gte(0));
  const days = await DataFrame.fromRows([{ d: new Date(0) }, { d: new Date(8.64e8) }], {
    schema: { d: date },
  }).setIndex("d", { sorted: true });
  expect([
    thrown(() => frame.repartition(wrong({}))),
    thrown(() => frame.repartition(wrong(4))),
    thrown(() => frame.repartition(wrong({ npartitions: 2, partitionRows: 3 }))),
    thrown(() => frame.repartition(wrong({ npartitions: 2, force: true }))),
    thrown(() => frame.repartition(wrong({ parts: 2 }))),
    thrown(() => frame.repartition({ npartitions: 0 })),
    thrown(() => frame.repartition({ npartitions: 1.5 })),
    thrown(() => frame.repartition({ npartitions: wrong(undefined) })),
    thrown(() => frame.repartition({ partitionRows: 0 })),
    thrown(() => unknown.repartition({ partitionRows: 2 })),
    thrown(() => frame.repartition({ divisions: [0, 9] })),
    thrown(() => indexed.repartition({ divisions: [0] })),
    thrown(() => indexed.repartition({ divisions: [0, 5] })),
    thrown(() => indexed.repartition({ divisions: [-1, 9] })),
    thrown(() => indexed.repartition({ divisions: [9, 0] })),
    thrown(() => indexed.repartition({ divisions: [0, wrong("9")] })),
    thrown(() => indexed.repartition({ divisions: [0, 9], force: wrong(1) })),
    thrown(() => frame.repartition({ freq: "1d" })),
    thrown(() => indexed.repartition({ freq: "1d" })),
    thrown(() => days.repartition({ freq: "1 day" })),
    thrown(() => days.repartition({ freq: wrong(1) })),
    thrown(() => days.repartition({ freq: "1h" })),
    await rejected(() => frame.repartitionBySize("much")),
    await rejected(() => frame.repartitionBySize(0)),
    await rejected(() => frame.repartitionBySize(wrong(undefined))),
    await rejected(() => frame.repartitionBySize(10, wrong({ npartitions: 1 }))),
    thrown(() => frame.shuffle({ on: [] })),
    thrown(() => frame.shuffle({ on: wrong("z") })),
    thrown(() => frame.shuffle(wrong({ by: "n" }))),
    thrown(() => frame.shuffle(wrong(undefined))),
    thrown(() => frame.shuffle({ on: "n", npartitions: 0 })),
    thrown(() => frame.partitions(3)),
    thrown(() => frame.partitions(-4)),
    thrown(() => frame.partitions([])),
    thrown(() => frame.partitions(0.5)),
    thrown(() => frame.partitions(wrong("0"))),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/invalid-argument | repartition: no single way to cut, got undefined, wanted one of npartitions, divisions, partitionRows and freq.",
      "dataframe/invalid-argument | repartition: the options must be an object, got 4, wanted an object.",
      "dataframe/invalid-argument | repartition: no single way to cut, got "npartitions and partitionRows", wanted one of npartitions, divisions, partitionRows and freq.",
      "dataframe/invalid-argument | repartition: force without divisions, got "npartitions", wanted divisions.",
      "dataframe/invalid-argument | repartition: no such option, got "parts", wanted one of npartitions, divisions, force, partitionRows, freq.",
      "dataframe/invalid-argument | repartition: bad npartitions, got 0, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | repartition: bad npartitions, got 1.5, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | repartition: bad npartitions, got undefined, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | repartition: bad partitionRows, got 0, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | repartition: partitionRows of unknown rows, got 2, wanted partitions whose rows are known: from rows, Arrow or Parquet, not yet filtered. Use npartitions, or repartitionBySize, which looks at the data.",
      "dataframe/invalid-argument | repartition: no known divisions, got undefined, wanted an index with divisions. Give the frame an order first: await df.setIndex(…).",
      "dataframe/invalid-argument | repartition: bad divisions, got an array of 1, wanted an array of two bounds or more.",
      "dataframe/invalid-argument | repartition: divisions that leave rows out, got "0, 5", wanted from 0 to 9.",
      "dataframe/invalid-argument | repartition: other outer divisions, got "-1, 9", wanted from 0 to 9. Say force: true for bounds that lie further out.",
      "dataframe/invalid-argument | repartition: divisions out of order, got "9, 0", wanted bounds that ascend.",
      "dataframe/invalid-argument | repartition: a bound that the index cannot have, got "9", wanted a int32.",
      "dataframe/invalid-argument | repartition: bad force, got 1, wanted true or false.",
      "dataframe/invalid-argument | repartition: no known divisions, got undefined, wanted an index with divisions. Give the frame an order first: await df.setIndex(…).",
      "dataframe/invalid-argument | repartition: freq on an index of int32, got "1d", wanted an index of dates or timestamps. Use divisions.",
      "dataframe/invalid-argument | repartition: bad freq, got "1 day", wanted "1d", "1w", "1mo", "1q", "1y" or the like, or at most a day in "h", "min" or "s".",
      "dataframe/invalid-argument | repartition: bad freq, got 1, wanted "1d", "1w", "1mo", "1q", "1y" or the like, or at most a day in "h", "min" or "s".",
      "dataframe/invalid-argument | repartition: freq on an index of date, got "1h", wanted whole days.",
      "graph/invalid-argument | repartitionBySize: not a size, got "much", wanted a whole number of bytes or text such as '64MB'. Units are B, kB, MB, GB, TB, PB and KiB, MiB, GiB, TiB, PiB.",
      "dataframe/invalid-argument | repartitionBySize: bad size, got 0, wanted 1 byte or more.",
      "graph/invalid-argument | repartitionBySize: not a size, got undefined, wanted a whole number of bytes or text such as '64MB'. Units are B, kB, MB, GB, TB, PB and KiB, MiB, GiB, TiB, PiB.",
      "dataframe/invalid-argument | repartitionBySize: no such option, got "npartitions", wanted one of executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/invalid-argument | shuffle: bad number of columns, got 0, wanted a whole number of 1 or more.",
      "dataframe/unknown-column | shuffle: no such column, got "z", wanted one of "n", "t".",
      "dataframe/invalid-argument | shuffle: no such option, got "by", wanted one of on, npartitions.",
      "dataframe/invalid-argument | shuffle: the options must be an object, got undefined, wanted an object.",
      "dataframe/invalid-argument | shuffle: bad npartitions, got 0, wanted a whole number of 1 or more.",
      "dataframe/invalid-argument | partitions: no such partition, got 3, wanted whole numbers from -3 to 2.",
      "dataframe/invalid-argument | partitions: no such partition, got -4, wanted whole numbers from -3 to 2.",
      "dataframe/invalid-argument | partitions: no partitions, got an array of 0, wanted a number or more.",
      "dataframe/invalid-argument | partitions: no such partition, got 0.5, wanted whole numbers from -3 to 2.",
      "dataframe/invalid-argument | partitions: no such partition, got "0", wanted whole numbers from -3 to 2.",
    ]
  `);
});
