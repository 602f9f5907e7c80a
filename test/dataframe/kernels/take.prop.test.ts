import fc from "fast-check";
import { expect, it } from "vitest";

import type { Column } from "../../../packages/dataframe/dist/column.js";
import { makeBlock, sliceColumn } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import { concatBlocks, concatColumns } from "../../../packages/dataframe/dist/kernels/concat.js";
import { plainTexts } from "../../../packages/dataframe/dist/kernels/concat-texts.js";
import { takeBlock, takeColumn } from "../../../packages/dataframe/dist/kernels/take.js";
import { columnTypes } from "../../lib/dataframe/arbitraries.ts";
import { columnOf, valuesOf } from "../../lib/dataframe/columns.ts";
import { columns, lengths } from "../../lib/dataframe/slices.ts";

const dtypes: fc.Arbitrary<DType> = fc.constantFrom(
  ...columnTypes,
  d.list(d.list(d.dictionary)),
  d.list(d.struct({ a: d.bool, b: d.list(d.float64) })),
);

/** What must hold of a column whatever is in it; see the table of `Column`. */
function checkForm(column: Column): void {
  const { dtype, length, values, valid, offsets, dictionary, children } = column;
  if (valid !== undefined) expect(valid.length).toBe(length);
  if (dtype.kind === "struct") return children.forEach(checkForm);
  if (offsets === undefined) {
    expect(values?.length).toBe(length);
    for (const code of dictionary === undefined ? [] : (values as Int32Array)) {
      expect(code < Math.max(1, dictionary?.length ?? 0) && code >= 0).toBe(true);
    }
    return undefined;
  }
  expect(offsets.length).toBe(length + 1);
  valid?.forEach((is, row) => {
    if (is === 0) expect(offsets[row + 1]).toBe(offsets[row]);
  });
  if (dtype.kind === "list") checkForm(children[0] as Column);
  return undefined;
}

it("a column has the taken rows in their order, and null where a row is missing", () => {
  const drawn = fc.tuple(dtypes, lengths).chain(([dtype, length]) => {
    const row = length === 0 ? fc.constant(-1) : fc.integer({ min: -1, max: length - 1 });
    return fc.tuple(columns(dtype, length), fc.array(row, { maxLength: 30, size: "max" }));
  });
  fc.assert(
    fc.property(drawn, ([{ column, plain }, rows]) => {
      const taken = takeColumn(column, Int32Array.from(rows), true);
      checkForm(taken);
      expect(taken.dtype).toBe(column.dtype);
      expect(valuesOf(taken)).toEqual(rows.map((row) => (row < 0 ? null : plain[row])));
    }),
    { numRuns: 300 },
  );
});

it("columns one after the other have the values of all", () => {
  const drawn = dtypes.chain((dtype) => {
    const part = lengths.chain((length) => columns(dtype, length));
    return fc.array(part, { minLength: 1, maxLength: 5, size: "max" });
  });
  fc.assert(
    fc.property(drawn, (parts) => {
      const all = concatColumns(parts.map(({ column }) => column));
      checkForm(all);
      expect(all.dtype).toEqual(parts[0]?.column.dtype);
      expect(valuesOf(all)).toEqual(parts.flatMap(({ plain }) => plain));
    }),
    { numRuns: 300 },
  );
});

it("texts are the same when they are stored plain", () => {
  const drawn = fc
    .tuple(fc.constantFrom(d.utf8, d.dictionary), lengths)
    .chain(([dtype, length]) => columns(dtype, length));
  fc.assert(
    fc.property(drawn, ({ column, plain }) => {
      const stored = plainTexts(column);
      checkForm(stored);
      expect(stored.dictionary).toBe(undefined);
      expect(valuesOf(stored)).toEqual(plain);
    }),
  );
});

it("consecutive rows share the memory of their column", () => {
  for (const dtype of columnTypes) {
    const column = columnOf(dtype, [null, null, null, null]);
    const taken = takeColumn(column, Int32Array.of(1, 2));
    expect(taken).toEqual(sliceColumn(column, 1, 3));
    expect(taken.values?.buffer).toBe(column.values?.buffer);
  }
  const block = makeBlock(3, ["x"], [columnOf(d.int32, [1, 2, 3])]);
  expect(takeBlock(block, Int32Array.of(0, 1, 2))).toBe(block);
});

const x = ["left", "right", "left", null, "left"];

it("codes of one dictionary stay codes", () => {
  const column = columnOf(d.utf8, x, "encoded");
  const parts = [sliceColumn(column, 3, 5), sliceColumn(column, 0, 2)];
  const all = concatColumns(parts);
  expect(all.dictionary).toBe(column.dictionary);
  const traveled = structuredClone(parts).map((part) => ({ ...part, dtype: d.utf8 }));
  expect(concatColumns([parts[0], traveled[1]] as Column[]).dictionary).toBe(column.dictionary);
});

it("codes of several dictionaries become those of one where that is smaller", () => {
  const often = (texts: readonly string[]): Column =>
    columnOf(
      d.dictionary,
      Array.from({ length: 40 }, (_, i) => texts[i % 2] ?? ""),
      "encoded",
    );
  const all = concatColumns([often(["north", "south"]), often(["south", "east"])]);
  expect(valuesOf(all.dictionary as Column)).toEqual([
    "~ no row has this ~",
    "north",
    "south",
    "east",
  ]);
  const rare = (prefix: string): Column =>
    columnOf(
      d.dictionary,
      Array.from({ length: 40 }, (_, i) => `${prefix}${i}`),
      "encoded",
    );
  expect(concatColumns([rare("a"), rare("b")]).dictionary).toBe(undefined);
});

it("a partition that alone has rows is given back as it is", () => {
  const [empty, full] = [[], [1, 2]].map((rows) =>
    makeBlock(rows.length, ["x"], [columnOf(d.int32, rows)]),
  ) as [ReturnType<typeof makeBlock>, ReturnType<typeof makeBlock>];
  expect(concatBlocks([empty, full, empty])).toBe(full);
  expect(concatBlocks([empty, empty])).toBe(empty);
});

it("partitions of other columns are refused", () => {
  const a = makeBlock(1, ["x", "y"], [columnOf(d.int32, [1]), columnOf(d.utf8, ["a"])]);
  const b = makeBlock(1, ["x", "y"], [columnOf(d.int32, [1]), columnOf(d.dictionary, ["a"])]);
  expect(() => concatBlocks([a, b])).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: concat: partitions differ in their columns, got { x: int32, y: dictionary }, wanted { x: int32, y: utf8 }. Select the same columns in the same order and cast them to the same dtypes.]`,
  );
});
