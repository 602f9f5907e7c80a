import fc from "fast-check";
import { expect, it } from "vitest";

import { blocksOf, cutBlocks, joinPieces } from "../../../packages/dataframe/dist/kernels/cut.js";
import { distinctRows } from "../../../packages/dataframe/dist/kernels/distinct.js";
import {
  bucketsByHash,
  partitionBlock,
} from "../../../packages/dataframe/dist/kernels/partition.js";
import { columnTypes, orderableTypes } from "../../lib/dataframe/arbitraries.ts";
import { valuesOf } from "../../lib/dataframe/columns.ts";
import { compareValues } from "../../lib/dataframe/interpret-values.ts";
import { blocks, lengths } from "../../lib/dataframe/slices.ts";

it("each bucket has its rows in their order, as pieces of one copy", () => {
  const drawn = fc
    .tuple(fc.array(fc.constantFrom(...columnTypes), { minLength: 1, maxLength: 3 }), lengths)
    .chain(([dtypes, length]) => {
      const buckets = fc.array(fc.nat({ max: 4 }), { minLength: length, maxLength: length });
      return fc.tuple(blocks(dtypes, length), buckets);
    });
  fc.assert(
    fc.property(drawn, ([{ block, plain }, buckets]) => {
      const dealt = partitionBlock(block, Int32Array.from(buckets), 5);
      const cut = cutBlocks([dealt], 5);
      const parts = [0, 1, 2, 3, 4].flatMap((j) => blocksOf(cut.piece(j)));
      expect(parts.map(({ rows }) => rows)).toEqual(
        [0, 1, 2, 3, 4].map((bucket) => buckets.filter((of) => of === bucket).length),
      );
      parts.forEach((part, bucket) => {
        const wanted = plain.map((column) => column.filter((_, row) => buckets[row] === bucket));
        expect(part.columns.map(valuesOf)).toEqual(wanted);
        expect(part.columns[0]?.values?.buffer).toBe(dealt.block.columns[0]?.values?.buffer);
      });
    }),
    { numRuns: 80 },
  );
});

it("pieces of many cuts come together as their rows one after the other", () => {
  const drawn = fc
    .tuple(
      fc.array(fc.constantFrom(...columnTypes), { minLength: 1, maxLength: 3 }),
      fc.array(lengths, { minLength: 1, maxLength: 4 }),
    )
    .chain(([dtypes, counts]) => fc.tuple(...counts.map((count) => blocks(dtypes, count))));
  fc.assert(
    fc.property(drawn, fc.integer({ min: 1, max: 3 }), (cutUp, count) => {
      const buckets = cutUp.map(({ block }, n) =>
        Int32Array.from({ length: block.rows }, (_, row) => (row * 7 + n) % count),
      );
      const cuts = cutUp.map(({ block }, n) =>
        cutBlocks([partitionBlock(block, (buckets[n] as Int32Array).slice(), count)], count),
      );
      for (let j = 0; j < count; j++) {
        const joined = joinPieces(cuts.map((cut) => cut.piece(j)));
        const wanted = joined.columns.map((_, c) =>
          cutUp.flatMap(({ plain }, n) => plain[c]?.filter((_, row) => buckets[n]?.[row] === j)),
        );
        expect(joined.columns.map(valuesOf)).toEqual(wanted);
      }
      const [first] = cutUp;
      if (first === undefined) return;
      // Several blocks in one cut: a piece has some of each.
      const both = cutBlocks(
        cutUp.map(({ block }, n) =>
          partitionBlock(block, (buckets[n] as Int32Array).slice(), count),
        ),
        count,
      );
      const parts = blocksOf(both.piece(count - 1));
      expect(parts.map(({ columns }) => columns.map(valuesOf))).toEqual(
        cutUp.map(({ plain }, n) =>
          plain.map((column) => column.filter((_, row) => buckets[n]?.[row] === count - 1)),
        ),
      );
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
