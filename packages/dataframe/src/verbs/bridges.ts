import type { CollectionOf, RunOptions } from "@millrace/graph";
import { Delayed, compute, makeCollection } from "@millrace/graph";
import type { Table } from "apache-arrow";
import type { Field } from "../dtype.ts";
import type { Partitions } from "../lower/partitions.ts";
import { addCall, partitionKeys } from "../lower/partitions.ts";
import type { Physical } from "../lower/physical.ts";
import { blockToRows, blockToTable, blocksToTable } from "../steps/callbacks.ts";
import { splitOptions } from "./check.ts";

/** What makes a Table of partitions; as an argument of a task it travels without the frame. */
export function finalizer(fields: readonly Field[]): (parts: unknown[]) => Promise<Table> {
  return (parts) => blocksToTable(parts, fields);
}

/** One lazy Arrow Table a partition. */
export function toDelayed(physical: Physical): Delayed<Table>[] {
  const tables = addStep(physical, "to-delayed", blockToTable);
  return partitionKeys(tables).map((key) => Delayed.of<Table>(tables.graph, key));
}

/** A Bag of rows as objects. */
export function toBag<R>(physical: Physical): CollectionOf<"bag", R> {
  return makeCollection<"bag", R>("toBag", "bag", addStep(physical, "to-rows", blockToRows));
}

/** All rows as objects: made by the tasks, so that threads share the work. */
export async function toRows(physical: Physical, options: RunOptions): Promise<unknown[]> {
  const { run } = splitOptions("toRows", options, []);
  const rows = addStep(physical, "to-rows", blockToRows);
  const finalize = (parts: unknown[]): unknown[] => (parts as unknown[][]).flat();
  return compute({ graph: rows.graph, outputKeys: partitionKeys(rows), finalize }, run);
}

function addStep(
  { plan, partitions }: Physical,
  verb: string,
  fn: (block: never, index: number, fields: readonly Field[]) => unknown,
): Partitions {
  const context = { token: plan.token, annotations: undefined };
  return addCall(partitions, verb, context, fn, plan.fields);
}
