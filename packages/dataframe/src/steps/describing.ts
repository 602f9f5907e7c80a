import { declareExports } from "@millrace/closure/tasks";
import type { Block, Column } from "../column.ts";
import { makeBlock, makeColumn } from "../column.ts";
import { float64, utf8 } from "../dtype.ts";
import { scalarColumn } from "../kernels/scalar-column.ts";

/**
 * A row of statistics of columns, one column after the other, as a row a statistic. `names` are
 * those of the columns that come out, the first for the names of the statistics.
 */
export function describeBlock(
  block: Block,
  _partition: number,
  names: readonly string[],
  statistics: readonly string[],
): Block {
  const rows = statistics.length;
  const columns = names.slice(1).map((_, i): Column => {
    const cells = block.columns.slice(i * rows, (i + 1) * rows);
    const values = Float64Array.from(cells, (cell) => Number(cell.values?.[0] ?? 0));
    const valid = Uint8Array.from(cells, (cell) => cell.valid?.[0] ?? 1);
    return makeColumn(float64, rows, { values, valid: valid.includes(0) ? valid : undefined });
  });
  return makeBlock(rows, names, [scalarColumn(utf8, statistics), ...columns]);
}

declareExports(import.meta.url, { describeBlock }, { package: "@millrace/dataframe" });
