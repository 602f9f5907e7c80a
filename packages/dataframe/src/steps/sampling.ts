import { declareExports } from "@millrace/closure/tasks";
import type { Block } from "../column.ts";
import { makeBlock, makeColumn } from "../column.ts";
import { float64 } from "../dtype.ts";
import { concatBlocks } from "../kernels/concat.ts";
import { quantileRows, sampledRows } from "../kernels/sample.ts";
import { takeBlock } from "../kernels/take.ts";
import type { SortKey } from "../plan/node.ts";
import { columnsNamed } from "./columns-named.ts";

/** Some rows of the columns of an order, and behind them how many rows each stands for. */
export function sampleOf(block: Block, partition: number, by: readonly SortKey[]): Block {
  const names = by.map(({ name }) => name);
  const rows = sampledRows(block.rows, partition);
  const { columns } = takeBlock(makeBlock(block.rows, names, columnsNamed(block, names)), rows);
  const values = new Float64Array(rows.length).fill(block.rows / rows.length);
  const weights = makeColumn(float64, rows.length, { values });
  return makeBlock(rows.length, [...names, "weight"], [...columns, weights]);
}

/** The bounds between which rows of samples fall into `npartitions` parts of about one size. */
export function boundsOf(
  samples: readonly Block[],
  by: readonly SortKey[],
  npartitions: number,
): Block {
  const { rows, columns } = concatBlocks(samples);
  const keys = columns.slice(0, by.length);
  const weights = columns[by.length]?.values as Float64Array;
  const bounds = quantileRows(keys, by, weights, npartitions);
  const names = by.map(({ name }) => name);
  return takeBlock(makeBlock(rows, names, keys), bounds);
}

declareExports(import.meta.url, { sampleOf, boundsOf }, { package: "@millrace/dataframe" });
