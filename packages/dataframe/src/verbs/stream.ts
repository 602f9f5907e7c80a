import type { RunOptions } from "@millrace/graph";
import { streamGraph } from "@millrace/graph";
import type { RecordBatch } from "apache-arrow";
import { toArrowTable } from "../arrow/to-arrow-table.ts";
import type { Block } from "../column.ts";
import type { Field } from "../dtype.ts";
import type { Partitions } from "../lower/partitions.ts";
import { partitionKeys } from "../lower/partitions.ts";
import { splitOptions } from "./check.ts";

/** Partitions that a reader may be ahead of: the one being read and two more. */
const lookahead = 3;

/** Partitions one after the other, with bounded look-ahead; options are checked now. */
export function streamBlocks(
  api: string,
  frame: Partitions,
  options: RunOptions,
): AsyncIterable<{ readonly value: unknown }> {
  const { run } = splitOptions(api, options, []);
  return streamGraph(frame.graph, partitionKeys(frame), { ...run, lookahead });
}

/** One record batch a partition, in order. */
export function batchesOf(
  frame: Partitions,
  fields: readonly Field[],
  options: RunOptions,
): AsyncGenerator<RecordBatch> {
  return toBatches(streamBlocks("batches", frame, options), fields);
}

async function* toBatches(
  stream: AsyncIterable<{ readonly value: unknown }>,
  fields: readonly Field[],
): AsyncGenerator<RecordBatch> {
  for await (const { value } of stream) {
    const table = await toArrowTable([value as Block], fields);
    yield* table.batches;
  }
}
