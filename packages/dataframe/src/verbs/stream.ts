import type { RunOptions } from "@millrace/graph";
import { optimizeLayers, streamGraph } from "@millrace/graph";
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
  const { optimize = true, priority = 0, retries = 0 } = run;
  const keys = partitionKeys(frame);
  const graph = optimize ? optimizeLayers(frame.graph, keys, { priority, retries }) : frame.graph;
  return streamGraph(graph, keys, { ...run, lookahead });
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
