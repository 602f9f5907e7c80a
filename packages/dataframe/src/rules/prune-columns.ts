import { aggregate } from "../plan/aggregate.ts";
import { namesOf, readBy } from "../plan/columns-read.ts";
import type { PlanNode, ScanNode } from "../plan/node.ts";
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
  apply(root, { columnsRead }) {
    const pruned = new Map<PlanNode, PlanNode>();
    const inputFor = (reader: PlanNode, input: PlanNode): PlanNode =>
      input.kind === "scan"
        ? prunedScan(input, columnsRead(input, reader))
        : (pruned.get(input) as PlanNode);
    for (const node of nodesOfPlan(root)) {
      const inputs = inputsOf(node).map((input) => inputFor(node, input));
      pruned.set(node, rebuilt(node, inputs, columnsRead(node)));
    }
    return choose(pruned.get(root) as PlanNode, namesOf(root));
  },
};

function prunedScan(node: ScanNode, need: ReadonlySet<string>): PlanNode {
  return scan(node.source, { ...node, columns: node.columns.filter((name) => need.has(name)) });
}

/** A node that gives what is needed of it, and maybe more, over inputs of which this is true. */
function rebuilt(node: PlanNode, inputs: readonly PlanNode[], need: ReadonlySet<string>): PlanNode {
  const input = inputs[0] as PlanNode;
  switch (node.kind) {
    case "scan":
      return prunedScan(node, need);
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
