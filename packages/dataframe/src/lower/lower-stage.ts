import type { BlockInput, Step } from "@millrace/graph";
import { LayeredGraph } from "@millrace/graph";
import type { PlanNode, ScanNode } from "../plan/node.ts";
import { stageBlock } from "../steps/stages.ts";
import { readStep } from "./read-step.ts";
import type { Lower } from "./held.ts";
import type { Context, Partitions } from "./partitions.ts";
import { addBlocks, call, input, literal, step } from "./partitions.ts";
import { isIdentity, stageBelow } from "./stage-of.ts";

/** A part of a task: steps that end in the block of a partition. */
export interface Opened {
  readonly graph: LayeredGraph;
  readonly inputs: readonly BlockInput[];
  /** Steps before the block is there; none where it is the first input. */
  readonly steps: readonly Step[];
  readonly count: number;
}

/** Where the block of a partition comes from: read in the same task, or the value of another. */
export function open(base: PlanNode, lower: Lower): Opened {
  if (base.kind === "scan" && !lower.isHeld(base)) return openScan(base);
  const { graph, layer, npartitions } = lower(base);
  const inputs: readonly BlockInput[] = [{ kind: "block", layer }, { kind: "index" }];
  return { graph, inputs, steps: [], count: npartitions };
}

function openScan(node: ScanNode): Opened {
  const { source } = node;
  const inputs: readonly BlockInput[] = [
    { kind: "values", values: source.parts },
    { kind: "index" },
  ];
  const graph = new LayeredGraph();
  return { graph, inputs, steps: [readStep(node, input(0))], count: source.parts.length };
}

/** The block that steps end in. */
export function blockOf({ steps }: Opened): Step["args"][number] {
  return steps.length === 0 ? input(0) : step(steps.length - 1);
}

/** Filters and projections, with the reader below them if there is one, as one task a partition. */
export function lowerStage(node: PlanNode, context: Context, lower: Lower): Partitions {
  const { base, stage } = stageBelow(node, lower.isHeld);
  const names = base.fields.map(({ name }) => name);
  const opened = base === node && node.kind === "scan" ? openScan(node) : open(base, lower);
  const { graph, inputs, count } = opened;
  if (isIdentity(stage, names)) {
    if (opened.steps.length === 0) return lower(base);
    return addBlocks(graph, "read", context, { inputs, steps: opened.steps, count });
  }
  const run = call(stageBlock, blockOf(opened), literal(stage));
  return addBlocks(graph, "stage", context, { inputs, steps: [...opened.steps, run], count });
}
