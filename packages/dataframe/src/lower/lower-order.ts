import type {
  DistinctNode,
  LimitNode,
  ShuffleNode,
  SortKey,
  SortNode,
  TopKNode,
} from "../plan/node.ts";
import {
  distinctOf,
  distinctOfAll,
  firstOfAll,
  firstRows,
  lastOfAll,
  lastRows,
  topOf,
  topOfAll,
} from "../steps/limits.ts";
import { boundsOf, sampleOf } from "../steps/sampling.ts";
import {
  joinBlocks,
  joinDealt,
  sortRange,
  sortBlock,
  splitByDivisions,
  splitByHash,
  splitByOrder,
} from "../steps/sorting.ts";
import type { Context, Partitions } from "./partitions.ts";
import { addCall, addShuffle, addTree } from "./partitions.ts";

/** The first or last rows: those of each partition, then of all. */
export function lowerLimit(node: LimitNode, context: Context, from: Partitions): Partitions {
  const [each, all] = node.from === "start" ? [firstRows, firstOfAll] : [lastRows, lastOfAll];
  const cut = addCall(from, "limit", context, each, node.count);
  if (from.npartitions === 1) return cut;
  const combine = [all, node.count] as const;
  return addTree(cut, "limit-all", context, { combine, aggregate: combine }, undefined);
}

/** The first rows in an order: those of each partition, then of all. */
export function lowerTopK(node: TopKNode, context: Context, from: Partitions): Partitions {
  const { by, count } = node;
  const top = addCall(from, "topk", context, topOf, by, count);
  if (from.npartitions === 1) return top;
  const combine = [topOfAll, by, count] as const;
  return addTree(top, "topk-all", context, { combine, aggregate: combine }, undefined);
}

/** First rows of combinations: those of each partition, then of all. */
export function lowerDistinct(node: DistinctNode, context: Context, from: Partitions): Partitions {
  const { columns, splitEvery } = node;
  const distinct = addCall(from, "distinct", context, distinctOf, columns);
  if (from.npartitions === 1) return distinct;
  const combine = [distinctOfAll, columns] as const;
  return addTree(distinct, "distinct-all", context, { combine, aggregate: combine }, splitEvery);
}

/**
 * All rows in order: a sample of every partition gives bounds, every partition is dealt out
 * between them, and each range is sorted. The order of equal rows is that of the input, since they
 * meet in one range, in the order of the partitions.
 */
export function lowerSort(node: SortNode, context: Context, from: Partitions): Partitions {
  const { by, scope } = node;
  if (scope === "each" || from.npartitions === 1) {
    return addCall(from, "sort", context, sortBlock, by);
  }
  const bounds = addBounds(from, context, by, from.npartitions);
  const split = [splitByOrder, by] as const;
  const calls = { split, join: [sortRange, by], shared: [`${bounds.layer}/0`] } as const;
  return addShuffle({ ...from, graph: bounds.graph }, "sort", context, calls, from.npartitions);
}

/** One block with the bounds of parts of about one size in an order. */
export function addBounds(
  from: Partitions,
  context: Context,
  by: readonly SortKey[],
  npartitions: number,
): Partitions {
  const sample = addCall(from, "sort-sample", context, sampleOf, by, npartitions);
  const combine = [joinBlocks] as const;
  const aggregate = [boundsOf, by, npartitions] as const;
  return addTree(sample, "sort-bounds", context, { combine, aggregate }, undefined);
}

/** Rows dealt out by hash, or between bounds that are known. */
export function lowerShuffle(node: ShuffleNode, context: Context, from: Partitions): Partitions {
  const { by } = node;
  const { npartitions } = node.layout;
  const split =
    by.kind === "hash"
      ? ([splitByHash, by.on] as const)
      : ([splitByDivisions, by.column, by.divisions] as const);
  return addShuffle(from, "shuffle", context, { split, join: [joinDealt] }, npartitions);
}
