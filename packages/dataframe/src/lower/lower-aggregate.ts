import { availableParallelism } from "node:os";
import type { Step, TaskFunction } from "@millrace/graph";
import type { Typed } from "../expr/typed.ts";
import { substitute } from "../expr/typed.ts";
import type { GroupSpec } from "../kernels/group/aggregate-spec.ts";
import { rowCount } from "../plan/layout.ts";
import type { AggregateNode, PlanNode } from "../plan/node.ts";
import type { Output } from "../stage/stage.ts";
import {
  aggregatePartitions,
  aggregateToDeal,
  combineGroups,
  combineSurveys,
  finishGroups,
  gatherBuckets,
  joinBucket,
  joinGroups,
  splitGroups,
  splitSurveyed,
  surveyGroups,
} from "../steps/grouping.ts";
import type { Lower } from "./held.ts";
import type { Opened } from "./lower-stage.ts";
import { blockOf, open } from "./lower-stage.ts";
import type { Context, Partitions } from "./partitions.ts";
import {
  addBlocks,
  addCall,
  addShuffle,
  addTree,
  call,
  input,
  list,
  literal,
  step,
} from "./partitions.ts";
import type { Chain } from "./stage-of.ts";
import { stageOf } from "./stage-of.ts";

/**
 * Buckets that a shuffled aggregation to one partition is dealt out to, for threads to share and so
 * that the groups of each fit the cache of a processor. They are the same on all machines, so that
 * equal plans have equal graphs. Each costs a little for every part.
 */
function bucketCount(rows: number | undefined): number {
  const wanted = 2 ** Math.ceil(Math.log2((rows ?? bucketRows) / bucketRows));
  return Math.max(4, Math.min(wanted, 64));
}

const bucketRows = 2 ** 17;

/** Of fewer parts, or few rows, one task merges as fast as several that get pieces of each. */
function dealtPartsMin(rows = 0): number {
  return rows >= 2 ** 20 ? 2 : 8;
}

/**
 * Groups of each partition, in the task that reads and filters it, then of all: through a tree, or
 * dealt out by the hash of the keys and, where one partition is to come out, put together again.
 */
export function lowerAggregate(node: AggregateNode, context: Context, lower: Lower): Partitions {
  const { keys, splitEvery, splitOut, method } = node;
  const spec = specOf(node);
  const { base, stage } = aggregateStage(node, lower.isHeld);
  const opened = openParts(base, lower);
  const { graph, inputs, steps: before, blocks, count, rows, isThere } = opened;
  const isTree =
    splitOut === 1 && (method !== "shuffle" || keys.length === 0 || count < dealtPartsMin(rows));
  const partial = isTree ? aggregatePartitions : aggregateToDeal;
  const steps = [...before, call(partial, blocks, input(1), literal(stage), literal(spec))];
  if (count === 1 && splitOut === 1) {
    const all = call(finishGroups, list(step(steps.length - 1)), literal(spec));
    return addBlocks(graph, "aggregate", context, { inputs, steps: [...steps, all], count });
  }
  const parts = addBlocks(graph, "groups", context, { inputs, steps, count });
  if (isTree) {
    const calls = { combine: [combineGroups, spec], aggregate: [finishGroups, spec] } as const;
    return addTree(parts, "aggregate", context, calls, splitEvery);
  }
  const buckets = splitOut === 1 ? bucketCount(rows) : splitOut;
  const join = [splitOut > 1 ? joinGroups : joinBucket, spec] as const;
  const dealt =
    splitOut === 1 && isThere
      ? addSurveyedShuffle(parts, context, spec, join, buckets)
      : addShuffle(parts, "groups-dealt", context, { split: [splitGroups, spec], join }, buckets);
  if (splitOut > 1) return dealt;
  const all = [{ kind: "blocks", layer: dealt.layer, start: { times: buckets } }] as const;
  const gather = call(gatherBuckets, input(0), literal(spec));
  return addBlocks(dealt.graph, "aggregate", context, { inputs: all, steps: [gather], count: 1 });
}

/** How many groups there are, and of which keys, decides how they are dealt out. */
function addSurveyedShuffle(
  parts: Partitions,
  context: Context,
  spec: GroupSpec,
  join: readonly [TaskFunction, ...unknown[]],
  buckets: number,
): Partitions {
  const surveys = addCall(parts, "groups-surveyed", context, surveyGroups, spec);
  const combine = [combineSurveys] as const;
  const all = addTree(surveys, "groups-known", context, { combine, aggregate: combine }, undefined);
  const calls = { split: [splitSurveyed, spec], join, shared: [`${all.layer}/0`] } as const;
  return addShuffle({ ...parts, graph: all.graph }, "groups-dealt", context, calls, buckets);
}

/** Rows of a part: with fewer, groups that all parts have are made and merged too often. */
const partRows = 2 ** 21;

/** What a part is grouped of: a partition, or several whose rows are there and are few. */
interface Parts extends Opened {
  /** The blocks of a part, as an argument. */
  readonly blocks: Step["args"][number];
  /** Rows of all parts, where they are known. */
  readonly rows: number | undefined;
  /** They lie in memory, so that parts may be kept until all are there. */
  readonly isThere: boolean;
}

/** As many for each processor, and two or more: then none waits long for the last part. */
function partCount(npartitions: number, rows: number): number {
  const processors = availableParallelism();
  const rounds = Math.max(2, Math.ceil(rows / partRows / processors));
  return Math.min(npartitions, processors * rounds);
}

function openParts(base: PlanNode, lower: Lower): Parts {
  const opened = open(base, lower);
  const rows = rowCount(base.layout);
  const isThere = base.kind !== "scan" && rows !== undefined;
  const count = isThere ? partCount(opened.count, rows) : opened.count;
  const [first] = opened.inputs;
  if (count >= opened.count || first?.kind !== "block") {
    return { ...opened, blocks: list(blockOf(opened)), rows, isThere };
  }
  const start = { times: opened.count, over: count };
  const inputs = [{ kind: "blocks", layer: first.layer, start }, { kind: "index" }] as const;
  return { ...opened, inputs, count, blocks: input(0), rows, isThere };
}

/** What kernels have to know of an aggregation. */
export function specOf({ keys, fields, outputs }: AggregateNode): GroupSpec {
  return {
    keys: fields.slice(0, keys.length),
    aggregates: outputs.map(({ name, aggregate: { fn, arg, params, dtype } }) => {
      return { name, fn, arg: arg?.dtype, params, dtype };
    }),
  };
}

/** The keys and the arguments of aggregates, which a stage works out over its input. */
export function aggregateStage(node: AggregateNode, isHeld: Lower["isHeld"]): Chain {
  const { base, stage } = stageOf(node.input, isHeld);
  const values = new Map(stage.outputs.map(({ name, value }): [string, Typed] => [name, value]));
  const keys = node.keys.map((name): Output => ({ name, value: values.get(name) as Typed }));
  const args = node.outputs.flatMap(({ name, aggregate: { arg } }): Output[] =>
    arg === undefined ? [] : [{ name: `${name} of`, value: substitute(arg, values) }],
  );
  return { base, stage: { filter: stage.filter, outputs: [...keys, ...args] } };
}
