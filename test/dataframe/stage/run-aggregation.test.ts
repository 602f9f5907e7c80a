import { expect, test } from "vitest";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import { makeBlock } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { bool, float64, int32, int64, utf8 } from "../../../packages/dataframe/dist/dtype.js";
import { callNode, columnNode, literalNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { AggregateSpec } from "../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../packages/dataframe/dist/kernels/group/group-table.js";
import {
  finishBucket,
  mergeShuffled,
} from "../../../packages/dataframe/dist/kernels/group/partials.js";
import { splitPartials } from "../../../packages/dataframe/dist/kernels/group/split-partials.js";
import { blocksOf, cutBlocks } from "../../../packages/dataframe/dist/kernels/cut.js";
import {
  runAggregation,
  runAggregationToDeal,
} from "../../../packages/dataframe/dist/stage/run-aggregation.js";
import { columnOf, valuesOf } from "../../lib/dataframe/columns.ts";

const [i, t] = [columnNode("i", int32), columnNode("t", utf8)];
const upper = callNode("upper", [t], utf8);

function spec(
  name: string,
  fn: AggregateSpec["fn"],
  arg: DType | undefined = fn === "rows" ? undefined : utf8,
  dtype: DType = arg ?? int64,
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

/** Rows whose keys nearly all differ but for some that come again and again. */
function manyGroups(start: number, rows: number): Block {
  const at = Array.from({ length: rows }, (_, row) => start + row);
  const hashed = (row: number): number => Math.imul(row, 0x9e3779b1) >>> 1;
  const block = [
    columnOf(
      int32,
      at.map((row) => (row % 50 === 0 ? 7 : hashed(row) % 1_000_000)),
    ),
    columnOf(
      utf8,
      at.map((row) => (row % 11 === 0 ? null : `t${hashed(row) % 900}`)),
    ),
  ];
  return makeBlock(rows, ["i", "t"], block);
}

test("rows that are not worth a table come to the same groups, in the order of first rows", () => {
  const parts = [0, 1, 2].map((n) =>
    [0, 1].map((k) => manyGroups(n * 90_000 + k * 45_000, 45_000)),
  );
  const specs = [
    spec("rows", "rows"),
    spec("first", "first"),
    spec("last", "last"),
    spec("sum", "sum", int32, int64),
    spec("nUnique", "nUnique", utf8, int64),
    spec("approx", "approxNUnique", utf8, int64),
    spec("median", "median", int32, float64),
  ];
  const args = [t, t, i, t, t, i];
  const stage = {
    filter: callNode("gte", [i, literalNode(5, int32)], bool),
    outputs: [
      { name: "i", value: i },
      { name: "t", value: t },
      ...args.map((value, n) => ({ name: `arg${n}`, value })),
    ],
  };
  const keys = [
    { name: "i", dtype: int32 },
    { name: "t", dtype: utf8 },
  ];
  const dealt = parts.map((blocks, part) => runAggregationToDeal(blocks, stage, 2, specs, part));
  expect(dealt.map((partials) => partials.length)).toEqual([2, 2, 2]);
  const buckets = 4;
  const cuts = dealt.map((partials) =>
    cutBlocks(splitPartials(partials, { keys, aggregates: specs }, buckets), buckets),
  );
  const got = mergeShuffled(
    Array.from({ length: buckets }, (_, j) =>
      finishBucket(
        cuts.flatMap((cut) => blocksOf(cut.piece(j))),
        { keys, aggregates: specs },
      ),
    ),
  );
  const table = new GroupTable(keys, specs);
  table.merge(runAggregation(parts.flat(), stage, 2, specs));
  const want = table.finish();
  expect(got.names).toEqual(want.names);
  expect(got.columns.map(valuesOf)).toEqual(want.columns.map(valuesOf));
});
