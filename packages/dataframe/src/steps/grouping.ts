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
} from "../kernels/group/partials.ts";
import { joinRanges, keyRanges, packedKeys } from "../kernels/group/packed-keys.ts";
import type { Range } from "../kernels/group/packing.ts";
import { splitPartials } from "../kernels/group/split-partials.ts";
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

/** What is known of parts before they are dealt out. */
export interface Survey {
  readonly groups: number;
  /** Ranges of keys that can be packed, else none. */
  readonly ranges: readonly Range[];
}

/** How many groups a part has, and what their keys are like. */
export function surveyGroups(part: readonly Block[], _part: number, { keys }: GroupSpec): Survey {
  return {
    groups: part.reduce((sum, { rows }) => sum + rows, 0),
    ranges: keyRanges(part, keys),
  };
}

/** The same of all parts. */
export function combineSurveys(surveys: readonly Survey[]): Survey {
  return {
    groups: surveys.reduce((sum, { groups }) => sum + groups, 0),
    ranges: joinRanges(surveys.map(({ ranges }) => ranges)),
  };
}

/** Groups dealt out by the hash of their keys: a piece has some of each part. */
export function splitGroups(part: readonly Block[], npartitions: number, spec: GroupSpec): Cut {
  return cutBlocks(splitPartials(part, spec, npartitions), npartitions);
}

/** The same to as many buckets as the groups of all parts are worth; the others get none. */
export function splitSurveyed(
  part: readonly Block[],
  npartitions: number,
  { groups, ranges }: Survey,
  spec: GroupSpec,
): Cut {
  const wanted = groups <= MERGED_AT_ONCE ? 1 : Math.ceil(groups / BUCKET_GROUPS);
  const used = Math.min(wanted, npartitions);
  return cutBlocks(splitPartials(part, spec, npartitions, used, packedKeys(ranges)), npartitions);
}

/** One task merges so many groups as soon as several that get pieces. */
const MERGED_AT_ONCE = 2 ** 20;

/** The groups of a bucket are to fit the cache of a processor. */
const BUCKET_GROUPS = 2 ** 17;

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
    surveyGroups,
    combineSurveys,
    splitGroups,
    splitSurveyed,
    joinGroups,
    joinBucket,
    gatherBuckets,
  },
  { package: "@millrace/dataframe" },
);
