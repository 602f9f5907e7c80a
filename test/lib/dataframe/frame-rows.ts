import type { DataFrame } from "@millrace/dataframe";
import type { RunOptions } from "@millrace/graph";
import { compute } from "@millrace/graph";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import { rowsOf } from "./columns.ts";
import type { Partitions } from "./evaluate-plan.ts";
import { keyOf } from "./evaluate-plan.ts";
import type { Row } from "./interpret.ts";

/** The partitions of a frame as they are stored. */
export async function partitionsOf(frame: DataFrame, options: RunOptions): Promise<Row[][]> {
  const { graph, outputKeys } = frame;
  const finalize = (parts: unknown[]): Row[][] => (parts as Block[]).map(rowsOf);
  return compute({ graph, outputKeys, finalize }, options);
}

/** Rows as texts: in their order where it is promised, otherwise in an order of their own. */
export function rowTexts(
  partitions: Partitions,
  columns: readonly string[],
  isOrdered: boolean,
): string[] {
  const all = partitions.flat().map((row) => keyOf(row, columns));
  return isOrdered ? all : all.sort();
}
