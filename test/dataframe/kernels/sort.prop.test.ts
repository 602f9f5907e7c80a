import fc from "fast-check";
import { expect, it } from "vitest";

import type { Column } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { SortOrder } from "../../../packages/dataframe/dist/kernels/order-words.js";
import { bucketsByRange } from "../../../packages/dataframe/dist/kernels/range-buckets.js";
import { sortedRows } from "../../../packages/dataframe/dist/kernels/sort.js";
import { takeColumn } from "../../../packages/dataframe/dist/kernels/take.js";
import { topRows } from "../../../packages/dataframe/dist/kernels/topk.js";
import { orderableTypes } from "../../lib/dataframe/arbitraries.ts";
import { columnOf } from "../../lib/dataframe/columns.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import { compareValues } from "../../lib/dataframe/interpret-values.ts";
import { blocks, lengths } from "../../lib/dataframe/slices.ts";

const orders: fc.Arbitrary<SortOrder> = fc.record({
  descending: fc.boolean(),
  nulls: fc.constantFrom("first", "last"),
});

type Drawn = {
  readonly dtypes: readonly DType[];
  readonly orders: readonly SortOrder[];
  readonly columns: readonly Column[];
  readonly plain: readonly (readonly Value[])[];
  readonly length: number;
};

/** One to three columns to sort by. */
const sortables: fc.Arbitrary<Drawn> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...orderableTypes), orders), {
      minLength: 1,
      maxLength: 3,
      size: "max",
    }),
    lengths,
  )
  .chain(([keys, length]) => {
    const dtypes = keys.map(([dtype]) => dtype);
    return blocks(dtypes, length).map(({ block, plain }) => {
      return {
        dtypes,
        orders: keys.map(([, order]) => order),
        columns: block.columns,
        plain,
        length,
      };
    });
  });

/** The order of two rows, in the plainest way. */
function compareRows({ dtypes, orders: by, plain }: Drawn, a: number, b: number): number {
  for (const [n, dtype] of dtypes.entries()) {
    const { descending, nulls } = by[n] as SortOrder;
    const [x = null, y = null] = [plain[n]?.[a], plain[n]?.[b]];
    if (x === null || y === null) {
      const nullsFirst = Number(y === null) - Number(x === null);
      if (nullsFirst !== 0) return nulls === "first" ? nullsFirst : -nullsFirst;
    } else {
      const order = compareValues(dtype, x, y);
      if (order !== 0) return descending ? -order : order;
    }
  }
  return 0;
}

function plainOrder(drawn: Drawn): number[] {
  const rows = Array.from({ length: drawn.length }, (_, row) => row);
  return rows.sort((a, b) => compareRows(drawn, a, b) || a - b);
}

it("rows come in the order of a comparison, equal ones as they stood", () => {
  fc.assert(
    fc.property(sortables, (drawn) => {
      expect([...sortedRows(drawn.columns, drawn.orders)]).toEqual(plainOrder(drawn));
    }),
    { numRuns: 200 },
  );
});

it("the first rows are those of the whole order", () => {
  fc.assert(
    fc.property(sortables, fc.nat({ max: 70 }), (drawn, count) => {
      const top = topRows(drawn.columns, drawn.orders, count);
      expect([...top]).toEqual(plainOrder(drawn).slice(0, count));
    }),
    { numRuns: 200 },
  );
});

it("the bucket of a row is how many bounds do not come after it", () => {
  fc.assert(
    fc.property(sortables, fc.array(fc.nat(), { maxLength: 5, size: "max" }), (drawn, picks) => {
      const order = plainOrder(drawn);
      const picked = drawn.length === 0 ? [] : picks.map((pick) => pick % drawn.length);
      const bounds = order.filter((row) => picked.includes(row));
      const rows = Int32Array.from(bounds);
      const buckets = bucketsByRange(
        drawn.columns,
        drawn.columns.map((column) => takeColumn(column, rows)),
        drawn.orders,
      );
      const wanted = Array.from(
        { length: drawn.length },
        (_, row) => bounds.filter((bound) => compareRows(drawn, bound, row) <= 0).length,
      );
      expect([...buckets]).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});

it("bounds without end, far apart or next to each other, find the bucket of any number", () => {
  const number = fc.oneof(
    fc.constantFrom(-Infinity, Infinity, NaN, 0, -0, 5e-324, -5e-324, 1e308, -1e308),
    fc.integer({ min: -3, max: 3 }),
    fc.double(),
  );
  const drawn = fc.tuple(
    fc.array(number, { maxLength: 60, size: "max" }),
    fc.array(number),
    orders,
  );
  fc.assert(
    fc.property(drawn, ([numbers, bounds, order]) => {
      const column = columnOf(d.float64, numbers);
      const unsorted = columnOf(d.float64, bounds);
      const sorted = takeColumn(unsorted, sortedRows([unsorted], [order]));
      const buckets = bucketsByRange([column], [sorted], [order]);
      const isAfter = (bound: number, value: number): boolean => {
        const by = compareValues(d.float64, bound, value);
        return order.descending ? by < 0 : by > 0;
      };
      expect([...buckets]).toEqual(
        numbers.map((value) => bounds.filter((bound) => !isAfter(bound, value)).length),
      );
    }),
    { numRuns: 300 },
  );
});

/** Whole numbers without a pattern, the same in each run. */
function noise(count: number): number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 0;
  });
}

const many = 150_000;

/** Near 0 mostly, and few far away. */
function skewed(n: number): number {
  return n % 50 === 0 ? n : n % 7_000;
}

it.each<[string, DType, (n: number) => Value]>([
  ["numbers of all bits", d.int32, (n) => n | 0],
  ["numbers of which most are near each other", d.uint32, skewed],
  ["numbers that are near each other at places", d.int32, (n) => (n & 0x7f00_00ff) >> 0],
  ["numbers of which one is very frequent", d.int32, (n) => (n % 3 === 0 ? n | 0 : 5)],
  ["few numbers", d.int8, (n) => (n >>> 24) - 128],
  ["doubles", d.float64, (n) => (n / 2 ** 32 - 0.5) * 1e6],
  ["doubles of which few differ", d.float64, (n) => (n >>> 27) / 8],
  ["wide numbers", d.int64, (n) => (BigInt(n) * BigInt(n)) / 2n - 2n ** 62n],
  ["texts", d.utf8, (n) => `key-${(n >>> 12).toString(36)}`],
  ["texts of very different lengths", d.utf8, (n) => "x".repeat(n >>> 30).padEnd(n >>> 29, "y")],
])("%s are sorted by digits too", (_, dtype, make) => {
  const plain = noise(many).map(make);
  const columns = [columnOf(dtype, plain)];
  for (const descending of [false, true]) {
    const drawn: Drawn = {
      dtypes: [dtype],
      orders: [{ descending, nulls: "last" }],
      columns,
      plain: [plain],
      length: many,
    };
    const sorted = sortedRows(columns, drawn.orders);
    for (let i = 1; i < many; i++) {
      const [a, b] = [sorted[i - 1] as number, sorted[i] as number];
      if ((compareRows(drawn, a, b) || a - b) >= 0) expect.fail(`row ${b} stands behind row ${a}`);
    }
    expect(new Set(sorted).size).toBe(many);
    expect([...topRows(columns, drawn.orders, 1_000)]).toEqual([...sorted.subarray(0, 1_000)]);
  }
});
