import { expect, it } from "vitest";

import type { Block, Column } from "../../packages/dataframe/dist/column.js";
import { makeBlock } from "../../packages/dataframe/dist/column.js";
import type { DType } from "../../packages/dataframe/dist/dtype.js";
import { bool, float64, int32, int64, uint32 } from "../../packages/dataframe/dist/dtype.js";
import { columnNode } from "../../packages/dataframe/dist/expr/typed.js";
import type { GroupSpec } from "../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { packedIn } from "../../packages/dataframe/dist/kernels/group/packed-keys.js";
import { blocksOf } from "../../packages/dataframe/dist/kernels/cut.js";
import {
  aggregatePartitions,
  aggregateToDeal,
  combineSurveys,
  finishGroups,
  gatherBuckets,
  joinBucket,
  splitSurveyed,
  surveyGroups,
} from "../../packages/dataframe/dist/steps/grouping.js";
import { columnOf, valuesOf } from "../lib/dataframe/columns.ts";

interface Key {
  readonly dtype: DType;
  /** The value of row `i` of all rows. */
  readonly at: (i: number) => number | bigint | boolean | null;
}

interface Case {
  readonly keys: readonly Key[];
  /** Rows of the blocks of each part. */
  readonly parts: readonly (readonly number[])[];
  readonly isPacked: boolean;
}

const spread = (i: number): number => Math.imul(i, 0x9e3779b1) >>> 12;
const few: Key = { dtype: int32, at: (i) => (spread(i) % 15) - 7 };
const many: Key = { dtype: int32, at: (i) => spread(i) - 500_000 };
const maybe: Key = { dtype: int32, at: (i) => (spread(i) % 3 === 0 ? null : spread(i) % 9_000) };
const truth: Key = { dtype: bool, at: (i) => (i % 5 === 0 ? null : spread(i) % 2 === 0) };
const high: Key = { dtype: uint32, at: (i) => 2 ** 32 - 1 - (spread(i) % 5_000) };
const wide: Key = { dtype: int64, at: (i) => 2n ** 60n + BigInt(spread(i)) };
const ends: Key = { dtype: int32, at: (i) => (i % 2 === 0 ? 2 ** 31 - 1 : -(2 ** 31)) };

/** Enough for rows to be left as they are, where nearly each makes a group. */
const blocks = [90_000, 50_000];

const cases: readonly (readonly [string, Case])[] = [
  // Before all others, so that the first block of the process has no rows.
  ["of empty parts", { keys: [many, few], parts: [[0], blocks, [0, 0], [9]], isPacked: true }],
  ["all different", { keys: [many, few], parts: [blocks, blocks], isPacked: true }],
  ["one integer", { keys: [many], parts: [blocks, blocks], isPacked: true }],
  ["partly null", { keys: [maybe, truth, few], parts: [blocks, [900]], isPacked: true }],
  ["unsigned", { keys: [high, few], parts: [[5_000], blocks], isPacked: true }],
  ["one group", { keys: [{ dtype: int32, at: () => -3 }], parts: [[40], [7]], isPacked: true }],
  ["null alone", { keys: [{ dtype: int32, at: () => null }], parts: [[4], [7]], isPacked: true }],
  ["of one row", { keys: [many, few], parts: [[1]], isPacked: true }],
  ["too far apart", { keys: [ends], parts: [[300], [5]], isPacked: false }],
  ["of too many bits", { keys: [many, many, few], parts: [blocks, [9]], isPacked: false }],
  ["wide", { keys: [wide, few], parts: [blocks, blocks], isPacked: false }],
];

const aggregates: GroupSpec["aggregates"] = [
  { name: "rows", fn: "rows", arg: undefined, params: [], dtype: int64 },
  { name: "sum", fn: "sum", arg: int32, params: [], dtype: int64 },
  { name: "first", fn: "first", arg: float64, params: [], dtype: float64 },
];

function blockOf(keys: readonly Key[], start: number, rows: number): Block {
  const at = Array.from({ length: rows }, (_, row) => start + row);
  const columns = keys.map(({ dtype, at: valueAt }): Column => columnOf(dtype, at.map(valueAt)));
  const args = [
    columnOf(
      int32,
      at.map((i) => (i % 11 === 0 ? null : spread(i))),
    ),
    columnOf(
      float64,
      at.map((i) => i / 8),
    ),
  ];
  const names = [...keys.map((_, k) => `key${k}`), "arg0", "arg1"];
  return makeBlock(rows, names, [...columns, ...args]);
}

it.each(cases)("keys that are %s come to the groups of a tree", (_, { keys, parts, isPacked }) => {
  const fields = keys.map(({ dtype }, k) => ({ name: `key${k}`, dtype }));
  const spec: GroupSpec = { keys: fields, aggregates };
  const args = [
    { name: "arg0", dtype: int32 },
    { name: "arg1", dtype: float64 },
  ];
  const outputs = [...fields, ...args].map(({ name, dtype }) => ({
    name,
    value: columnNode(name, dtype),
  }));
  const stage = { filter: undefined, outputs };
  let start = 0;
  const all = parts.map((sizes) =>
    sizes.map((rows) => blockOf(keys, (start += rows) - rows, rows)),
  );

  const dealt = all.map((each, part) => aggregateToDeal(each, part, stage, spec));
  const surveys = dealt.map((part, n) => surveyGroups(part, n, spec));
  // As many as are worth all buckets.
  const survey = { ...combineSurveys(surveys), groups: 2 ** 24 };
  const buckets = 7;
  const cuts = dealt.map((part) => splitSurveyed(part, buckets, survey, spec));
  const pieces = Array.from({ length: buckets }, (__, j) => cuts.map((cut) => cut.piece(j)));
  const got = gatherBuckets(
    pieces.map((each) => joinBucket(each, spec)),
    spec,
  );

  const tree = all.map((each, part) => aggregatePartitions(each, part, stage, spec));
  const wanted = finishGroups(tree, spec);
  const packings = pieces.flat().flatMap(blocksOf).map(packedIn);
  expect(packings.every((packing) => (packing !== undefined) === isPacked)).toBe(true);
  expect(got.names).toEqual(wanted.names);
  expect(got.columns.map(valuesOf)).toEqual(wanted.columns.map(valuesOf));
});
