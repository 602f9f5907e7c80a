import fc from "fast-check";
import { expect, test } from "vitest";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import { sliceBlock } from "../../../packages/dataframe/dist/column.js";
import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import { bool } from "../../../packages/dataframe/dist/dtype.js";
import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import { runStage } from "../../../packages/dataframe/dist/stage/run-stage.js";
import type { Stage } from "../../../packages/dataframe/dist/stage/stage.js";
import { fieldLists, rowLists } from "../../lib/dataframe/arbitraries.ts";
import type { TextForm } from "../../lib/dataframe/columns.ts";
import { blockOf, valuesOf } from "../../lib/dataframe/columns.ts";
import { interpret } from "../../lib/dataframe/interpret.ts";
import type { Row } from "../../lib/dataframe/interpret.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import { typedExpressions } from "../../lib/dataframe/typed-arbitraries.ts";

/** A stage over rows, and how the rows are stored. */
interface Case {
  readonly fields: readonly Field[];
  readonly rows: readonly Row[];
  readonly stage: Stage;
  readonly form: TextForm;
  /** Rows before and after those that count: slices whose offsets do not begin at 0. */
  readonly around: number;
  /** How often the rows are repeated: once, or over several morsels. */
  readonly times: number;
}

function stages(fields: readonly Field[]): fc.Arbitrary<Stage> {
  const values = fc.array(typedExpressions(fields), { minLength: 1, maxLength: 3, size: "max" });
  return fc.record({
    filter: fc.option(typedExpressions(fields, [bool]), { nil: undefined, freq: 2 }),
    outputs: values.map((drawn) => drawn.map((value, i) => ({ name: `out${i}`, value }))),
  });
}

function casesOf(times: number): fc.Arbitrary<Case> {
  return fieldLists().chain((fields) =>
    fc.record({
      fields: fc.constant(fields),
      rows: rowLists(fields),
      stage: stages(fields),
      form: fc.constantFrom<TextForm>("plain", "encoded"),
      around: fc.constantFrom(0, 3),
      times: fc.constant(times),
    }),
  );
}

function repeated<T>(items: readonly T[], times: number): readonly T[] {
  return Array.from({ length: times }, () => items).flat();
}

function blockOfCase({ fields, rows, form, around, times }: Case): Block {
  const other = repeated(rows.slice(0, 1), around);
  const all = repeated(rows, times);
  const block = blockOf(fields, [...other, ...all, ...other], form);
  return sliceBlock(block, other.length, other.length + all.length);
}

/** Columns, or the code of an error. */
type Outcome = readonly (readonly Value[])[] | string;

function outcomeOf(run: () => readonly (readonly Value[])[]): Outcome {
  try {
    return run();
  } catch (error) {
    if (error instanceof DataFrameError) return error.code;
    throw error;
  }
}

function wanted({ rows, stage: { filter, outputs }, times }: Case): Outcome {
  return outcomeOf(() => {
    const passing = rows.filter((row) => {
      const valueOf = (name: string): Value => row.get(name) ?? null;
      return filter === undefined || interpret(filter, valueOf) === true;
    });
    return outputs.map(({ value }) =>
      repeated(
        passing.map((row) => interpret(value, (name) => row.get(name) ?? null)),
        times,
      ),
    );
  });
}

function check(drawn: Case): void {
  const want = wanted(drawn);
  const got = outcomeOf(() => runStage(blockOfCase(drawn), drawn.stage).columns.map(valuesOf));
  if (typeof want !== "string") {
    expect(got).toEqual(want);
    return;
  }
  // The interpreter fails in the first row and part that does; a stage in any of them, or in none
  // where `and` or `or` made the part needless, since the interpreter looks at both sides.
  if (typeof got === "string") expect(["dataframe/overflow", "dataframe/bad-cast"]).toContain(got);
}

test("a stage gives of each row what the interpreter gives", () => {
  fc.assert(fc.property(casesOf(1), check), { numRuns: 300 });
});

test("a stage over many morsels gives the same as over few rows", () => {
  fc.assert(fc.property(casesOf(1_300), check), { numRuns: 20 });
});
