import type { Block, Column } from "../column.ts";
import { sliceColumn } from "../column.ts";
import type { AggregateSpec } from "../kernels/group/aggregate-spec.ts";
import { GroupTable } from "../kernels/group/group-table.ts";
import { columnOf } from "./column-layout.ts";
import { programFor } from "./program-cache.ts";
import type { Program } from "./program.ts";
import { MORSEL_ROWS, fillMorsel, selectMorsel } from "./run-morsel.ts";
import type { Sink } from "./sink.ts";
import { closeSink, openSink } from "./sink.ts";
import type { Bound } from "./slots.ts";
import type { Stage } from "./stage.ts";

/**
 * The rows of partitions that pass the filter, grouped: the first `keyCount` outputs are keys, the
 * others the arguments of those aggregates that have one, in order. Gives a partial result, number
 * `part` of several, which no column of the size of a partition was made for.
 */
export function runAggregation(
  blocks: readonly Block[],
  stage: Stage,
  keyCount: number,
  aggregates: readonly AggregateSpec[],
  part = 0,
): Block {
  const keys = stage.outputs.slice(0, keyCount);
  const fields = keys.map(({ name, value }) => ({ name, dtype: value.dtype }));
  const table = new GroupTable(fields, aggregates);
  for (const block of blocks) addBlock(table, block, stage, keyCount, aggregates);
  return table.partial(part);
}

function addBlock(
  table: GroupTable,
  block: Block,
  stage: Stage,
  keyCount: number,
  aggregates: readonly AggregateSpec[],
): void {
  const program = programFor(stage, block, "in place");
  const bound = program.bind(block);
  for (const { sinks } of program.loops) {
    for (const sink of sinks) if (isNumeric(sink)) openSink(sink, bound, MORSEL_ROWS);
  }
  const rows = new Int32Array(MORSEL_ROWS + 1);
  for (let start = 0; start < block.rows; start += MORSEL_ROWS) {
    const end = Math.min(start + MORSEL_ROWS, block.rows);
    addMorsel(program, bound, block, [start, end], rows, (columns, selection, n) => {
      table.add(
        columns.slice(0, keyCount),
        argumentsOf(columns, keyCount, aggregates),
        selection,
        n,
      );
    });
  }
}

function isNumeric({ form }: Sink): boolean {
  return form === "number" || form === "bigint";
}

type AddRows = (columns: readonly Column[], selection: Int32Array | undefined, n: number) => void;

function addMorsel(
  program: Program,
  bound: Bound,
  block: Block,
  [start, end]: readonly [number, number],
  rows: Int32Array,
  add: AddRows,
): void {
  const length = end - start;
  const isFiltered = program.filter !== undefined;
  const n = isFiltered ? selectMorsel(program, bound, start, end, start, rows, 0) : length;
  if (n === 0) return;
  // The table copies numbers, but keeps slices of texts and lists: these get new memory each time.
  for (const { sinks } of program.loops) {
    for (const sink of sinks) if (!isNumeric(sink)) openSink(sink, bound, length);
  }
  fillMorsel(program, bound, 0, n, start, rows);
  const columns = program.outputs.map((output) =>
    output.kind === "sink"
      ? closeSink(output.sink, bound, length)
      : sliceColumn(columnOf(block, output.name), start, end),
  );
  add(columns, n === length ? undefined : rows.subarray(0, n), n);
}

function argumentsOf(
  columns: readonly Column[],
  keyCount: number,
  aggregates: readonly AggregateSpec[],
): readonly (Column | undefined)[] {
  let at = keyCount;
  return aggregates.map(({ arg }) => (arg === undefined ? undefined : columns[at++]));
}
