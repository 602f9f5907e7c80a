import type { CollectionParts } from "@millrace/graph";
import {
  Delayed,
  LayeredGraph,
  MaterializedLayer,
  mergeGraphs,
  streamGraph,
} from "@millrace/graph";
import { tokenize } from "@millrace/graph/tokens";
import type { RecordBatch, Table } from "apache-arrow";
import { fromArrow } from "../arrow/from-arrow.ts";
import type { Block } from "../column.ts";
import { blockBytes, sliceBlock } from "../column.ts";
import type { Field } from "../dtype.ts";
import { checkDType } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import { concatBlocks } from "../kernels/concat.ts";
import { addAliases, addCall, partitionKeys } from "../lower/partitions.ts";
import { checkPartitionCount } from "../plan/check.ts";
import { layoutOf } from "../plan/layout.ts";
import type { PlanNode } from "../plan/node.ts";
import { balancedRows } from "../plan/recut-layout.ts";
import { blocks } from "../plan/sources.ts";
import { fromRows } from "../rows/from-rows.ts";
import { rowsToBlock, tableToBlock } from "../steps/callbacks.ts";
import { checkOptions } from "./check.ts";

/** Rows of a partition where nobody says how many partitions there are to be. */
const partitionRowsDefault = 131_072;
/** Larger data does not count by content: to read it all would cost more than it saves. */
const namedByContentBytesMax = 2 ** 20;

/** How rows in memory are cut. */
export interface CutOptions {
  /** Exactly this many; boundary i is `floor(i · rows / npartitions)`. */
  readonly npartitions?: number;
}

/** A frame of the rows of an Arrow Table. */
export function fromTable(
  given: Table | RecordBatch | readonly RecordBatch[],
  options: CutOptions,
): PlanNode {
  const api = "DataFrame.fromArrow";
  checkOptions(api, options, ["npartitions"]);
  const { fields, blocks: parts } = fromArrow(api, given);
  return inMemory(api, fields, parts, options, "arrow table");
}

/** A frame of objects, one a row. */
export function fromObjects(
  rows: unknown,
  options: CutOptions & { readonly schema?: Readonly<Record<string, unknown>> },
): PlanNode {
  const api = "DataFrame.fromRows";
  checkOptions(api, options, ["npartitions", "schema"]);
  const { fields, block } = fromRows(api, rows, schemaFields(api, options.schema));
  return inMemory(api, fields, [block], options, "rows");
}

/** The columns of a schema that a user gave. */
export function schemaFields(api: string, schema: unknown): readonly Field[] | undefined {
  if (schema === undefined) return undefined;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    const wanted = "an object of dtypes by column, such as { delay: int32 }";
    throw invalidArgument(api, "bad schema", schema, wanted);
  }
  return Object.entries(schema).map(([name, dtype]) => ({ name, dtype: checkDType(api, dtype) }));
}

function inMemory(
  api: string,
  fields: readonly Field[],
  parts: readonly Block[],
  { npartitions }: CutOptions,
  label: string,
): PlanNode {
  const all = concatBlocks(parts);
  const count = npartitions ?? Math.max(1, Math.ceil(all.rows / partitionRowsDefault));
  checkPartitionCount(api, "npartitions", count);
  const rows = balancedRows([all.rows], count);
  const cut = slices(all, rows);
  const content = blockBytes(all) <= namedByContentBytesMax ? cut : crypto.randomUUID();
  const layer = `from-${tokenize(fields, content)}`;
  const graph = new LayeredGraph().withLayer(
    MaterializedLayer.values(layer, cut, { token: layer }),
  );
  return blocks(graph, layer, fields, layoutOf(count, rows), label, api);
}

function slices(all: Block, rows: readonly number[]): Block[] {
  let end = 0;
  return rows.map((count) => sliceBlock(all, end, (end += count)));
}

/** A frame with a partition for each lazy Table, all of one schema. */
export function fromDelayedTables(
  parts: Iterable<Delayed<Table>>,
  options: { readonly schema: Readonly<Record<string, unknown>> },
): PlanNode {
  const api = "DataFrame.fromDelayed";
  checkOptions(api, options, ["schema"]);
  const fields = schemaFields(api, options.schema);
  if (fields === undefined) {
    const remedy = "Nothing is computed to find out.";
    throw invalidArgument(api, "no schema", undefined, "the columns of all parts", remedy);
  }
  if (typeof parts !== "object" || parts === null || !(Symbol.iterator in parts)) {
    throw invalidArgument(api, "the parts must come as a list", parts, "an array of Delayed");
  }
  const list = [...parts];
  list.forEach((part, i) => {
    if (part instanceof Delayed) return;
    throw invalidArgument(api, `part ${i} is not lazy`, part, "a Delayed of an Arrow Table");
  });
  if (list.length === 0) throw invalidArgument(api, "no parts", list, "one or more");
  const keys = list.map(({ key }) => key);
  const context = { token: tokenize(keys, fields), annotations: undefined };
  const aliases = addAliases(mergeGraphs(list), "parts", context, keys);
  const { graph, layer } = addCall(aliases, "from-delayed", context, tableToBlock, fields);
  return blocks(graph, layer, fields, layoutOf(list.length), "delayed parts", api);
}

/**
 * The frame of partitions that are arrays of objects; where no schema is given the first rows are
 * looked at, so that a Promise of its plan comes.
 */
export function planOfRows(parts: CollectionParts): PlanNode | Promise<PlanNode> {
  const fields = schemaFields("toDataFrame", parts.schema);
  return fields === undefined
    ? inferredFields(parts).then((inferred) => rowBlocks(parts, inferred))
    : rowBlocks(parts, fields);
}

function rowBlocks(parts: CollectionParts, fields: readonly Field[]): PlanNode {
  const context = { token: tokenize(parts.layer, fields), annotations: undefined };
  const { graph, layer, npartitions } = addCall(parts, "from-rows", context, rowsToBlock, fields);
  return blocks(graph, layer, fields, layoutOf(npartitions), "rows of a bag", "toDataFrame");
}

/** The columns of the rows of the first partition that has any. */
async function inferredFields({
  graph,
  layer,
  npartitions,
}: CollectionParts): Promise<readonly Field[]> {
  const keys = partitionKeys({ graph, layer, npartitions });
  for await (const { value } of streamGraph(graph, keys, { lookahead: 1 })) {
    const rows = value as readonly unknown[];
    if (rows.length > 0) return fromRows("toDataFrame", rows, undefined).fields;
  }
  const remedy = "Give the columns: toDataFrame({ … }).";
  throw invalidArgument(
    "toDataFrame",
    "no rows to infer columns from",
    [],
    "a row or more",
    remedy,
  );
}
