import { declareExports } from "@millrace/closure/tasks";
import type { Block } from "../column.ts";
import type { GroupSpec } from "../kernels/group/aggregate-spec.ts";
import {
  combinePartials,
  finishBucket,
  finishPartials,
  mergeShuffled,
  splitPartials,
} from "../kernels/group/partials.ts";
import { runAggregation } from "../stage/run-aggregation.ts";
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

/** Groups of several partitions as one, still with states. */
export function combineGroups(parts: readonly Block[], spec: GroupSpec): Block {
  return combinePartials(parts, spec);
}

/** Groups of several partitions as one, with results. */
export function finishGroups(parts: readonly Block[], spec: GroupSpec): Block {
  return finishPartials(parts, spec);
}

/** Groups dealt out by the hash of their keys. */
export function splitGroups(part: Block, npartitions: number, spec: GroupSpec): Block[] {
  return splitPartials(part, spec, npartitions);
}

/** The groups of one bucket, with results: as they are to come out, or still to be gathered. */
export function joinGroups(parts: readonly Block[], spec: GroupSpec, isLast: boolean): Block {
  return isLast ? finishPartials(parts, spec) : finishBucket(parts, spec);
}

/** Groups of all buckets, in the order in which they were first met. */
export function gatherBuckets(buckets: readonly Block[]): Block {
  return mergeShuffled(buckets);
}

declareExports(
  import.meta.url,
  { aggregatePartitions, combineGroups, finishGroups, splitGroups, joinGroups, gatherBuckets },
  { package: "@millrace/dataframe" },
);
