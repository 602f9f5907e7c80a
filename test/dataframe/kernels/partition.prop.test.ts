import fc from "fast-check";
import { expect, it } from "vitest";

import { distinctRows } from "../../../packages/dataframe/dist/kernels/distinct.js";
import {
  bucketsByHash,
  partitionBlock,
} from "../../../packages/dataframe/dist/kernels/partition.js";
import { columnTypes, orderableTypes } from "../../lib/dataframe/arbitraries.ts";
import { valuesOf } from "../../lib/dataframe/columns.ts";
import { compareValues } from "../../lib/dataframe/interpret-values.ts";
import { blocks, lengths } from "../../lib/dataframe/slices.ts";

it("each bucket has its rows in their order, as slices of one copy", () => {
  const drawn = fc
    .tuple(fc.array(fc.constantFrom(...columnTypes), { minLength: 1, maxLength: 3 }), lengths)
    .chain(([dtypes, length]) => {
      const buckets = fc.array(fc.nat({ max: 4 }), { minLength: length, maxLength: length });
      return fc.tuple(blocks(dtypes, length), buckets);
    });
  fc.assert(
    fc.property(drawn, ([{ block, plain }, buckets]) => {
      const parts = partitionBlock(block, Int32Array.from(buckets), 5);
      expect(parts.map(({ rows }) => rows)).toEqual(
        [0, 1, 2, 3, 4].map((bucket) => buckets.filter((of) => of === bucket).length),
      );
      parts.forEach((part, bucket) => {
        const wanted = plain.map((column) => column.filter((_, row) => buckets[row] === bucket));
        expect(part.columns.map(valuesOf)).toEqual(wanted);
        expect(part.columns[0]?.values?.buffer).toBe(parts[0]?.columns[0]?.values?.buffer);
      });
    }),
    { numRuns: 80 },
  );
});

const keyed = fc
  .tuple(
    fc.array(fc.constantFrom(...orderableTypes), { minLength: 1, maxLength: 2, size: "max" }),
    lengths,
  )
  .chain(([dtypes, length]) => blocks(dtypes, length).map((drawn) => ({ ...drawn, dtypes })));

it("equal rows fall into one bucket, and all buckets exist", () => {
  fc.assert(
    fc.property(keyed, fc.integer({ min: 1, max: 1_000 }), ({ block, plain, dtypes }, count) => {
      const buckets = bucketsByHash(block.columns, count);
      expect(buckets.every((bucket) => bucket >= 0 && bucket < count)).toBe(true);
      for (let a = 0; a < block.rows; a++) {
        for (let b = 0; b < a; b++) {
          if (isEqual(plain, dtypes, a, b)) expect(buckets[a]).toBe(buckets[b]);
        }
      }
    }),
    { numRuns: 200 },
  );
});

it("of equal rows the first one is the distinct one", () => {
  fc.assert(
    fc.property(keyed, ({ block, plain, dtypes }) => {
      const rows = Array.from({ length: block.rows }, (_, row) => row);
      const firsts = rows.filter(
        (row) => !rows.slice(0, row).some((before) => isEqual(plain, dtypes, before, row)),
      );
      expect([...distinctRows(block.columns)]).toEqual(firsts);
    }),
    { numRuns: 150 },
  );
});

type Keyed = typeof keyed extends fc.Arbitrary<infer T> ? T : never;

function isEqual(plain: Keyed["plain"], dtypes: Keyed["dtypes"], a: number, b: number): boolean {
  return dtypes.every((dtype, n) => {
    const [x = null, y = null] = [plain[n]?.[a], plain[n]?.[b]];
    return x === null || y === null ? x === y : compareValues(dtype, x, y) === 0;
  });
}
