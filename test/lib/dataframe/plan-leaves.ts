import { LayeredGraph } from "@millrace/graph";

import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";
import { indexKey, layoutOf } from "../../../packages/dataframe/dist/plan/layout.js";
import type { PlanNode } from "../../../packages/dataframe/dist/plan/node.js";
import { blocks, scan } from "../../../packages/dataframe/dist/plan/sources.js";
import { Random } from "../random.ts";
import type { Partitions } from "./evaluate-plan.ts";
import { compareRows } from "./evaluate-plan.ts";
import type { Value } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";
import type { Choices } from "./plan-expressions.ts";

/** Columns of all leaves. */
const leafFields: readonly Field[] = [
  { name: "k", dtype: d.utf8 },
  { name: "b", dtype: d.bool },
  { name: "i", dtype: d.int32 },
  { name: "f", dtype: d.float64 },
  { name: "l", dtype: d.list(d.int32) },
];

const pools: Readonly<Record<string, readonly Value[]>> = {
  k: ["a", "b", "1", "2", "B", null, "\uffff", "\u{10000}"],
  b: [true, false, null],
  i: [0, 1, 2, 3, -1, 5, null, 7],
  f: [1, 0.5, -0, 0, 2, -1.25, Number.NaN, null],
  l: [[1, 2], [], null, [3], [null, 1]],
};

/** A scan or blocks of a few rows, which are kept in `held` under the name of their layer. */
export function drawLeaf(
  choices: Choices,
  held: Map<string, Partitions>,
  isColumnar = false,
): PlanNode {
  const counts = Array.from({ length: 1 + choices.below(3) }, () => choices.below(6));
  const random = new Random(choices.below(100));
  const parts = counts.map((count) => Array.from({ length: count }, () => rowOf(random)));
  const isKnown = choices.below(3) > 0;
  const label = `t${choices.below(3)}`;
  const values = parts.map((rows) => rows.map((row) => [...row]));
  const token = `${label} ${JSON.stringify(values, json)}`;
  if (choices.below(2) === 0) {
    const rows = isKnown ? counts : undefined;
    const format = isColumnar ? "parquet" : "csv";
    const source = { format, fields: leafFields, parts, options: {}, rows, label } as const;
    return scan({ ...source, token: `${format} ${token}` });
  }
  return drawBlocks(choices, held, parts, isKnown, token);
}

/** Rows that tasks hold: as they come, in order, or between bounds, in order or not. */
function drawBlocks(
  choices: Choices,
  held: Map<string, Partitions>,
  parts: Partitions,
  isKnown: boolean,
  token: string,
): PlanNode {
  const kind = choices.below(4);
  const by = [indexKey("i")];
  const plain = parts.flat();
  const all = plain.toSorted((x, y) => compareRows(x, y, by, new Map([["i", d.int32]])));
  const divisions = choices.oneOf(bounds);
  const rows =
    kind === 0
      ? parts
      : kind === 1
        ? [all.slice(0, 3), all.slice(3)]
        : divisions
            .slice(1)
            .map((_, i) =>
              (kind === 2 ? all : plain).filter((row) => placeOf(row, divisions) === i),
            );
  const layer = `held ${kind} ${divisions.join()} ${isKnown} ${token}`;
  held.set(layer, rows);
  const counts = rows.map((one) => one.length);
  const layout = layoutOf(rows.length, isKnown ? counts : undefined);
  const ordered = kind === 1 || kind === 2 ? { ...layout, sortedBy: by } : layout;
  const indexed = { ...ordered, index: "i", divisions, togetherBy: ["i"] };
  const known = kind >= 2 ? indexed : ordered;
  return blocks(new LayeredGraph(), layer, leafFields, known, "held");
}

/** Bounds of "i", all around the values that it has. */
export const bounds: readonly (readonly Scalar[])[] = [
  [-1, 7],
  [-1, 2, 7],
  [-1, 0, 3, 7],
  [-1, 2, 2, 7, 7],
];

/** A row of a leaf; not drawn value by value, since choices are better spent on verbs. */
function rowOf(random: Random): Row {
  return new Map(
    leafFields.map(({ name }) => {
      const pool = pools[name] ?? [null];
      return [name, pool[random.below(pool.length)] ?? null];
    }),
  );
}

/** The partition of a row between bounds of "i". */
function placeOf(row: Row, divisions: readonly Scalar[]): number {
  const value = row.get("i") ?? null;
  const inner = divisions.slice(1, -1);
  const at = inner.findIndex((bound) => value !== null && (value as number) < (bound as number));
  return at === -1 ? divisions.length - 2 : at;
}

function json(_: string, value: unknown): unknown {
  return Number.isNaN(value) ? "NaN" : Object.is(value, -0) ? "-0" : value;
}
