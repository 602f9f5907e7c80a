import { col, float64, int64, timestamp, utf8 } from "@millrace/dataframe";
import type { DType, DataFrame } from "@millrace/dataframe";
import type { ExecutorName } from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { planOf } from "../../../packages/dataframe/dist/dataframe.js";
import { cutRows, cuttings } from "../../lib/dataframe/arbitrary-queries.ts";
import { compareRows } from "../../lib/dataframe/evaluate-plan.ts";
import { partitionsOf } from "../../lib/dataframe/frame-rows.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import type { Row } from "../../lib/dataframe/interpret.ts";
import { expectTrueLayouts } from "../../lib/dataframe/true-layouts.ts";
import { executors } from "../../lib/executors.ts";

/** Few values, so that ties over partitions are common. */
const pools: readonly (readonly [DType, readonly Value[]])[] = [
  [float64, [0, -0, 1, 2, 2.5, Number.NaN, null, -1]],
  [int64, [0n, 1n, 2n ** 60n, null, -5n]],
  [utf8, ["", "a", "b", "\uffff", "\u{10000}", null]],
  [timestamp("ms"), [0n, 1n, -1n, null]],
];

const inputs = fc
  .constantFrom(...pools)
  .chain(([dtype, values]) =>
    fc.record({
      dtype: fc.constant(dtype),
      values: fc.array(fc.constantFrom(...values), { maxLength: 30, size: "max" }),
    }),
  )
  .map(({ dtype, values }) => ({
    fields: [
      { name: "v", dtype },
      { name: "row", dtype: int64 },
    ],
    rows: values.map(
      (value, row): Row =>
        new Map<string, Value>([
          ["v", value],
          ["row", BigInt(row)],
        ]),
    ),
    on: (frame: DataFrame) => ({ frame, isOrdered: true }),
  }));

const by = [{ name: "v", descending: false, nulls: "last" }] as const;

function idsOf(rows: readonly Row[]): Value[] {
  return rows.map((row) => row.get("row") ?? null);
}

/** Holds an index to what it says: stable order, and partitions between their divisions. */
async function expectIndexed(
  frame: DataFrame,
  input: { rows: readonly Row[]; fields: readonly { name: string; dtype: DType }[] },
  executor: ExecutorName,
): Promise<void> {
  const partitions = await partitionsOf(frame, { executor });
  const dtypes = new Map(input.fields.map(({ name, dtype }) => [name, dtype]));
  const wanted = input.rows.toSorted((a, b) => compareRows(a, b, by, dtypes));
  expect(idsOf(partitions.flat())).toEqual(idsOf(wanted));
  expectTrueLayouts(new Map([[planOf("test", frame), partitions]]));
  expect(frame.index).toBe("v");
  const hasValues = input.rows.some((row) => row.get("v") !== null);
  expect(frame.divisions === undefined).toBe(!hasValues);
  expect(frame.divisions?.length ?? frame.npartitions + 1).toBe(frame.npartitions + 1);
}

describe.each(executors)("on %s", (executor) => {
  it("setIndex gives a stable order with true divisions, of any data in any partitions", async () => {
    const property = fc.asyncProperty(
      inputs,
      cuttings,
      fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      async (input, cutting, npartitions) => {
        const { frame } = cutRows(input, cutting);
        const options = npartitions === undefined ? {} : { npartitions };
        const indexed = await frame.setIndex("v", { ...options, executor });
        await expectIndexed(indexed, input, executor);
        expect(indexed.npartitions).toBe(npartitions ?? frame.npartitions);
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  it("sorted: true takes what is in order, ties over partitions and all", async () => {
    const property = fc.asyncProperty(inputs, cuttings, async (input, cutting) => {
      const dtypes = new Map(input.fields.map(({ name, dtype }) => [name, dtype]));
      const rows = input.rows.toSorted((a, b) => compareRows(a, b, by, dtypes));
      const { frame } = cutRows({ ...input, rows }, cutting);
      const indexed = await frame.setIndex("v", { sorted: true, executor });
      await expectIndexed(indexed, { ...input, rows }, executor);
      expect(indexed.npartitions).toBe(frame.npartitions);
    });
    await fc.assert(property, { numRuns: 15 });
  });
});

it("divisions that are known lead to filters, repartitions and groups that are right", async () => {
  const property = fc.asyncProperty(inputs, cuttings, async (input, cutting) => {
    const indexed = await cutRows(input, cutting).frame.setIndex("v");
    const names = async (frame: DataFrame): Promise<Value[]> =>
      idsOf((await partitionsOf(frame, {})).flat());
    const all = await names(indexed);
    expect(await names(indexed.repartition({ npartitions: 3 }))).toEqual(all);
    expect(await names(indexed.sort("v"))).toEqual(all);
    expect(await names(indexed.filter(col("v").isNotNull().or(col("v").isNull())))).toEqual(all);
    const { divisions } = indexed;
    if (divisions === undefined) return;
    const ends = [divisions[0], divisions.at(-1)].map((end) => end ?? 0);
    const cut = indexed.repartition({ divisions: ends });
    expect(cut.npartitions).toBe(1);
    expect(await names(cut)).toEqual(all);
    const counts = async (frame: DataFrame): Promise<unknown> =>
      frame
        .groupBy("v")
        .agg({ n: col("row").count() })
        .toRows();
    expect(await counts(indexed)).toEqual(await counts(cut));
  });
  await fc.assert(property, { numRuns: 15 });
});
