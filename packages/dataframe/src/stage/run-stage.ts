import type { Block, Column } from "../column.ts";
import { makeBlock } from "../column.ts";
import { takeColumn } from "../kernels/take.ts";
import { columnOf } from "./column-layout.ts";
import { programFor } from "./program-cache.ts";
import type { Program } from "./program.ts";
import { MORSEL_ROWS, fillMorsel, selectMorsel } from "./run-morsel.ts";
import { closeSink, openSink, trimSink } from "./sink.ts";
import type { Bound } from "./slots.ts";
import type { Stage } from "./stage.ts";

/** The rows of a partition that pass the filter, as the outputs of a stage. */
export function runStage(block: Block, stage: Stage): Block {
  const program = programFor(stage, block, "dense");
  const bound = program.bind(block);
  const rows = program.filter === undefined ? undefined : selectRows(program, bound, block.rows);
  const count = rows?.length ?? block.rows;
  for (const { sinks } of program.loops) for (const sink of sinks) openSink(sink, bound, count);
  for (let from = 0; from < count && program.loops.length > 0; from += MORSEL_ROWS) {
    const to = Math.min(from + MORSEL_ROWS, count);
    fillMorsel(program, bound, from, to, 0, rows ?? noRows);
  }
  for (const { sinks } of program.loops) for (const sink of sinks) trimSink(sink, bound);
  const columns = program.outputs.map((output): Column => {
    if (output.kind === "sink") return closeSink(output.sink, bound, count);
    const column = columnOf(block, output.name);
    return count === block.rows ? column : takeColumn(column, rows ?? noRows);
  });
  return makeBlock(
    count,
    stage.outputs.map(({ name }) => name),
    columns,
  );
}

const noRows = new Int32Array(0);

/** The array of rows that is used again: as large as partitions commonly are. */
const KEPT_ROWS = 2 ** 20;

let kept: Int32Array = noRows;

/** Rows that pass, in an array that the next stage writes over. */
function selectRows(program: Program, bound: Bound, count: number): Int32Array {
  // One more, since the row after the last one that passes is written before it is known to fail.
  let rows = kept;
  if (rows.length <= count) {
    rows = new Int32Array(Math.max(count, MORSEL_ROWS) + 1);
    if (count <= KEPT_ROWS) kept = rows;
  }
  let n = 0;
  for (let from = 0; from < count; from += MORSEL_ROWS) {
    n = selectMorsel(program, bound, from, Math.min(from + MORSEL_ROWS, count), 0, rows, n);
  }
  return rows.subarray(0, n);
}
