import type { Layer, LayeredGraph } from "@millrace/graph";
import { optimizeLayers } from "@millrace/graph";
import { invalidArgument } from "../errors.ts";
import { partitionKeys } from "../lower/partitions.ts";
import type { Physical } from "../lower/physical.ts";
import { physicalPlan } from "../lower/physical.ts";
import { aggregateStage, specOf } from "../lower/lower-aggregate.ts";
import { isStage, stageBelow } from "../lower/stage-of.ts";
import type { PlanNode } from "../plan/node.ts";
import { planText } from "../plan/plan-text.ts";
import { inputsOf, nodesOfPlan } from "../plan/walk.ts";
import { stageCode } from "../stage/stage-code.ts";
import { checkOptions } from "./check.ts";

/**
 * What `explain` tells.
 *
 * @example
 * ```ts
 * import { DataFrame } from "@millrace/dataframe";
 * import type { ExplainOptions } from "@millrace/dataframe";
 *
 * const options: ExplainOptions = { code: true };
 * const doubled = DataFrame.fromRows([{ n: 1 }]).select((c) => ({ twice: c.n.mul(2) }));
 * doubled.explain(options).includes("function"); // => true
 * ```
 */
export interface ExplainOptions {
  /** Whether the loops of compiled stages are shown. Default false. */
  readonly code?: boolean;
}

/** The plan as written, as it runs, and its stages with their tasks. */
export function explain(logical: PlanNode, options: ExplainOptions): string {
  checkOptions("explain", options, ["code"]);
  const { code = false } = options;
  if (typeof code !== "boolean") {
    throw invalidArgument("explain", "bad code", code, "true or false");
  }
  const physical = physicalPlan(logical);
  const { plan, partitions } = physical;
  const parts = [
    section("logical plan", planText(logical)),
    section("optimized plan", planText(plan)),
    section("stages", stagesText(partitions.graph, partitionKeys(partitions))),
  ];
  if (code) parts.push(...codeOf(physical).map((text, i) => section(`code ${i + 1}`, text)));
  return parts.join("\n\n");
}

function section(title: string, text: string): string {
  return `== ${title} ==\n${text}`;
}

/** The layers after fusion, in the order in which they run, each with the layers that it reads. */
function stagesText(graph: LayeredGraph, keys: readonly string[]): string {
  const layers = [...optimizeLayers(graph, keys, { priority: 0, retries: 0 }).layers.values()];
  const done = new Set<string>();
  const lines: string[] = [];
  const visit = (layer: Layer): void => {
    if (done.has(layer.name)) return;
    done.add(layer.name);
    const inputs = layer.layerInputs.flatMap(
      (name) => layers.find((other) => other.name === name) ?? [],
    );
    inputs.forEach(visit);
    const reads =
      inputs.length === 0 ? "" : ` <- ${inputs.map(({ name }) => shortName(name)).join(", ")}`;
    const tasks = layer.size === 1 ? "1 task" : `${layer.size} tasks`;
    lines.push(`${shortName(layer.name)}: ${tasks}${reads}`);
  };
  layers.forEach(visit);
  return lines.join("\n");
}

/** The verb of a layer and the beginning of its token. */
function shortName(name: string): string {
  const at = name.lastIndexOf("-");
  return at < 0 ? name : `${name.slice(0, at)}-${name.slice(at + 1, at + 5)}`;
}

/** The loops of all stages, inputs first: of chains, and of what aggregations group. */
function codeOf({ plan, isHeld }: Physical): string[] {
  const nodes = [...nodesOfPlan(plan)];
  const joined = new Set(
    nodes.flatMap((node) => (isStage(node) || node.kind === "aggregate" ? inputsOf(node) : [])),
  );
  const codes = nodes.flatMap((node): string[] => {
    if (node.kind === "aggregate") {
      const { base, stage } = aggregateStage(node, isHeld);
      const { keys, aggregates } = specOf(node);
      return [stageCode(stage, base.fields, keys.length === 0 ? aggregates : undefined)];
    }
    if (!isStage(node) || (joined.has(node) && !isHeld(node))) return [];
    const { base, stage } = stageBelow(node, isHeld);
    return [stageCode(stage, base.fields)];
  });
  return [...new Set(codes)];
}
