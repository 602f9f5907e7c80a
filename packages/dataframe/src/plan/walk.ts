import { aggregate, distinct } from "./aggregate.ts";
import { annotated } from "./annotated.ts";
import type { PlanNode } from "./node.ts";
import { limit, sort, topk } from "./order.ts";
import { concat, repartition, shuffle } from "./partitions.ts";
import { project } from "./project.ts";
import { explode, filter, map, sample } from "./rows.ts";

/** The plans that a node takes rows from, in order. */
export function inputsOf(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case "scan":
    case "blocks":
      return [];
    case "filter":
    case "project":
    case "aggregate":
    case "distinct":
    case "sort":
    case "topk":
    case "limit":
    case "explode":
    case "sample":
    case "map":
    case "repartition":
    case "shuffle":
    case "annotate":
      return [node.input];
    case "concat":
      return node.inputs;
  }
}

/**
 * The same node over other plans, in the order of {@link inputsOf}; layouts are worked out anew.
 */
export function withInputs(node: PlanNode, inputs: readonly PlanNode[]): PlanNode {
  const before = inputsOf(node);
  if (inputs.every((input, i) => input === before[i])) return node;
  const input = inputs[0] as PlanNode;
  switch (node.kind) {
    case "scan":
    case "blocks":
      return node;
    case "filter":
      return filter(input, node.predicate);
    case "project":
      return project(input, node.outputs);
    case "aggregate":
      return aggregate(input, node.keys, node.outputs, node);
    case "distinct":
      return distinct(input, node.columns, node.splitEvery);
    case "sort":
      return sort(input, node.by, node.scope);
    case "topk":
      return topk(input, node.by, node.count);
    case "limit":
      return limit(input, node.count, node.from);
    case "concat":
      return concat(inputs);
    case "explode":
      return explode(input, node.column);
    case "sample":
      return sample(input, node.fraction, node.seed);
    case "map":
      return map(input, node);
    case "repartition":
      return repartition(input, node.target);
    case "shuffle":
      return shuffle(input, node.by);
    case "annotate":
      return annotated(input, node.annotations);
  }
}

/** Every node of some plans, once, inputs before those that read them; for plans of any depth. */
export function nodesOfPlan(...roots: readonly PlanNode[]): Set<PlanNode> {
  const done = new Set<PlanNode>();
  const open: PlanNode[] = roots.toReversed();
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    const missing = inputsOf(node).filter((input) => !done.has(input));
    if (missing.length === 0) done.add(node);
    if (missing.length === 0) open.pop();
    else open.push(...missing.reverse());
  }
  return done;
}

/**
 * A plan rebuilt from its leaves up: `change` gets each node after its inputs were changed, once,
 * however many others read it.
 */
export function rewritePlan(root: PlanNode, change: (node: PlanNode) => PlanNode): PlanNode {
  const results = new Map<PlanNode, PlanNode>();
  for (const node of nodesOfPlan(root)) {
    const inputs = inputsOf(node).map((input) => results.get(input) as PlanNode);
    results.set(node, change(withInputs(node, inputs)));
  }
  return results.get(root) as PlanNode;
}
