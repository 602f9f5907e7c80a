import { columnsOf } from "../expr/typed.ts";
import type { Typed } from "../expr/typed.ts";
import { aggregate } from "../plan/aggregate.ts";
import type { PlanNode } from "../plan/node.ts";
import { concat } from "../plan/partitions.ts";
import { choose, project } from "../plan/project.ts";
import { scan } from "../plan/sources.ts";
import { inputsOf, nodesOfPlan, withInputs } from "../plan/walk.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pruneColumns: Rule = {
  name: "prune-columns",
  why:
    "Columns that nothing reads are neither read from files, nor worked out, nor moved. A function " +
    "of the user may read all that it is given. What several read keeps what any of them needs, so " +
    "that it is still worked out once.",
  scope: "plan",
  apply(root) {
    const needs = needsOf(root);
    const pruned = new Map<PlanNode, PlanNode>();
    for (const node of nodesOfPlan(root)) {
      const inputs = inputsOf(node).map((input) => pruned.get(input) as PlanNode);
      pruned.set(node, rebuilt(node, inputs, needs.get(node) as ReadonlySet<string>));
    }
    const names = root.fields.map(({ name }) => name);
    return choose(pruned.get(root) as PlanNode, names);
  },
};

/** The columns of each node that are read by anything. */
function needsOf(root: PlanNode): ReadonlyMap<PlanNode, ReadonlySet<string>> {
  const needs = new Map<PlanNode, Set<string>>([[root, new Set(namesOf(root))]]);
  for (const node of [...nodesOfPlan(root)].reverse()) {
    const need = needs.get(node) as ReadonlySet<string>;
    for (const input of inputsOf(node)) {
      const all = needs.get(input) ?? new Set();
      for (const name of readBy(node, need)) all.add(name);
      needs.set(input, all);
    }
  }
  return needs;
}

/** The columns of its input that a node reads, to give those that are needed of it. */
function readBy(node: PlanNode, need: ReadonlySet<string>): Iterable<string> {
  switch (node.kind) {
    case "scan":
    case "blocks":
      return [];
    case "filter":
      return [...need, ...columnsOf([node.predicate])];
    case "project":
      return columnsOf(node.outputs.filter(({ name }) => need.has(name)).map(({ value }) => value));
    case "aggregate": {
      const args = node.outputs.flatMap(({ name, aggregate: { arg } }): readonly Typed[] =>
        need.has(name) && arg !== undefined ? [arg] : [],
      );
      return [...node.keys, ...columnsOf(args)];
    }
    case "distinct":
      return [...need, ...node.columns];
    case "sort":
    case "topk":
      return [...need, ...node.by.map(({ name }) => name)];
    case "limit":
    case "sample":
    case "concat":
    case "annotate":
      return need;
    case "explode":
      return [...need, node.column];
    case "map":
      return namesOf(node.input);
    case "repartition": {
      const { index } = node.input.layout;
      return node.target.by === "divisions" && index !== undefined ? [...need, index] : need;
    }
    case "shuffle":
      return [...need, ...(node.by.kind === "hash" ? node.by.on : [node.by.column])];
  }
}

/** A node that gives what is needed of it, and maybe more, over inputs of which this is true. */
function rebuilt(node: PlanNode, inputs: readonly PlanNode[], need: ReadonlySet<string>): PlanNode {
  const input = inputs[0] as PlanNode;
  switch (node.kind) {
    case "scan":
      return scan(node.source, { ...node, columns: node.columns.filter((name) => need.has(name)) });
    case "project":
      return project(
        input,
        node.outputs.filter(({ name }) => need.has(name)),
      );
    case "aggregate": {
      const outputs = node.outputs.filter(({ name }) => need.has(name));
      return aggregate(input, node.keys, outputs, node);
    }
    case "concat": {
      const names = namesOf(node).filter((name) => need.has(name));
      return concat(inputs.map((one) => choose(one, names)));
    }
    case "map":
      return withInputs(node, [choose(input, namesOf(node.input))]);
    // These copy or move whole rows, so that what they do not need is left out before.
    case "distinct":
    case "sort":
    case "explode":
    case "repartition":
    case "shuffle":
      return withInputs(node, [narrowed(input, new Set(readBy(node, need)))]);
    case "blocks":
    case "filter":
    case "topk":
    case "limit":
    case "sample":
    case "annotate":
      return withInputs(node, inputs);
  }
}

function narrowed(node: PlanNode, need: ReadonlySet<string>): PlanNode {
  return choose(
    node,
    namesOf(node).filter((name) => need.has(name)),
  );
}

function namesOf({ fields }: PlanNode): readonly string[] {
  return fields.map(({ name }) => name);
}
