import type { Block } from "../../../packages/dataframe/dist/column.js";
import { sliceBlock } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { Aggregate, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import type { AggregateSpec } from "../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { GroupTable } from "../../../packages/dataframe/dist/kernels/group/group-table.js";
import { layoutsOf } from "../../../packages/dataframe/dist/stage/column-layout.js";
import { runAggregation } from "../../../packages/dataframe/dist/stage/run-aggregation.js";
import { runTotals, startTotals } from "../../../packages/dataframe/dist/stage/simd/run-totals.js";
import { compileTotals } from "../../../packages/dataframe/dist/stage/simd/totals-loop.js";
import type { Stage } from "../../../packages/dataframe/dist/stage/stage.js";
import { valuesOf } from "./columns.ts";
import type { Value } from "./interpret-values.ts";

/** Dtypes of columns that lanes can hold. */
export const laneTypes: readonly DType[] = [
  d.int32,
  d.float64,
  d.float32,
  d.bool,
  d.date,
  d.int8,
  d.int16,
  d.uint8,
  d.uint16,
];

/** What aggregates without keys come to, and by which ways. */
export interface TotalsByLanes {
  readonly values: readonly Value[];
  /** Whether lanes gave totals. */
  readonly inLanes: boolean;
  /** The first row that lanes left to others; how many rows there are where that is none. */
  readonly left: number;
}

/** Aggregates by a vector loop, however few rows there are; undefined where there is none. */
export function totalsInLanes(
  block: Block,
  filter: Typed | undefined,
  aggregates: readonly Aggregate[],
): TotalsByLanes | undefined {
  const specs = aggregates.map(({ fn, arg, params, dtype }, k): AggregateSpec => ({
    name: `a${k}`,
    fn,
    arg: arg?.dtype,
    params,
    dtype,
  }));
  const outputs = aggregates.flatMap(({ arg }, k) => (arg ? [{ name: `o${k}`, value: arg }] : []));
  const stage: Stage = { filter, outputs };
  const loop = compileTotals(stage, specs, layoutsOf(block, block.names));
  if (loop === undefined) return undefined;
  const table = new GroupTable([], specs);
  let left = block.rows;
  let inLanes = false;
  runTotals(startTotals(loop), block, {
    merge: (partial) => {
      inLanes = true;
      table.merge(partial);
    },
    addRest: (from) => {
      left = from;
      table.merge(runAggregation([sliceBlock(block, from, block.rows)], stage, 0, specs));
    },
  });
  const values = table.finish().columns.map((column) => valuesOf(column)[0] ?? null);
  return { values, inLanes, left };
}
