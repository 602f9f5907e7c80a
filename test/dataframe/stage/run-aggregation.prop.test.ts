import fc from "fast-check";
import { expect, test } from "vitest";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import { bool, int64 } from "../../../packages/dataframe/dist/dtype.js";
import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import type { AggregateName, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import type { AggregateSpec } from "../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../packages/dataframe/dist/kernels/group/group-table.js";
import { runAggregation } from "../../../packages/dataframe/dist/stage/run-aggregation.js";
import { runStage } from "../../../packages/dataframe/dist/stage/run-stage.js";
import type { Stage } from "../../../packages/dataframe/dist/stage/stage.js";
import { fieldLists, orderableTypes, rowLists } from "../../lib/dataframe/arbitraries.ts";
import type { TextForm } from "../../lib/dataframe/columns.ts";
import { blockOf, rowsOf } from "../../lib/dataframe/columns.ts";
import type { Row } from "../../lib/dataframe/interpret.ts";
import { typedExpressions } from "../../lib/dataframe/typed-arbitraries.ts";

interface Case {
  readonly fields: readonly Field[];
  readonly block: Block;
  readonly filter: Typed | undefined;
  readonly keys: readonly Typed[];
  readonly args: readonly Typed[];
}

const cases: fc.Arbitrary<Case> = fieldLists(orderableTypes).chain((fields) =>
  fc.record({
    fields: fc.constant(fields),
    block: fc
      .tuple(
        rowLists(fields),
        fc.constantFrom(1, 1, 300),
        fc.constantFrom<TextForm>("plain", "encoded"),
      )
      .map(([rows, times, form]) => blockOf(fields, repeated(rows, times), form)),
    filter: fc.option(typedExpressions(fields, [bool]), { nil: undefined, freq: 2 }),
    keys: fc.array(typedExpressions(fields, orderableTypes), {
      maxLength: 2,
      size: "max",
    }),
    args: fc.array(typedExpressions(fields, orderableTypes), {
      minLength: 1,
      maxLength: 2,
      size: "max",
    }),
  }),
);

function repeated(rows: readonly Row[], times: number): readonly Row[] {
  return Array.from({ length: times }, () => rows).flat();
}

/** Aggregates that show which values a group was given, and in which order. */
function aggregatesOf(args: readonly Typed[]): readonly AggregateSpec[] {
  const of = (fn: AggregateName, n: number, arg: DType, dtype = arg): AggregateSpec => ({
    name: `${fn}${n}`,
    fn,
    arg,
    params: [],
    dtype,
  });
  const rows: AggregateSpec = {
    name: "rows",
    fn: "rows",
    arg: undefined,
    params: [],
    dtype: int64,
  };
  return [
    rows,
    ...args.flatMap(({ dtype }, n) => [
      of("first", n, dtype),
      of("last", n, dtype),
      of("max", n, dtype),
      of("count", n, dtype, int64),
    ]),
  ];
}

function outcomeOf(run: () => Block): readonly Row[] | string {
  try {
    return rowsOf(run());
  } catch (error) {
    if (error instanceof DataFrameError) return error.code;
    throw error;
  }
}

test("an aggregation gives what grouping the rows of the stage gives", () => {
  fc.assert(
    fc.property(cases, ({ block, filter, keys, args }) => {
      const specs = aggregatesOf(args);
      const outputs = [
        ...keys.map((value, i) => ({ name: `key${i}`, value })),
        // Each argument once an aggregate that takes it.
        ...args.flatMap((value, i) => [0, 1, 2, 3].map((k) => ({ name: `arg${i}.${k}`, value }))),
      ];
      const stage: Stage = { filter, outputs };
      const table = (): GroupTable =>
        new GroupTable(
          keys.map(({ dtype }, i) => ({ name: `key${i}`, dtype })),
          specs,
        );
      const got = outcomeOf(() => {
        const merged = table();
        merged.merge(runAggregation([block], stage, keys.length, specs));
        return merged.finish();
      });
      const want = outcomeOf(() => {
        const { rows, columns } = runStage(block, stage);
        const whole = table();
        const given = columns.slice(keys.length);
        whole.add(columns.slice(0, keys.length), [undefined, ...given], undefined, rows);
        return whole.finish();
      });
      expect(got).toEqual(want);
    }),
    { numRuns: 100 },
  );
});
