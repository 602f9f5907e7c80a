import { LayeredGraph, MaterializedLayer } from "@millrace/graph";
import type { DType } from "@millrace/dataframe";
import * as d from "@millrace/dataframe";
import fc from "fast-check";

import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import { layoutOf } from "../../../packages/dataframe/dist/plan/layout.js";
import { blocks } from "../../../packages/dataframe/dist/plan/sources.js";
import { boundaries } from "../arbitraries/bags.ts";
import type { TextForm } from "./columns.ts";
import { blockOf } from "./columns.ts";
import type { Partitions } from "./evaluate-plan.ts";
import type { Value } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";
import { Choices } from "./plan-expressions.ts";
import type { Answer } from "./query-verbs.ts";
import { verbs } from "./query-verbs.ts";

/** Verbs of users, one after the other, over rows that can be cut in any way. */
export interface Query {
  readonly fields: readonly Field[];
  readonly rows: readonly Row[];
  /** The verbs on a frame of the rows; the same ones for each. */
  readonly on: (frame: d.DataFrame) => Answer;
}

/** Rows cut into partitions that tasks of a graph hold. */
export interface Cut {
  readonly frame: d.DataFrame;
  readonly held: ReadonlyMap<string, Partitions>;
}

/** Names that are hard to get right, and the dtypes that they stand for. */
const pools: readonly (readonly [name: string, dtype: DType, values: readonly Value[]])[] = [
  ["k", d.utf8, ["a", "b", "B", "", "é", "\uffff", "\u{10000}", null]],
  ["__proto__", d.int32, [0, 1, 2, 3, -1, 5, null, 7]],
  ["1", d.float64, [1, 0.5, -0, 0, 2, -1.25, Number.NaN, null, Number.POSITIVE_INFINITY]],
  ["a b", d.dictionary, ["x", "y", null, "x y", "ü"]],
  ["constructor", d.bool, [true, false, null]],
  ["big", d.int64, [0n, 1n, -7n, 2n ** 40n, 2n ** 53n + 1n, null]],
  ["day", d.date, [0, -1, 19_782, null, 20_000]],
  ["at", d.timestamp("ms"), [0n, -1n, 1_709_210_096_789n, null]],
  ["price", d.decimal(9, 2), [0n, 125n, -5n, 99_999n, null]],
  ["tiny", d.int8, [127, -128, 0, 5, null]],
  ['ä"\\`${x}', d.float32, [0.5, -0, 3, Number.NaN, null]],
  ["u", d.uint64, [0n, 7n, 2n ** 64n - 1n, null]],
  ["zone", d.timestamp("us", "Europe/Berlin"), [0n, 1_711_846_799_999_000n, -1_000n, null]],
  ["list", d.list(d.int32), [[1, 2], [], null, [3], [null, 1]]],
  ["words", d.list(d.utf8), [["é", ""], [], null, [null]]],
  ["part", d.struct({ n: d.int64, "a b": d.utf8 }), [{ n: 1n, "a b": null }, null]],
];

/** Random queries; each number is one choice, so that they shrink well. */
export function queries(options: { readonly withLists: boolean }): fc.Arbitrary<Query> {
  const known = pools.filter(([, { kind }]) => {
    return options.withLists || (kind !== "list" && kind !== "struct");
  });
  const columns = fc.subarray([...known], { minLength: 2 });
  const choices = fc.array(fc.nat({ max: 99_999 }), { minLength: 25, maxLength: 60, size: "max" });
  return columns.chain((chosen) => {
    const row = fc
      .tuple(...chosen.map(([, , values]) => fc.constantFrom(...values)))
      .map((drawn): Row => new Map(chosen.map(([name], i) => [name, drawn[i] ?? null])));
    return fc
      .record({ rows: fc.array(row, { maxLength: 24, size: "max" }), choices })
      .map((drawn): Query => ({
        fields: chosen.map(([name, dtype]) => ({ name, dtype })),
        rows: drawn.rows,
        on: (frame) => applied(frame, new Choices(drawn.choices)),
      }));
  });
}

/** Ways to cut rows: in how many partitions and where, and whether plans know it. */
export interface Cutting {
  readonly shares: readonly number[];
  readonly isKnown: boolean;
  readonly form: TextForm;
}

/** Random ways to cut; empty partitions are common. */
export const cuttings: fc.Arbitrary<Cutting> = fc.record({
  shares: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6, size: "max" }),
  isKnown: fc.boolean(),
  form: fc.constantFrom<TextForm>("plain", "encoded"),
});

let layerCount = 0;

/** The rows of a query, cut. */
export function cutRows({ fields, rows }: Query, { shares, isKnown, form }: Cutting): Cut {
  const ends = boundaries(rows.length, Math.max(1, sumOf(shares)));
  let at = 0;
  const parts = shares.map((share, i) => {
    const start = at;
    at += share;
    return i === shares.length - 1 ? rows.slice(ends[start]) : rows.slice(ends[start], ends[at]);
  });
  const layer = `drawn-${layerCount++}`;
  const held = parts.map((part) => blockOf(fields, part, form));
  const graph = new LayeredGraph().withLayer(MaterializedLayer.values(layer, held));
  const counts = isKnown ? parts.map((part) => part.length) : undefined;
  const plan = blocks(graph, layer, fields, layoutOf(parts.length, counts), "drawn");
  return { frame: new d.DataFrame(plan), held: new Map([[layer, parts]]) };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function applied(frame: d.DataFrame, choices: Choices): Answer {
  let answer: Answer = { frame, isOrdered: true };
  const count = 1 + choices.below(7);
  for (let i = 0; i < count && !choices.isDone(); i++) {
    answer = verbs[choices.below(verbs.length)]?.(choices, answer) ?? answer;
  }
  return answer;
}
