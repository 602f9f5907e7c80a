import type { Block } from "../column.ts";
import { makeBlock, makeColumn } from "../column.ts";
import { int32 } from "../dtype.ts";
import type { Typed } from "../expr/typed.ts";
import { columnNode, columnsOf } from "../expr/typed.ts";
import { runStage } from "../stage/run-stage.ts";

/** Which rows of a block are kept, by their numbers, from the columns that it asks for. */
export interface RowFilter {
  readonly columns: readonly string[];
  readonly select: (block: Block) => Int32Array;
}

/** What of the rows is wanted. */
export interface Wanted {
  readonly columns: readonly string[];
  readonly filter: RowFilter | undefined;
  readonly limit: number | undefined;
}

/** Keeps rows for which a predicate is true. */
export function rowFilter(predicate: Typed): RowFilter {
  const columns = [...columnsOf([predicate])];
  let name = "row";
  while (columns.includes(name)) name += "_";
  const stage = { filter: predicate, outputs: [{ name, value: columnNode(name, int32) }] };
  return {
    columns,
    select: (block) => {
      const values = Int32Array.from({ length: block.rows }, (_, row) => row);
      const numbers = makeColumn(int32, block.rows, { values });
      const input = makeBlock(block.rows, [...block.names, name], [...block.columns, numbers]);
      return runStage(input, stage).columns[0]?.values as Int32Array;
    },
  };
}
