import { availableParallelism } from "node:os";
import type { Step } from "@millrace/graph";
import type { Typed } from "../expr/typed.ts";
import { substitute } from "../expr/typed.ts";
import type { GroupSpec } from "../kernels/group/aggregate-spec.ts";
import { rowCount } from "../plan/layout.ts";
import type { AggregateNode, PlanNode } from "../plan/node.ts";
import type { Output } from "../stage/stage.ts";
import {
  aggregatePartitions,
  combineGroups,
  finishGroups,
  gatherBuckets,
  joinGroups,
  splitGroups,
} from "../steps/grouping.ts";
import type { Opened } from "./lower-stage.ts";
import { blockOf, open } from "./lower-stage.ts";
import type { Context, Partitions } from "./partitions.ts";
import { addBlocks, addShuffle, addTree, call, input, list, literal, step } from "./partitions.ts";
import type { Chain } from "./stage-of.ts";
import { stageOf } from "./stage-of.ts";

/**
 * Buckets that a shuffled aggregation to one partition is dealt out to, for threads to share: the
 * same on all machines, so that equal plans have equal graphs. Each costs a little for every part.
 */
const bucketCount = 4;

/** Of fewer parts one task merges as fast as several that get pieces of each. */
const dealtPartsMin = 8;

/**
 * Groups of each partition, in the task that reads and filters it, then of all: through a tree, or
 * dealt out by the hash of the keys and, where one partition is to come out, put together again.
 */
export function lowerAggregate(
  node: AggregateNode,
  context: Context,
  lower: (node: PlanNode) => Partitions,
): Partitions {
  const { keys, splitEvery, splitOut, method } = node;
  const spec = specOf(node);
  const { base, stage } = aggregateStage(node);
  const { graph, inputs, steps: before, blocks, count } = openParts(base, lower);
  const partial = call(aggregatePartitions, blocks, input(1), literal(stage), literal(spec));
  const steps = [...before, partial];
  if (count === 1 && splitOut === 1) {
    const all = call(finishGroups, list(step(steps.length - 1)), literal(spec));
    return addBlocks(graph, "aggregate", context, { inputs, steps: [...steps, all], count });
  }
  const parts = addBlocks(graph, "groups", context, { inputs, steps, count });
  const isTree = method !== "shuffle" || keys.length === 0 || count < dealtPartsMin;
  if (splitOut === 1 && isTree) {
    const calls = { combine: [combineGroups, spec], aggregate: [finishGroups, spec] } as const;
    return addTree(parts, "aggregate", context, calls, splitEvery);
  }
  const buckets = splitOut === 1 ? Math.min(bucketCount, count) : splitOut;
  const calls = { split: [splitGroups, spec], join: [joinGroups, spec, splitOut > 1] } as const;
  const dealt = addShuffle(parts, "groups-dealt", context, calls, buckets);
  if (splitOut > 1) return dealt;
  const all = [{ kind: "blocks", layer: dealt.layer, start: { times: buckets } }] as const;
  const gather = call(gatherBuckets, input(0));
  return addBlocks(dealt.graph, "aggregate", context, { inputs: all, steps: [gather], count: 1 });
}

/** Rows of a part: with fewer, groups that all parts have are made and merged too often. */
const partRows = 2 ** 21;

/** What a part is grouped of: a partition, or several whose rows are there and are few. */
interface Parts extends Opened {
  /** The blocks of a part, as an argument. */
  readonly blocks: Step["args"][number];
}

function openParts(base: PlanNode, lower: (node: PlanNode) => Partitions): Parts {
  const opened = open(base, lower);
  const rows = base.kind === "scan" ? undefined : rowCount(base.layout);
  const least = Math.min(opened.count, 2 * availableParallelism());
  const count = rows === undefined ? opened.count : Math.max(least, Math.ceil(rows / partRows));
  const [first] = opened.inputs;
  if (count >= opened.count || first?.kind !== "block") {
    return { ...opened, blocks: list(blockOf(opened)) };
  }
  const start = { times: opened.count, over: count };
  const inputs = [{ kind: "blocks", layer: first.layer, start }, { kind: "index" }] as const;
  return { ...opened, inputs, count, blocks: input(0) };
}

function specOf({ keys, fields, outputs }: AggregateNode): GroupSpec {
  return {
    keys: fields.slice(0, keys.length),
    aggregates: outputs.map(({ name, aggregate: { fn, arg, params, dtype } }) => {
      return { name, fn, arg: arg?.dtype, params, dtype };
    }),
  };
}

/** The keys and the arguments of aggregates, which a stage works out over its input. */
export function aggregateStage(node: AggregateNode): Chain {
  const { base, stage } = stageOf(node.input);
  const values = new Map(stage.outputs.map(({ name, value }): [string, Typed] => [name, value]));
  const keys = node.keys.map((name): Output => ({ name, value: values.get(name) as Typed }));
  const args = node.outputs.flatMap(({ name, aggregate: { arg } }): Output[] =>
    arg === undefined ? [] : [{ name: `${name} of`, value: substitute(arg, values) }],
  );
  return { base, stage: { filter: stage.filter, outputs: [...keys, ...args] } };
}
