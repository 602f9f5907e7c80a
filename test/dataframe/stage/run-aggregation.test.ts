import { expect, test } from "vitest";

import { makeBlock } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { bool, int32, int64, utf8 } from "../../../packages/dataframe/dist/dtype.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { AggregateSpec } from "../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../packages/dataframe/dist/kernels/group/group-table.js";
import { runAggregation } from "../../../packages/dataframe/dist/stage/run-aggregation.js";
import { columnOf, valuesOf } from "../../lib/dataframe/columns.ts";

const [i, t] = [columnNode("i", int32), columnNode("t", utf8)];
const upper = callNode("upper", [t], utf8);

function spec(
  name: string,
  fn: AggregateSpec["fn"],
  arg: DType = utf8,
  dtype = arg,
): AggregateSpec {
  return { name, fn, arg, params: [], dtype };
}

test.each(["plain", "encoded"] as const)("groups keep texts of earlier morsels (%s)", (form) => {
  const rows = Array.from({ length: 13_000 }, (_, row) => row);
  const texts = rows.map((row) => `t${(row * 7_919) % 13_000}`);
  const block = makeBlock(
    rows.length,
    ["i", "t"],
    [columnOf(int32, rows), columnOf(utf8, texts, form)],
  );
  const specs = [spec("first", "first"), spec("min", "min"), spec("last", "last")];
  const stage = {
    filter: callNode("gte", [i, literalNode(100, int32)], bool),
    outputs: [
      { name: "key", value: callNode("slice", [upper], utf8, [0, 3]) },
      ...specs.map(({ name }) => ({ name, value: upper })),
    ],
  };
  const table = new GroupTable([{ name: "key", dtype: utf8 }], specs);
  table.merge(runAggregation([block], stage, 1, specs));
  const { names, columns } = table.finish();
  const groups = new Map<string, string[]>();
  for (const text of texts.slice(100).map((each) => each.toUpperCase())) {
    const key = text.slice(0, 3);
    groups.set(key, [...(groups.get(key) ?? []), text]);
  }
  const wanted = [...groups].map(([key, all]) => [key, all[0], all.toSorted()[0], all.at(-1)]);
  const got = columns.map(valuesOf);
  expect(names).toEqual(["key", "first", "min", "last"]);
  expect(wanted.map((_, row) => got.map((column) => column[row]))).toEqual(wanted);
});

test("groups keep first texts that stand next to each other in a morsel", () => {
  const texts = ["a", "b", "c", "d", ...Array.from({ length: 5_000 }, (_, row) => `later${row}`)];
  const keys = texts.map((_, row) => Math.min(row, 4));
  const block = makeBlock(texts.length, ["i", "t"], [columnOf(int32, keys), columnOf(utf8, texts)]);
  const specs = [spec("first", "first")];
  const outputs = [
    { name: "i", value: i },
    { name: "first", value: upper },
  ];
  const partial = runAggregation([block], { filter: undefined, outputs }, 1, specs);
  const table = new GroupTable([{ name: "i", dtype: int32 }], specs);
  table.merge(partial);
  expect(table.finish().columns.map(valuesOf)).toEqual([
    [0, 1, 2, 3, 4],
    ["A", "B", "C", "D", "LATER0"],
  ]);
});

test("no rows give no groups, but one where there are no keys", () => {
  const block = makeBlock(2, ["i"], [columnOf(int32, [1, 2])]);
  const filter = callNode("gt", [i, literalNode(5, int32)], bool);
  const specs = [spec("n", "count", int32, int64)];
  const stage = { filter, outputs: [{ name: "n", value: i }] };
  expect(runAggregation([block], stage, 0, specs).rows).toBe(1);
  const keyed = { filter, outputs: [{ name: "i", value: i }, ...stage.outputs] };
  expect(runAggregation([block], keyed, 1, specs).rows).toBe(0);
});
