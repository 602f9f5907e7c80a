import fc from "fast-check";
import { expect, it } from "vitest";

import type { Block } from "../../../../packages/dataframe/dist/column.js";
import { makeColumn } from "../../../../packages/dataframe/dist/column.js";
import * as d from "../../../../packages/dataframe/dist/dtype.js";
import type { GroupSpec } from "../../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../../packages/dataframe/dist/kernels/group/group-table.js";
import {
  combinePartials,
  finishPartials,
} from "../../../../packages/dataframe/dist/kernels/group/partials.js";
import { valuesOf } from "../../../lib/dataframe/columns.ts";

const quantiles = [0, 0.001, 0.1, 0.5, 0.75, 0.99, 0.9999, 1];
const spec: GroupSpec = {
  keys: [],
  aggregates: [
    { name: "n", fn: "approxNUnique", arg: d.float64, params: [], dtype: d.int64 },
    ...quantiles.map((q) => {
      const fn = "approxQuantile" as const;
      return { name: `q${q}`, fn, arg: d.float64, params: [q], dtype: d.float64 };
    }),
  ],
};

function partialOf(values: Float64Array): Block {
  const table = new GroupTable(spec.keys, spec.aggregates);
  const column = makeColumn(d.float64, values.length, { values });
  table.add(
    [],
    spec.aggregates.map(() => column),
    undefined,
    values.length,
  );
  return table.partial();
}

/** Pieces of values, combined in a tree of which `shape` decides. */
function resultOf(values: Float64Array, cuts: readonly number[], shape: number): number[] {
  const bounds = [0, ...cuts.map((cut) => Math.floor(cut * values.length)), values.length];
  bounds.sort((a, b) => a - b);
  let blocks = bounds.slice(1).map((end, k) => partialOf(values.subarray(bounds[k], end)));
  for (let at = shape; blocks.length > 1; at = (at * 31 + 7) % 1_000) {
    const start = at % (blocks.length - 1);
    const joined = combinePartials(blocks.slice(start, start + 2), spec);
    blocks = [...blocks.slice(0, start), joined, ...blocks.slice(start + 2)];
  }
  return finishPartials(blocks, spec).columns.map((column) => Number(valuesOf(column)[0]));
}

/** Values of some shape from a generator with a seed. */
function valuesFrom(seed: number, n: number, shape: number): Float64Array {
  let state = seed | 1;
  const random = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const shapes = [
    () => random(),
    () => -Math.log(random() + 2 ** -33),
    () => Math.floor(random() * 50),
    (i: number) => i,
    (i: number) => -i * random() ** 8,
  ];
  const make = shapes[shape] ?? random;
  return Float64Array.from({ length: n }, (_, i) => make(i));
}

const cases = fc.record({
  seed: fc.integer({ min: 1 }),
  n: fc.oneof(fc.integer({ min: 1, max: 180 }), fc.integer({ min: 1_000, max: 30_000 })),
  shape: fc.nat({ max: 4 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12, size: "max" }),
  tree: fc.nat({ max: 999 }),
});

it("quantiles are off by 1 % of ranks at most, and exact for few values and at the ends", () => {
  fc.assert(
    fc.property(cases, ({ seed, n, shape, cuts, tree }) => {
      const values = valuesFrom(seed, n, shape);
      const results = resultOf(values, cuts, tree).slice(1);
      const sorted = values.toSorted();
      for (const [k, q] of quantiles.entries()) {
        const got = results[k] as number;
        const low = sorted.findIndex((value) => value >= got - 1e-9 * Math.abs(got));
        const high = sorted.findLastIndex((value) => value <= got + 1e-9 * Math.abs(got));
        const place = q * (n - 1);
        const off = Math.max(0, Math.max(low, 0) - place, place - (high + 1));
        const allowed = n <= 200 ? 1 : q === 0 || q === 1 ? 1e-9 : 0.01 * n;
        expect({ q, off, isNear: off <= allowed }).toStrictEqual({ q, off, isNear: true });
        if (n > 200) continue;
        const before = sorted[Math.floor(place)] as number;
        const exact = before + ((sorted[Math.ceil(place)] as number) - before) * (place % 1);
        expect(got).toBeCloseTo(exact, 9);
      }
    }),
    { numRuns: 40 },
  );
});

it("counts of different values are off by 5 % at most, and exact up to 256", () => {
  fc.assert(
    fc.property(cases, ({ seed, n, shape, cuts, tree }) => {
      const values = valuesFrom(seed, n, shape);
      const exact = new Set(values).size;
      const [got = Number.NaN] = resultOf(values, cuts, tree);
      // Four standard errors: a bound for each, where 2 % is what most are below.
      const off = Math.abs(got - exact) / exact;
      expect({ got, exact, isNear: off <= (exact <= 256 ? 0 : 0.05) }).toMatchObject({
        isNear: true,
      });
    }),
    { numRuns: 40 },
  );
});

it("counts are off by 2 % in the mean of many sizes", () => {
  const sizes = [300, 1_000, 5_000, 20_000, 40_000, 80_000, 200_000];
  const errors = sizes.map((n, seed) => {
    const values = Float64Array.from({ length: n }, (_, i) => i * 1.5 + seed * 1e7);
    const [got = Number.NaN] = resultOf(values, [], 0);
    return Math.abs(got - n) / n;
  });
  const mean = errors.reduce((sum, error) => sum + error) / errors.length;
  expect(mean).toBeLessThan(0.02);
});
