import { expect } from "vitest";

import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";
import type { PlanNode } from "../../../packages/dataframe/dist/plan/node.js";
import { planText } from "../../../packages/dataframe/dist/plan/plan-text.js";
import type { Partitions } from "./evaluate-plan.ts";
import { compareRows, keyOf } from "./evaluate-plan.ts";
import { compareValues } from "./interpret-values.ts";

/** Holds what is known of each node's rows against these rows. */
export function expectTrueLayouts(of: ReadonlyMap<PlanNode, Partitions>): void {
  for (const [node, partitions] of of) {
    const wrong = untruth(node, partitions);
    if (wrong !== undefined) expect.fail(`the layout is wrong, ${wrong}:\n${planText(node)}`);
  }
}

function untruth(node: PlanNode, partitions: Partitions): string | undefined {
  const { npartitions, rows, sortedBy, togetherBy } = node.layout;
  if (partitions.length !== npartitions) return `there are ${partitions.length} partitions`;
  const counts = partitions.map((one) => one.length);
  if (rows !== undefined && counts.join() !== rows.join()) return `there are ${counts.join()} rows`;
  const dtypes = new Map(node.fields.map(({ name, dtype }) => [name, dtype]));
  if (sortedBy !== undefined) {
    const all = partitions.flat();
    const isWrong = all.some((row, i) => {
      const before = all[i - 1];
      return before !== undefined && compareRows(before, row, sortedBy, dtypes) > 0;
    });
    if (isWrong) return "rows are not in order";
  }
  if (togetherBy !== undefined) {
    const keys = partitions.map((one) => new Set(one.map((row) => keyOf(row, togetherBy))));
    const count = keys.reduce((sum, one) => sum + one.size, 0);
    if (new Set(keys.flatMap((one) => [...one])).size < count) return "rows are not together";
  }
  return areBetweenBounds(node, partitions, dtypes) ? undefined : "rows are out of bounds";
}

function areBetweenBounds(
  node: PlanNode,
  partitions: Partitions,
  dtypes: ReadonlyMap<string, DType>,
): boolean {
  const { index, divisions } = node.layout;
  if (index === undefined || divisions === undefined) return true;
  if (divisions.length !== partitions.length + 1) return false;
  const order = (a: unknown, b: Scalar | undefined): number =>
    compareValues(dtypes.get(index) as DType, a as Scalar, b as Scalar);
  return partitions.every((rows, i) => {
    const isLast = i === partitions.length - 1;
    return rows.every((row) => {
      const value = row.get(index) ?? null;
      if (value === null) return isLast;
      const end = order(value, divisions[i + 1]);
      return order(value, divisions[i]) >= 0 && (end < 0 || (isLast && end === 0));
    });
  });
}
