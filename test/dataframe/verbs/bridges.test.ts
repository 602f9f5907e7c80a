import { Bag } from "@millrace/bag";
import { DataFrame, float64, int32, utf8 } from "@millrace/dataframe";
import { delayed } from "@millrace/delayed";
import { Delayed, compute, createInlineExecutor } from "@millrace/graph";
import type { Table } from "apache-arrow";
import { RecordBatch, tableFromArrays } from "apache-arrow";
import { describe, expect, it } from "vitest";

import { rejected, thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

const schema = { n: int32, t: utf8 } as const;
const rows = [
  { n: 1, t: "é" },
  { n: null, t: "" },
  { n: 3, t: null },
];
const frame = DataFrame.fromRows(rows, { schema, npartitions: 4 });

describe.each(executors)("on %s", (executor) => {
  it("toDelayed gives a lazy table a partition, fromDelayed takes them back", async () => {
    const parts = frame.filter((c) => c.t.isNotNull()).toDelayed();
    const tables = await compute(parts, { executor });
    expect(tables.map((table) => table.numRows)).toEqual([0, 1, 1, 0]);
    const back = DataFrame.fromDelayed(parts, { schema });
    expect([back.npartitions, back.schema]).toEqual([4, schema]);
    expect(await back.toRows({ executor })).toEqual(rows.slice(0, 2));
    const swapped = DataFrame.fromDelayed(parts, { schema: { t: utf8, n: int32 } });
    expect(swapped.columns).toEqual(["t", "n"]);
    expect(await swapped.head(1).toRows({ executor })).toEqual([{ t: "é", n: 1 }]);
  });

  it("toBag has the same partitions, and Bag.toDataFrame goes back with a schema or without", async () => {
    const bag = frame.toBag();
    expect(bag.npartitions).toBe(4);
    expect(await bag.compute({ executor })).toEqual(rows);
    const lengths = bag.map((row) => ({ n: row.n, length: row.t?.length ?? -1 }));
    const typed = lengths.toDataFrame({ n: int32, length: float64 });
    expect([typed.schema, typed.npartitions]).toEqual([{ n: int32, length: float64 }, 4]);
    expect(await typed.toRows({ executor })).toEqual([
      { n: 1, length: 1 },
      { n: null, length: 0 },
      { n: 3, length: -1 },
    ]);
    const inferred = await lengths.toDataFrame();
    expect(inferred.schema).toEqual({ n: float64, length: float64 });
    expect(await inferred.agg((c) => ({ s: c.length.sum() })).toRows({ executor })).toEqual([
      { s: 0 },
    ]);
  });

  it("a frame is an argument like any other lazy value: a Table, in several tasks too", async () => {
    const rowsOf = delayed((given: { of: Table[] }, more: number) => {
      return (given.of[0]?.numRows ?? 0) + more;
    });
    // Each Delayed runs on its own, so that the Table goes to threads that have not made it.
    const sums = [0, 1, 2, 3].map((more) => rowsOf({ of: [frame.head(2)] }, more));
    expect(await compute(sums, { executor })).toEqual([2, 3, 4, 5]);
    const bag = Bag.from([1, 2], { npartitions: 2 });
    const [, part] = frame.toDelayed();
    const counted = bag.map((n: number, table: Table) => n * table.numRows, part as Delayed<Table>);
    expect(await counted.compute({ executor })).toEqual([1, 2]);
    const none = delayed((table: Table) => table.schema.fields.map(({ name }) => name));
    expect(await none(frame.head(0)).compute({ executor })).toEqual(["n", "t"]);
  });

  it("batches come one a partition, in order, empty ones too", async () => {
    const seen: number[] = [];
    for await (const batch of frame.batches({ executor })) {
      expect(batch).toBeInstanceOf(RecordBatch);
      seen.push(batch.numRows);
    }
    expect(seen).toEqual([0, 1, 1, 1]);
    const empty = DataFrame.fromRows([], { schema });
    const none: RecordBatch[] = [];
    for await (const batch of empty.batches({ executor })) none.push(batch);
    expect(none.map((batch) => [batch.numRows, batch.schema.fields.length])).toEqual([[0, 2]]);
    const last: unknown[] = [];
    for await (const batch of frame
      .sort("n", { descending: true })
      .batches({ executor, optimize: false })) {
      last.push(...batch.toArray().map((row) => (row as unknown as { n: unknown }).n));
    }
    expect(last).toEqual([3, 1, null]);
  });

  it("toRows and compute give no rows of no partitions' rows, with all columns", async () => {
    const none = frame.filter((c) => c.n.gt(100));
    expect(await none.toRows({ executor })).toEqual([]);
    const table = await none.compute({ executor });
    expect([table.numRows, table.schema.fields.map(({ name }) => name)]).toEqual([0, ["n", "t"]]);
    expect(table.batches.length).toBe(4);
  });
});

it("a reader of batches is at most three partitions ahead, and what is not read is not run", async () => {
  const begun: number[] = [];
  const many = DataFrame.fromRows(
    Array.from({ length: 20 }, (_, n) => ({ n })),
    { npartitions: 20 },
  ).mapPartitions(
    (table, { index }) => {
      begun.push(index);
      return table;
    },
    { schema: { n: float64 } },
  );
  const executor = createInlineExecutor();
  const batches = many.batches({ executor });
  await batches.next();
  await batches.next();
  expect(begun.length).toBeLessThanOrEqual(5);
  await batches.return(undefined);
  expect(begun.length).toBeLessThanOrEqual(5);
  begun.length = 0;
  for await (const batch of many.batches({ executor })) if (batch.toArray().length > 0) break;
  expect(begun.length).toBeLessThanOrEqual(4);
});

it("an error of one partition ends the batches", async () => {
  const bad = DataFrame.fromRows([{ n: 1 }, { n: 2 }, { n: 3 }], { npartitions: 3 }).mapRows(
    ({ n }) => {
      if (n === 2) throw new Error("of the callback");
      return { n };
    },
    { schema: { n: float64 } },
  );
  const seen: number[] = [];
  const read = async (): Promise<void> => {
    for await (const batch of bad.batches({ executor: "inline" })) seen.push(batch.numRows);
  };
  expect(await rejected(read)).toContain("of the callback");
  expect(seen).toEqual([1]);
});

it("mistakes are told: at once where the caller stands, in tasks with their partition", async () => {
  const part = Delayed.value(tableFromArrays({ n: Int32Array.of(1) }));
  expect([
    await rejected(() => DataFrame.fromDelayed([part], { schema }).compute()),
    await rejected(() => DataFrame.fromDelayed([wrong(Delayed.value(5))], { schema }).compute()),
    thrown(() => Bag.from([{ n: 1 }]).toDataFrame(wrong({ n: "int32" }))),
    thrown(() => Bag.from([{ n: 1 }]).toDataFrame(wrong([int32]))),
    await rejected(async () =>
      Bag.from([{ n: 1.5 }])
        .toDataFrame({ n: int32 })
        .compute(),
    ),
    await rejected(async () => Bag.from([1, 2]).toDataFrame({ n: int32 }).compute()),
    await rejected(async () => Bag.from<object>([]).toDataFrame()),
    await rejected(async () => Bag.from<object>([5 as never]).toDataFrame()),
    thrown(() => frame.batches(wrong({ lookahead: 3 }))),
    await rejected(async () => frame.toRows(wrong({ limit: 3 }))),
    await rejected(async () => frame.toRows(wrong(null))),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/schema-mismatch | DataFrame.fromDelayed: partition 0 has other columns than the schema says, got n: int32, wanted n: int32, t: utf8. Correct the function or the schema.",
      "dataframe/schema-mismatch | DataFrame.fromDelayed: partition 0 did not become a table, got 5, wanted an Arrow Table. Return one.",
      "dataframe/invalid-argument | toDataFrame: not a dtype, got "int32", wanted one of int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool, utf8, dictionary, date, timestamp(…), decimal(…), list(…), struct(…).",
      "dataframe/invalid-argument | toDataFrame: bad schema, got an array of 1, wanted an object of dtypes by column, such as { delay: int32 }.",
      "dataframe/type-mismatch | toDataFrame: row 0, column "n" does not fit its column, got 1.5, wanted int32, a whole number in its range, or null. Convert it before.",
      "dataframe/bad-row | toDataFrame: row 0 is no object, got 1, wanted one value a column.",
      "dataframe/invalid-argument | toDataFrame: no rows to infer columns from, got an array of 0, wanted a row or more. Give the columns: toDataFrame({ … }).",
      "dataframe/bad-row | toDataFrame: row 0 is no object, got 5, wanted one value a column.",
      "dataframe/invalid-argument | batches: no such option, got "lookahead", wanted one of executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/invalid-argument | toRows: no such option, got "limit", wanted one of executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/invalid-argument | toRows: the options must be an object, got null, wanted an object.",
    ]
  `);
});
