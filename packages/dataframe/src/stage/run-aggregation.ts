import type { Block, Column } from "../column.ts";
import { sliceBlock, sliceColumn } from "../column.ts";
import type { AggregateSpec } from "../kernels/group/aggregate-spec.ts";
import { GroupTable } from "../kernels/group/group-table.ts";
import { rowsToGroup } from "../kernels/group/split-partials.ts";
import { columnOf } from "./column-layout.ts";
import { programFor, totalsFor } from "./program-cache.ts";
import type { Program } from "./program.ts";
import { MORSEL_ROWS, fillMorsel, selectMorsel } from "./run-morsel.ts";
import type { Sink } from "./sink.ts";
import { closeSink, openSink } from "./sink.ts";
import type { Bound } from "./slots.ts";
import { runStage } from "./run-stage.ts";
import { runTotals } from "./simd/run-totals.ts";
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
  const table = tableFor(stage, keyCount, aggregates);
  for (const block of blocks) {
    if (keyCount > 0) addBlock(table, block, stage, keyCount, aggregates);
    else addTotals(table, block, stage, aggregates);
  }
  return table.partial(part);
}

/** Of fewer rows a loop in lanes saves less than it takes to make. */
const LANE_ROWS_MIN = 2 ** 15;

/** Without keys: in lanes where there can be a loop of these, which leaves some rows to others. */
function addTotals(
  table: GroupTable,
  block: Block,
  stage: Stage,
  aggregates: readonly AggregateSpec[],
): void {
  const addRest = (from: number): void => {
    addBlock(table, sliceBlock(block, from, block.rows), stage, 0, aggregates);
  };
  const totals = block.rows < LANE_ROWS_MIN ? undefined : totalsFor(stage, block, aggregates);
  if (totals === undefined) addRest(0);
  else runTotals(totals, block, { merge: (partial) => table.merge(partial), addRest });
}

/**
 * The same as several partial results, for a shuffle. Where nearly each row makes a group, a table
 * costs more than it saves: from there on rows are left as they are.
 */
export function runAggregationToDeal(
  blocks: readonly Block[],
  stage: Stage,
  keyCount: number,
  aggregates: readonly AggregateSpec[],
  part: number,
): Block[] {
  const table = tableFor(stage, keyCount, aggregates);
  const watch = new Watch();
  const rests: Block[] = [];
  for (const block of blocks) {
    const end = rests.length > 0 ? 0 : addBlock(table, block, stage, keyCount, aggregates, watch);
    if (end < block.rows) rests.push(runStage(sliceBlock(block, end, block.rows), stage));
  }
  return [
    table.partial(part),
    ...rests.map(({ rows, columns }) =>
      rowsToGroup(rows, columns.slice(0, keyCount), columns.slice(keyCount)),
    ),
  ];
}

function tableFor(
  stage: Stage,
  keyCount: number,
  aggregates: readonly AggregateSpec[],
): GroupTable {
  const keys = stage.outputs.slice(0, keyCount);
  const fields = keys.map(({ name, value }) => ({ name, dtype: value.dtype }));
  return new GroupTable(fields, aggregates);
}

/** Sees when a table is in vain. */
class Watch {
  #rows = 0;
  #countBefore = 0;

  /** Whether, of the last many rows, nearly each made a group; `count` are there by now. */
  isInVain(rows: number, count: number): boolean {
    this.#rows += rows;
    if (this.#rows < WATCHED_ROWS) return false;
    const share = (count - this.#countBefore) / this.#rows;
    this.#rows = 0;
    this.#countBefore = count;
    return share > SHARE_MAX;
  }
}

/** A table of as many groups is about to be larger than the cache of a processor. */
const WATCHED_ROWS = 2 ** 16;
const SHARE_MAX = 0.75;

/** Takes rows in, all or until the table is in vain; gives the number of the first left out. */
function addBlock(
  table: GroupTable,
  block: Block,
  stage: Stage,
  keyCount: number,
  aggregates: readonly AggregateSpec[],
  watch?: Watch,
): number {
  const program = programFor(stage, block, "in place");
  const bound = program.bind(block);
  for (const { sinks } of program.loops) {
    for (const sink of sinks) if (isNumeric(sink)) openSink(sink, bound, MORSEL_ROWS);
  }
  const rows = new Int32Array(MORSEL_ROWS + 1);
  for (let start = 0; start < block.rows; start += MORSEL_ROWS) {
    const end = Math.min(start + MORSEL_ROWS, block.rows);
    let passed = 0;
    addMorsel(program, bound, block, [start, end], rows, (columns, selection, n) => {
      table.add(
        columns.slice(0, keyCount),
        argumentsOf(columns, keyCount, aggregates),
        selection,
        n,
      );
      passed = n;
    });
    if (watch?.isInVain(passed, table.count) === true) return end;
  }
  return block.rows;
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
