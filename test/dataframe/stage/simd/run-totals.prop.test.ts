import fc from "fast-check";
import { expect, test } from "vitest";

import { sliceBlock } from "../../../../packages/dataframe/dist/column.js";
import type { Field } from "../../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../../packages/dataframe/dist/dtype.js";
import { isFloat } from "../../../../packages/dataframe/dist/dtype-traits.js";
import { DataFrameError } from "../../../../packages/dataframe/dist/errors.js";
import type { Aggregate, Typed } from "../../../../packages/dataframe/dist/expr/typed.js";
import { layoutsOfFields } from "../../../../packages/dataframe/dist/stage/column-layout.js";
import { canVectorize } from "../../../../packages/dataframe/dist/stage/simd/emit-vector.js";
import { fieldLists, presentValues } from "../../../lib/dataframe/arbitraries.ts";
import { blockOf } from "../../../lib/dataframe/columns.ts";
import { interpretAggregate } from "../../../lib/dataframe/interpret-aggregate.ts";
import { interpret } from "../../../lib/dataframe/interpret.ts";
import type { Row } from "../../../lib/dataframe/interpret.ts";
import type { Value } from "../../../lib/dataframe/interpret-values.ts";
import { laneTypes, totalsInLanes } from "../../../lib/dataframe/totals-in-lanes.ts";
import { aggregates, typedExpressions } from "../../../lib/dataframe/typed-arbitraries.ts";

const functions = ["rows", "count", "sum", "mean", "min", "max", "any", "all"] as const;

interface Case {
  readonly fields: readonly Field[];
  readonly rows: readonly Row[];
  readonly filter: Typed | undefined;
  readonly wanted: readonly Aggregate[];
  /** How often the rows are repeated: once, or over several morsels. */
  readonly times: number;
  /** Rows before and after those that count: slices whose arrays do not begin at 0. */
  readonly around: number;
}

function casesOf(times: readonly number[]): fc.Arbitrary<Case> {
  return fieldLists(laneTypes).chain((fields) => {
    const layouts = layoutsOfFields(fields);
    const accepts = (node: Typed): boolean => canVectorize([node], layouts);
    const row = fc
      .tuple(...fields.map(({ dtype }) => presentValues(dtype)))
      .map((drawn): Row => new Map(fields.map(({ name }, i) => [name, drawn[i] ?? null])));
    const filters = typedExpressions(fields, [d.bool], { accepts }).filter(accepts);
    const totals = aggregates(fields, functions, { accepts }).filter(
      ({ arg }) => arg === undefined || accepts(arg),
    );
    return fc.record({
      fields: fc.constant(fields),
      rows: fc.array(row, { minLength: 1, maxLength: 30, size: "max" }),
      filter: fc.option(filters, { nil: undefined, freq: 3 }),
      wanted: fc.array(totals, { minLength: 1, maxLength: 4, size: "max" }),
      times: fc.constantFrom(...times),
      around: fc.constantFrom(0, 1, 3),
    });
  });
}

function repeated(rows: readonly Row[], times: number): readonly Row[] {
  return Array.from({ length: times }, () => rows).flat();
}

/** Values, or the code of an error. */
function outcomeOf<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof DataFrameError) return error.code;
    throw error;
  }
}

/** Exact but for doubles that were added in another order, and the sign of 0. */
function expectSame(got: Value, want: Value, { fn, arg }: Aggregate, rows: readonly Row[]): void {
  const isRounded = (fn === "sum" || fn === "mean") && arg !== undefined && isFloat(arg.dtype);
  if (!isRounded || want === null) {
    expect(got === 0 ? 0 : got).toEqual(want === 0 ? 0 : want);
    return;
  }
  const values = rows.map((row) => interpret(arg, (name) => row.get(name) ?? null) as number);
  const size = values.reduce((sum, x) => sum + Math.abs(Number.isFinite(x) ? x : 0), 0);
  // Where finite numbers alone come to Infinity the order decides what is left.
  if (!Number.isFinite(size)) return;
  if (!Number.isFinite(want)) expect(got).toEqual(want);
  else expect(Math.abs((got as number) - (want as number))).toBeLessThanOrEqual(1e-10 * size);
}

/** Gives whether lanes gave totals, or undefined where there is no such loop. */
function check({ fields, rows, filter, wanted, times, around }: Case): boolean | undefined {
  const all = repeated(rows, times);
  const passing = outcomeOf(() =>
    all.filter(
      (row) => filter === undefined || interpret(filter, (name) => row.get(name) ?? null) === true,
    ),
  );
  const want = outcomeOf(() =>
    typeof passing === "string" ? [] : wanted.map((each) => interpretAggregate(each, passing)),
  );
  const other = repeated(rows.slice(0, 1), around);
  const block = blockOf(fields, [...other, ...all, ...other]);
  const slice = sliceBlock(block, other.length, other.length + all.length);
  const got = outcomeOf(() => totalsInLanes(slice, filter, wanted));
  if (got === undefined) return undefined;
  if (typeof got === "string" || typeof passing === "string" || typeof want === "string") {
    // The interpreter looks at both sides of `and` and `or`, and into all branches.
    if (typeof got === "string")
      expect(["dataframe/overflow", "dataframe/bad-cast"]).toContain(got);
    return false;
  }
  for (const [k, each] of wanted.entries()) {
    expectSame(got.values[k] ?? null, want[k] ?? null, each, passing);
  }
  return got.inLanes;
}

test.each([
  ["few rows", [1, 2, 3], 1_500],
  ["many morsels", [701], 30],
] as const)("totals in lanes of %s are those of the interpreter", (_, times, numRuns) => {
  let [cases, taken] = [0, 0];
  fc.assert(
    fc.property(casesOf(times), (drawn) => {
      const inLanes = check(drawn);
      cases += 1;
      if (inLanes === true) taken += 1;
    }),
    { numRuns },
  );
  expect(taken / cases).toBeGreaterThan(0.3);
});
