import fc from "fast-check";
import { expect, it } from "vitest";

import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";
import type { Piece } from "../../../packages/dataframe/dist/plan/node.js";
import {
  floorShare,
  piecesOfDivisions,
  piecesOfRows,
  piecesOfSize,
  rowsOfLength,
} from "../../../packages/dataframe/dist/plan/pieces.js";

/** What is wrong with pieces: they must have all rows in order, and as many as asked. */
function faultOf(
  before: readonly number[],
  after: readonly number[],
  plan: readonly (readonly Piece[])[],
): string | undefined {
  if (plan.length !== after.length) return `${plan.length} partitions`;
  let input = 0;
  let at = 0;
  for (let output = 0; output < plan.length; output++) {
    const pieces = plan[output] ?? [];
    let left = after[output] ?? 0;
    if (pieces.length === 0) return `partition ${output} has no columns`;
    for (const [from, start, end] of pieces) {
      if (from >= before.length || from < 0) return `there is no input ${from}`;
      if (start === end && pieces.length > 1) return `partition ${output} has a piece of no rows`;
      left -= end - start;
      if (start === end) continue;
      while (at === before[input]) [input, at] = [input + 1, 0];
      if (from !== input || start !== at) return `partition ${output} begins elsewhere`;
      at = end;
      if (at > (before[input] ?? 0)) return `partition ${output} ends elsewhere`;
    }
    if (left !== 0) return `partition ${output} has ${left} rows too few`;
  }
  while (input < before.length && at === before[input]) [input, at] = [input + 1, 0];
  return input === before.length ? undefined : "rows are left over";
}

/** Rows of partitions whose boundary i is `floor(i · rows / count)`. */
function balanced(rows: number, count: number): number[] {
  const balancedTo: number[] = [];
  for (let i = 0; i < count; i++) {
    balancedTo.push(Math.floor(((i + 1) * rows) / count) - Math.floor((i * rows) / count));
  }
  return balancedTo;
}

const pairsBelow = 400;

it("every row is in one piece, for every two numbers of partitions below 400", () => {
  // Skewed, and every fourth is empty.
  const skewed = Array.from({ length: pairsBelow }, (_, i) => (i % 4 === 3 ? 0 : (i * i) % 97));
  for (let n = 1; n < pairsBelow; n++) {
    const before = skewed.slice(0, n);
    const sum = before.reduce((rows, more) => rows + more, 0);
    for (let m = 1; m < pairsBelow; m++) {
      const after = balanced(sum, m);
      const fault = faultOf(before, after, piecesOfRows(before, after));
      if (fault !== undefined) expect.fail(`from ${n} to ${m}: ${fault}`);
    }
  }
});

it("a share is exact where the product has no room in a number", () => {
  const counts = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(fc.maxSafeNat(), counts, fc.double({ min: 0, max: 1, noNaN: true }), (...drawn) => {
      const [rows, count, at] = drawn;
      const i = Math.floor(at * count);
      const exact = (BigInt(i) * BigInt(rows)) / BigInt(count);
      expect(floorShare(rows, i, count)).toBe(Number(exact));
    }),
  );
});

const rowCounts = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 40 })), {
  minLength: 1,
  maxLength: 30,
  size: "max",
});

it("partitions by rows have that many each, but for the last", () => {
  fc.assert(
    fc.property(rowCounts, fc.integer({ min: 1, max: 50 }), (before, partitionRows) => {
      const after = rowsOfLength("repartition", before, partitionRows);
      expect(after.slice(0, -1).every((rows) => rows === partitionRows)).toBe(true);
      expect(faultOf(before, after, piecesOfRows(before, after))).toBe(undefined);
    }),
  );
});

it("partitions by size are as large as asked or one row, and no neighbours fit in one", () => {
  const inputs = fc.array(
    fc.tuple(fc.oneof(fc.constant(0), fc.nat({ max: 40 })), fc.integer({ min: 1, max: 64 })),
    { minLength: 1, maxLength: 20, size: "max" },
  );
  fc.assert(
    fc.property(inputs, fc.integer({ min: 1, max: 500 }), (drawn, bytesMax) => {
      const measured = drawn.map(([rows, rowBytes]) => ({ rows, bytes: rows * rowBytes }));
      const plan = piecesOfSize(measured, bytesMax);
      const before = measured.map(({ rows }) => rows);
      const rowsOf = (pieces: readonly Piece[]): number =>
        pieces.reduce((sum, [, start, end]) => sum + end - start, 0);
      expect(faultOf(before, plan.map(rowsOf), plan)).toBe(undefined);
      const sizeOf = ([input, start, end]: Piece): number =>
        (end - start) * (drawn[input]?.[1] ?? NaN);
      const sizes = plan.map((pieces) => pieces.reduce((sum, piece) => sum + sizeOf(piece), 0));
      plan.forEach((pieces, i) => {
        expect(sizes[i]! <= bytesMax || rowsOf(pieces) === 1).toBe(true);
        const next = plan[i + 1]?.[0];
        if (next !== undefined) expect(sizes[i]! + sizeOf(next)).toBeGreaterThan(bytesMax);
      });
    }),
  );
});

const bounds = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 8, size: "max" })
  .map((drawn) => drawn.toSorted((a, b) => a - b));

/** Index values of each partition, as bounds say where they must be. */
function dealt(values: readonly number[], divisions: readonly Scalar[]): number[][] {
  const inner = divisions.slice(1, -1) as number[];
  const parts = Array.from({ length: divisions.length - 1 }, (): number[] => []);
  for (const value of values) parts[inner.filter((bound) => bound <= value).length]?.push(value);
  return parts;
}

it("pieces between bounds bring each row where the new bounds say", () => {
  const values = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30, size: "max" });
  fc.assert(
    fc.property(bounds, bounds, values, (before, after, drawn) => {
      const [first = 0, last = 0] = [before[0], before.at(-1)];
      const held = drawn.filter((x) => x >= first && x <= last).toSorted((a, b) => a - b);
      const inputs = dealt(held, before);
      const plan = piecesOfDivisions(before, after);
      const outputs = plan.map((pieces) =>
        pieces.flatMap(([input, low = -Infinity, high = Infinity]) =>
          (inputs[input] ?? []).filter((x) => x >= (low as number) && x < (high as number)),
        ),
      );
      expect(plan.every((pieces) => pieces.length > 0)).toBe(true);
      expect(outputs).toEqual(dealt(held, after));
    }),
    { numRuns: 1_000 },
  );
});

it("rows that are not known are told", () => {
  expect(() => rowsOfLength("repartition", undefined, 100)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: partitionRows of unknown rows, got 100, wanted partitions whose rows are known: from rows, Arrow or Parquet, not yet filtered. Use npartitions, or repartitionBySize, which looks at the data.]`,
  );
  expect(() => rowsOfLength("repartition", [1], 0.5)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: bad partitionRows, got 0.5, wanted a whole number of 1 or more.]`,
  );
});
