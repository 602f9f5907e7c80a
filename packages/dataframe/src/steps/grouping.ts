import { declareExports } from "@millrace/closure/tasks";
import type { Cut, CutPiece } from "@millrace/graph/tasks";
import type { Block } from "../column.ts";
import { blocksOf, cutBlocks } from "../kernels/cut.ts";
import type { GroupSpec } from "../kernels/group/aggregate-spec.ts";
import {
  combinePartials,
  finishBucket,
  finishPartials,
  mergeShuffled,
  splitPartials,
} from "../kernels/group/partials.ts";
import { runAggregation, runAggregationToDeal } from "../stage/run-aggregation.ts";
import type { Stage } from "../stage/stage.ts";

/** The groups of partitions, with states that can be combined: part `part` of all. */
export function aggregatePartitions(
  blocks: readonly Block[],
  part: number,
  stage: Stage,
  spec: GroupSpec,
): Block {
  return runAggregation(blocks, stage, spec.keys.length, spec.aggregates, part);
}

/** The same as several parts, which is less work where groups are nearly as many as rows. */
export function aggregateToDeal(
  blocks: readonly Block[],
  part: number,
  stage: Stage,
  spec: GroupSpec,
): Block[] {
  return runAggregationToDeal(blocks, stage, spec.keys.length, spec.aggregates, part);
}

/** Groups of several partitions as one, still with states. */
export function combineGroups(parts: readonly Block[], spec: GroupSpec): Block {
  return combinePartials(parts, spec);
}

/** Groups of several partitions as one, with results. */
export function finishGroups(parts: readonly Block[], spec: GroupSpec): Block {
  return finishPartials(parts, spec);
}

/** How many groups parts have, of which one list or number a partition came. */
export function countGroups(parts: readonly (Block | number)[]): number {
  return parts.reduce(
    (sum: number, part) => sum + (typeof part === "number" ? part : part.rows),
    0,
  );
}

/** Groups dealt out by the hash of their keys: a piece has some of each part. */
export function splitGroups(parts: readonly Block[], npartitions: number, spec: GroupSpec): Cut {
  return splitInto(parts, npartitions, npartitions, spec);
}

/** The same to as many buckets as `total` groups of all parts are worth; the others get none. */
export function splitCounted(
  parts: readonly Block[],
  npartitions: number,
  total: number,
  spec: GroupSpec,
): Cut {
  const used = total <= MERGED_AT_ONCE ? 1 : Math.ceil(total / BUCKET_GROUPS);
  return splitInto(parts, npartitions, Math.min(used, npartitions), spec);
}

/** One task merges so many groups as soon as several that get pieces. */
const MERGED_AT_ONCE = 2 ** 20;

/** The groups of a bucket are to fit the cache of a processor. */
const BUCKET_GROUPS = 2 ** 17;

function splitInto(
  parts: readonly Block[],
  npartitions: number,
  used: number,
  spec: GroupSpec,
): Cut {
  return cutBlocks(
    parts.map((part) => splitPartials(part, spec, npartitions, used)),
    npartitions,
  );
}

/** The groups of one bucket, with results, as they are to come out. */
export function joinGroups(pieces: readonly CutPiece[], spec: GroupSpec): Block {
  return finishPartials(pieces.flatMap(blocksOf), spec);
}

/** The groups of one bucket, with results, to be gathered; undefined where there are none. */
export function joinBucket(pieces: readonly CutPiece[], spec: GroupSpec): Block | undefined {
  const parts = pieces.flatMap(blocksOf);
  return parts.every(({ rows }) => rows === 0) ? undefined : finishBucket(parts, spec);
}

/** Groups of all buckets, in the order in which they were first met. */
export function gatherBuckets(buckets: readonly (Block | undefined)[], spec: GroupSpec): Block {
  const filled = buckets.filter((bucket) => bucket !== undefined);
  return filled.length === 0 ? finishPartials([], spec) : mergeShuffled(filled);
}

declareExports(
  import.meta.url,
  {
    aggregatePartitions,
    aggregateToDeal,
    combineGroups,
    finishGroups,
    countGroups,
    splitGroups,
    splitCounted,
    joinGroups,
    joinBucket,
    gatherBuckets,
  },
  { package: "@millrace/dataframe" },
);
