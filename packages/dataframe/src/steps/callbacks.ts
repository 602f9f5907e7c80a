import { declareExports } from "@millrace/closure/tasks";
import { quoteValue } from "@millrace/graph/tasks";
import type { Table } from "apache-arrow";
import { fromArrow } from "../arrow/from-arrow.ts";
import { toArrowTable } from "../arrow/to-arrow-table.ts";
import type { Block, Column } from "../column.ts";
import { makeBlock } from "../column.ts";
import type { Field } from "../dtype.ts";
import { dtypeText, sameDType } from "../dtype-traits.ts";
import { dataFault } from "../errors.ts";
import { concatBlocks } from "../kernels/concat.ts";
import { fromRows } from "../rows/from-rows.ts";
import { toRows } from "../rows/to-rows.ts";

/** What a function of a user is told of a partition beside its rows. */
export interface PartitionInfo {
  /** The number of the partition. */
  readonly index: number;
}

/** A partition through a function of a user that takes and gives an Arrow Table. */
export async function callOnTable(
  block: Block,
  index: number,
  fn: (table: Table, info: PartitionInfo) => unknown,
  inputFields: readonly Field[],
  fields: readonly Field[],
): Promise<Block> {
  const table = await toArrowTable([block], inputFields);
  const result = await fn(table, { index });
  return checkedTable("mapPartitions", result, fields, index);
}

/** Every row of a partition through a function of a user, which may be async. */
export async function callOnRows(
  block: Block,
  index: number,
  fn: (row: unknown, info: PartitionInfo) => unknown,
  inputFields: readonly Field[],
  fields: readonly Field[],
): Promise<Block> {
  const results: unknown[] = [];
  for (const row of toRows(block, inputFields)) {
    const result = fn(row, { index });
    results.push(result instanceof Promise ? await result : result);
  }
  return fromRows("mapRows", results, fields).block;
}

/** A partition through a function of this package. */
export function callOnBlock(
  block: Block,
  index: number,
  fn: (block: Block, index: number, ...args: readonly unknown[]) => Block,
  args: readonly unknown[],
): Block {
  return fn(block, index, ...args);
}

/** The rows of a Table as a partition. */
export function tableToBlock(table: unknown, index: number, fields: readonly Field[]): Block {
  return checkedTable("DataFrame.fromDelayed", table, fields, index);
}

/** A partition as an Arrow Table. */
export function blockToTable(
  block: Block,
  _index: number,
  fields: readonly Field[],
): Promise<Table> {
  return toArrowTable([block], fields);
}

/** Partitions as one Arrow Table. */
export function blocksToTable(blocks: unknown[], fields: readonly Field[]): Promise<Table> {
  return toArrowTable(blocks as Block[], fields);
}

/** A partition as objects, one a row. */
export function blockToRows(block: Block, _index: number, fields: readonly Field[]): unknown[] {
  return toRows(block, fields);
}

/** Objects, one a row, as a partition. */
export function rowsToBlock(
  rows: readonly unknown[],
  _index: number,
  fields: readonly Field[],
): Block {
  return fromRows("toDataFrame", rows, fields).block;
}

/** What a function gave as a partition of the columns that were promised, in their order. */
function checkedTable(
  api: string,
  result: unknown,
  fields: readonly Field[],
  partition: number,
): Block {
  const isTable =
    typeof result === "object" && result !== null && "schema" in result && "batches" in result;
  if (!isTable) throw noTable(api, result, partition);
  const content = fromArrow(api, result as Table);
  const block = concatBlocks(content.blocks);
  const columns = fields.map(({ name, dtype }): Column => {
    const at = content.fields.findIndex((field) => field.name === name);
    const column = block.columns[at];
    if (column !== undefined && sameDType(column.dtype, dtype)) return column;
    throw mismatch(api, content.fields, fields, partition);
  });
  if (content.fields.length !== fields.length) {
    throw mismatch(api, content.fields, fields, partition);
  }
  return makeBlock(
    block.rows,
    fields.map(({ name }) => name),
    columns,
  );
}

function noTable(api: string, result: unknown, partition: number): Error {
  return dataFault(
    "dataframe/schema-mismatch",
    `${api}: partition ${partition} did not become a table, got ${quoteValue(result)}, wanted an ` +
      "Arrow Table. Return one.",
  );
}

function mismatch(
  api: string,
  got: readonly Field[],
  wanted: readonly Field[],
  partition: number,
): Error {
  const text = (fields: readonly Field[]): string =>
    fields.map(({ name, dtype }) => `${name}: ${dtypeText(dtype)}`).join(", ");
  return dataFault(
    "dataframe/schema-mismatch",
    `${api}: partition ${partition} has other columns than the schema says, got ${text(got)}, ` +
      `wanted ${text(wanted)}. Correct the function or the schema.`,
  );
}

declareExports(
  import.meta.url,
  {
    callOnTable,
    callOnRows,
    callOnBlock,
    tableToBlock,
    blockToTable,
    blocksToTable,
    blockToRows,
    rowsToBlock,
  },
  { package: "@millrace/dataframe" },
);
