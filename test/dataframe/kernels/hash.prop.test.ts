import fc from "fast-check";
import { expect, it } from "vitest";

import type { Column } from "../../../packages/dataframe/dist/column.js";
import { makeColumn } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import { hashColumns } from "../../../packages/dataframe/dist/kernels/hash.js";
import { orderableTypes } from "../../lib/dataframe/arbitraries.ts";
import { columnOf } from "../../lib/dataframe/columns.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import { compareValues } from "../../lib/dataframe/interpret-values.ts";
import { columns } from "../../lib/dataframe/slices.ts";

function hashesOf(keys: readonly Column[], selection?: Int32Array): number[] {
  const n = selection?.length ?? keys[0]?.length ?? 0;
  const out = new Uint32Array(n);
  hashColumns(keys, selection, n, out);
  return [...out];
}

function isSame(dtype: DType, a: Value, b: Value): boolean {
  return a === null || b === null ? a === b : compareValues(dtype, a, b) === 0;
}

it("equal values have equal hashes, however they are stored and sliced, and others differ", () => {
  const drawn = fc
    .tuple(fc.constantFrom(...orderableTypes), fc.nat({ max: 12 }))
    .chain(([dtype, length]) =>
      fc.tuple(fc.constant(dtype), columns(dtype, length), columns(dtype, length)),
    );
  fc.assert(
    fc.property(drawn, ([dtype, one, two]) => {
      const [a, b] = [hashesOf([one.column]), hashesOf([two.column])];
      // Of few values none collide with a hash of 32 bits, unless it is a bad one.
      const wrong = one.plain.flatMap((x, i) =>
        two.plain.filter((y, j) => (a[i] === b[j]) !== isSame(dtype, x, y)).map((y) => [x, y]),
      );
      expect(wrong).toStrictEqual([]);
    }),
    { numRuns: 150 },
  );
});

it("hashes of selected rows are those of the rows, of several columns as well", () => {
  const types = fc.array(fc.constantFrom(...orderableTypes), { minLength: 1, maxLength: 3 });
  const drawn = types.chain((dtypes) =>
    fc.tuple(
      fc.tuple(...dtypes.map((dtype) => columns(dtype, 8))),
      fc.subarray([...Array(8).keys()]),
    ),
  );
  fc.assert(
    fc.property(drawn, ([keys, rows]) => {
      const all = hashesOf(keys.map(({ column }) => column));
      const some = hashesOf(
        keys.map(({ column }) => column),
        Int32Array.from(rows),
      );
      expect(some).toStrictEqual(rows.map((row) => all[row]));
    }),
  );
});

it("the hash of a value is the same in all processes", () => {
  const keys = [
    columnOf(d.int32, [1, -1, null]),
    columnOf(d.float64, [0.5, Number.NaN, -0]),
    columnOf(d.int64, [2n ** 40n, null, -1n]),
    columnOf(d.utf8, ["", "mill", "Mühlrad läuft"]),
    columnOf(d.bool, [true, false, null]),
  ];
  expect(keys.map((key) => hashesOf([key]))).toMatchInlineSnapshot(`
    [
      [
        3611715368,
        922261209,
        3005297277,
      ],
      [
        1791869668,
        3688013632,
        1616512399,
      ],
      [
        3940833816,
        3005297277,
        3904997429,
      ],
      [
        2409258929,
        3742796218,
        2148913123,
      ],
      [
        3611715368,
        2409258929,
        3005297277,
      ],
    ]
  `);
  expect(hashesOf(keys)).toMatchInlineSnapshot(`
    [
      3510650143,
      1557932796,
      1870094985,
    ]
  `);
});

it("other bits of a NaN make no other hash", () => {
  const bits = BigInt64Array.of(0x7ff8000000000000n, -1n, 0x7ff0000000000001n);
  const values = new Float64Array(bits.buffer);
  const [a, b, c] = hashesOf([makeColumn(d.float64, 3, { values })]);
  expect([b, c]).toStrictEqual([a, a]);
});

/** How far counts of buckets are from even, as chi-squared over its degrees of freedom. */
function unevenness(hashes: readonly number[], bucketOf: (hash: number) => number): number {
  const counts = new Float64Array(256);
  for (const hash of hashes) counts[bucketOf(hash)] = (counts[bucketOf(hash)] ?? 0) + 1;
  const wanted = hashes.length / 256;
  return counts.reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, 0) / 255;
}

const n = 65_536;
const patterns: readonly (readonly [string, Column])[] = [
  [
    "whole numbers in a row",
    makeColumn(d.int32, n, { values: Int32Array.from({ length: n }, (_, i) => i) }),
  ],
  [
    "multiples of 4096",
    makeColumn(d.int32, n, { values: Int32Array.from({ length: n }, (_, i) => i << 12) }),
  ],
  [
    "whole doubles",
    makeColumn(d.float64, n, { values: Float64Array.from({ length: n }, (_, i) => i) }),
  ],
  [
    "high halves",
    makeColumn(d.int64, n, {
      values: BigInt64Array.from({ length: n }, (_, i) => BigInt(i) << 32n),
    }),
  ],
  [
    "texts that end in a number",
    columnOf(
      d.utf8,
      Array.from({ length: n }, (_, i) => `id${i}`),
    ),
  ],
];

it.each(patterns)("%s are spread evenly by high and by low bits", (_, column) => {
  const hashes = hashesOf([column]);
  expect(new Set(hashes).size).toBeGreaterThan(n - 8);
  expect(unevenness(hashes, (hash) => hash >>> 24)).toBeLessThan(1.5);
  expect(unevenness(hashes, (hash) => hash & 255)).toBeLessThan(1.5);
});

it("a list is no key", () => {
  const lists = columnOf(d.list(d.int32), [[1], []]);
  expect(() => hashesOf([lists])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: group by: values cannot be told apart, got a column of list(int32), wanted numbers, texts, dates or truth. Take a part of it out first.]`,
  );
});
