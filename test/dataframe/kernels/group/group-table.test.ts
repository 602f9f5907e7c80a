import { expect, it } from "vitest";

import type { Block, Column } from "../../../../packages/dataframe/dist/column.js";
import { makeColumn } from "../../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../../packages/dataframe/dist/dtype.js";
import type { AggregateName } from "../../../../packages/dataframe/dist/expr/typed.js";
import type { AggregateSpec } from "../../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../../packages/dataframe/dist/kernels/group/group-table.js";
import {
  keyRanges,
  packedKeys,
} from "../../../../packages/dataframe/dist/kernels/group/packed-keys.js";
import { finishPartials } from "../../../../packages/dataframe/dist/kernels/group/partials.js";
import { splitPartials } from "../../../../packages/dataframe/dist/kernels/group/split-partials.js";
import type { Dealt } from "../../../../packages/dataframe/dist/kernels/partition.js";
import { columnOf, valuesOf } from "../../../lib/dataframe/columns.ts";

function aggregate(fn: AggregateName, arg: DType | undefined, dtype: DType): AggregateSpec {
  return { name: fn, fn, arg, params: [], dtype };
}

function fieldOf(dtype: DType, k = 0): { name: string; dtype: DType } {
  return { name: `k${k}`, dtype };
}

/** The groups of rows by the text of their keys, in the order of first rows, and their counts. */
function countByText(keys: readonly Column[]): [string, bigint][] {
  const plain = keys.map(valuesOf);
  const counts = new Map<string, bigint>();
  for (let row = 0; row < (plain[0]?.length ?? 0); row++) {
    const text = plain.map((values) => String(values[row] as string | number | bigint)).join("|");
    counts.set(text, (counts.get(text) ?? 0n) + 1n);
  }
  return [...counts];
}

function tableText(block: Block): [string, unknown][] {
  const plain = block.columns.map(valuesOf);
  return Array.from({ length: block.rows }, (_, row) => [
    plain
      .slice(0, -1)
      .map((values) => String(values[row] as string | number | bigint))
      .join("|"),
    plain.at(-1)?.[row],
  ]);
}

function mixed(i: number): number {
  return Math.imul(Math.imul(i, 0x9e3779b1) ^ (i >>> 3), 0x85ebca6b);
}

const n = 30_000;
function numbers(make: (i: number) => number): Column {
  return makeColumn(d.int32, n, { values: Int32Array.from({ length: n }, (_, i) => make(i)) });
}
function doubles(make: (i: number) => number): Column {
  return makeColumn(d.float64, n, { values: Float64Array.from({ length: n }, (_, i) => make(i)) });
}
function wides(make: (i: number) => bigint): Column {
  const values = BigInt64Array.from({ length: n }, (_, i) => make(i));
  return makeColumn(d.int64, n, { values });
}
const few = numbers((i) => mixed(i) & 15);
const many = numbers((i) => mixed(i) % 9_000);

function nullable(column: Column, isNull = (i: number): boolean => mixed(i + 2) % 5 === 0): Column {
  const valid = Uint8Array.from({ length: n }, (_, i) => (isNull(i) ? 0 : 1));
  return makeColumn(column.dtype, n, { values: column.values, valid });
}
const days = makeColumn(d.date, n, {
  values: Int32Array.from({ length: n }, (_, i) => 20_000 - (mixed(i) % 400)),
});
const truth = makeColumn(d.bool, n, {
  values: Uint8Array.from({ length: n }, (_, i) => (mixed(i) >>> 9) & 1),
});

const shapes: readonly (readonly [string, readonly Column[]])[] = [
  ["close together", [many]],
  ["far apart", [numbers((i) => mixed(i >> 1))]],
  ["far apart first, then close", [numbers((i) => (i < 9 ? i << 28 : i % 20_000))]],
  ["close first, then far apart", [numbers((i) => (i < n / 2 ? i % 500 : mixed(i) % 1_000_000))]],
  ["ascending", [numbers((i) => 7 * i)]],
  ["descending", [numbers((i) => -7 * i)]],
  ["64 bits, close together", [wides((i) => BigInt(mixed(i) % 700) + 2n ** 41n)]],
  ["64 bits beyond doubles", [wides((i) => 2n ** 62n + BigInt(mixed(i) % 700))]],
  ["64 bits that share a half", [wides((i) => BigInt(mixed(i) % 9_000) << 32n)]],
  ["doubles whole at first", [doubles((i) => (i < 6_000 ? i % 50 : (mixed(i) % 999) / 4))]],
  ["doubles of all sizes", [doubles((i) => 2 ** (mixed(i) % 900))]],
  [
    "texts",
    [
      columnOf(
        d.utf8,
        Array.from({ length: n }, (_, i) => `n°${mixed(i) % 9_000}`),
      ),
    ],
  ],
  ["high and then low", [numbers((i) => (i % 300) + (i < 9_000 ? 2 ** 31 - 400 : -(2 ** 31)))]],
  ["null at first", [nullable(many, (i) => i < 9_000)]],
  ["few and many", [few, many]],
  ["few that may be null and many", [nullable(few), many]],
  [
    "pairs that fill a table in the end",
    [doubles((i) => (i % 256) / 8), doubles((i) => (3 * (i >> 8) + (i % 3)) / 8)],
  ],
  ["days and truth", [days, truth]],
  ["two of which one grows", [few, numbers((i) => (i < 9_000 ? i % 300 : -40 * i))]],
  ["two that get too far apart", [many, numbers((i) => (i < 9_000 ? i % 300 : mixed(i >> 2)))]],
  ["two at the ends of their ranges", [truth, numbers((i) => (i % 3) * 2 ** 30 - 2 ** 31)]],
  ["null alone and many", [nullable(few, () => true), many]],
  ["many and many", [many, numbers((i) => mixed(i + 5) % 8_000)]],
  ["three", [few, numbers((i) => mixed(i + 9) & 7), few]],
  ["three of many", [many, few, doubles((i) => (mixed(i + 3) % 3_000) / 8)]],
];

it.each(shapes)("keys that are %s are told apart, in the order of first rows", (_, keys) => {
  const fields = keys.map(({ dtype }, k) => fieldOf(dtype, k));
  const aggregates = [aggregate("rows", undefined, d.int64)];
  const table = new GroupTable(fields, aggregates);
  table.add(keys, [undefined], undefined, n);
  const wanted = countByText(keys);
  const spec = { keys: fields, aggregates };
  const partial = table.partial(3);
  expect(tableText(finishPartials([partial], spec))).toStrictEqual(wanted);
  for (const packed of [undefined, packedKeys(keyRanges([partial], fields))]) {
    const [{ ends }] = splitPartials([partial], spec, 4, 4, packed) as [Dealt];
    const rows = [...ends.subarray(1)].map((end, bucket) => end - (ends[bucket] as number));
    expect(rows.reduce((sum, count) => sum + count)).toBe(wanted.length);
    expect(Math.max(...rows)).toBeLessThan(wanted.length / 4 + 40 + wanted.length / 16);
  }
});

it("without keys there is one group, also of no rows", () => {
  const all = (["rows", "count", "sum", "mean", "min", "first", "nUnique", "var"] as const).map(
    (fn) => aggregate(fn, fn === "rows" ? undefined : d.int64, d.int64),
  );
  const table = new GroupTable([], all);
  expect(table.finish().columns.map(valuesOf)).toStrictEqual(
    [0n, 0n, null, null, null, null, 0n, null].map((value) => [value]),
  );
  const spec = { keys: [], aggregates: all };
  const partials = [new GroupTable([], all).partial(0), new GroupTable([], all).partial(1)];
  expect(finishPartials(partials, spec).columns.map((column) => valuesOf(column)[0])).toStrictEqual(
    [0n, 0n, null, null, null, null, 0n, null],
  );
});

it("with keys there are no groups of no rows", () => {
  const aggregates = [aggregate("sum", d.int64, d.int64)];
  const table = new GroupTable([fieldOf(d.utf8)], aggregates);
  expect(table.finish()).toMatchObject({ rows: 0, names: ["k0", "sum"] });
  expect(finishPartials([], { keys: [fieldOf(d.utf8)], aggregates }).rows).toBe(0);
});

function sumOf(values: readonly bigint[], arg: DType, dtype: DType, times = 1): unknown {
  const aggregates = [aggregate("sum", arg, dtype)];
  const table = new GroupTable([], aggregates);
  const column = columnOf(arg, values);
  for (let k = 0; k < times; k++) table.add([], [column], undefined, values.length);
  const partial = table.partial();
  return valuesOf(finishPartials([partial], { keys: [], aggregates }).columns[0] as Column)[0];
}

it("sums of whole numbers are exact, however many there are and whatever they pass through", () => {
  const extremes = Array.from({ length: 4_096 }, (_, i) => (i % 2 === 0 ? 1n : 2n) << 61n);
  // 600 times the rows are more than are added between two carries.
  const sums = [...extremes, ...extremes.map((value) => -value), 12_345_678_987_654_321n];
  expect(sumOf(sums, d.int64, d.int64, 80)).toBe(80n * 12_345_678_987_654_321n);
  const small = Array.from({ length: 4_096 }, () => 4_294_967_295n).map(Number) as never[];
  expect(sumOf(small, d.uint32, d.int64, 600)).toBe(600n * 4_096n * 4_294_967_295n);
  expect(sumOf([2n ** 63n, 2n ** 63n - 1n], d.uint64, d.uint64)).toBe(2n ** 64n - 1n);
});

it("means of whole numbers are of the exact sum", () => {
  const values = Array.from({ length: 1_000 }, () => 2n ** 62n + 512n);
  const aggregates = [aggregate("mean", d.int64, d.float64)];
  const table = new GroupTable([], aggregates);
  table.add([], [columnOf(d.int64, values)], undefined, values.length);
  expect(valuesOf(table.finish().columns[0] as Column)).toStrictEqual([2 ** 62 + 1_024]);
});

it("a sum that its dtype does not hold is an error", () => {
  expect(() => sumOf([2n ** 62n, 2n ** 62n], d.int64, d.int64)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: sum: a total of "sum" is too great, got 9223372036854775808, wanted what int64 holds. Cast the argument to float64 first.]`,
  );
  expect(() =>
    sumOf([2n ** 63n, 2n ** 63n], d.uint64, d.uint64),
  ).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: sum: a total of "sum" is too great, got 18446744073709551616, wanted what uint64 holds. Cast the argument to float64 first.]`,
  );
  const money = d.decimal(18, 2);
  const most = 10n ** 18n - 1n;
  expect(sumOf([most, -1n], money, money)).toBe(most - 1n);
  expect(() => sumOf([most, 1n], money, money)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: sum: a total of "sum" is too great, got 1000000000000000000, wanted what decimal(18, 2) holds. Cast the argument to float64 first.]`,
  );
});

it("a list is no key", () => {
  expect(() => new GroupTable([fieldOf(d.list(d.int32))], [])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: group by: values cannot be told apart, got a column of list(int32), wanted numbers, texts, dates or truth. Take a part of it out first.]`,
  );
});

it("texts that win a group one after the other do not pile up", () => {
  const texts = Array.from({ length: 40_000 }, (_, i) => String(200_000 - i).repeat(4));
  const aggregates = [aggregate("min", d.utf8, d.utf8), aggregate("last", d.utf8, d.utf8)];
  const table = new GroupTable([], aggregates);
  const column = columnOf(d.utf8, texts);
  table.add([], [column, column], undefined, texts.length);
  const last = texts.at(-1);
  const columns = table.finish().columns;
  expect(columns.map(valuesOf)).toStrictEqual([[last], [last]]);
  expect(columns[0]?.values?.length).toBe(last?.length);
});
