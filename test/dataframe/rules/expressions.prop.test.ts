import fc from "fast-check";
import { expect, it } from "vitest";

import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import { mayFail } from "../../../packages/dataframe/dist/expr/may-fail.js";
import { simplify } from "../../../packages/dataframe/dist/expr/simplify.js";
import type { Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { layoutOf } from "../../../packages/dataframe/dist/plan/layout.js";
import type { ProjectNode } from "../../../packages/dataframe/dist/plan/node.js";
import { project } from "../../../packages/dataframe/dist/plan/project.js";
import { blocks } from "../../../packages/dataframe/dist/plan/sources.js";
import type { RuleContext } from "../../../packages/dataframe/dist/rules/rule.js";
import { foldConstants } from "../../../packages/dataframe/dist/rules/fold-constants.js";
import { LayeredGraph } from "@millrace/graph";
import { fieldLists, rowLists } from "../../lib/dataframe/arbitraries.ts";
import type { Value } from "../../lib/dataframe/interpret-values.ts";
import type { Row } from "../../lib/dataframe/interpret.ts";
import { interpret } from "../../lib/dataframe/interpret.ts";
import { typedExpressions } from "../../lib/dataframe/typed-arbitraries.ts";

const cases = fieldLists().chain((fields) =>
  fc.record({
    fields: fc.constant(fields),
    expression: typedExpressions(fields),
    rows: rowLists(fields, 8),
  }),
);

/** What an expression gives for a row, or the code of the error that it is. */
function outcome(expression: Typed, row: Row): { value: Value } | { code: string } {
  try {
    return { value: interpret(expression, (name) => row.get(name) ?? null) };
  } catch (error) {
    if (error instanceof DataFrameError) return { code: error.code };
    throw error;
  }
}

function expectSameValues(before: Typed, after: Typed, rows: readonly Row[]): void {
  expect(after.dtype).toEqual(before.dtype);
  for (const row of rows) {
    const wanted = outcome(before, row);
    if ("value" in wanted) expect(outcome(after, row)).toEqual(wanted);
  }
}

it("an expression that may not fail never does", () => {
  const check = fc.property(cases, ({ expression, rows }) => {
    fc.pre(!mayFail(expression));
    for (const row of rows) expect(outcome(expression, row)).toHaveProperty("value");
  });
  fc.assert(check, { numRuns: 150 });
});

it("a simplified expression gives the same, null, NaN and -0 included, and no new error", () => {
  const check = fc.property(cases, ({ expression, rows }) => {
    expectSameValues(expression, simplify(expression), rows);
  });
  fc.assert(check, { numRuns: 250 });
});

/** A plan in which nothing is shared and nothing read. */
const noContext: RuleContext = { isShared: () => false, columnsRead: () => new Set() };

it("a constant is what the expression gives for any row", () => {
  const none = blocks(new LayeredGraph(), "none", [], layoutOf(1), "none");
  const check = fc.property(typedExpressions([]), (expression) => {
    const node = project(none, [{ name: "value", value: expression }]);
    const after = foldConstants.apply(node, noContext) as ProjectNode;
    const value = after.outputs[0]?.value as Typed;
    expectSameValues(expression, value, [new Map()]);
    const isScalar = expression.dtype.kind !== "list";
    if (isScalar && "value" in outcome(expression, new Map())) expect(value.kind).toBe("literal");
  });
  fc.assert(check, { numRuns: 150 });
});
