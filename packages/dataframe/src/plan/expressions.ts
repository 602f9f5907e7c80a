import type { Typed } from "../expr/typed.ts";
import { aggregate } from "./aggregate.ts";
import type { PlanNode } from "./node.ts";
import { project } from "./project.ts";
import { filter } from "./rows.ts";
import { scan } from "./sources.ts";

/** A node with each of its own expressions changed; `role` says what the value is for. */
export function withExpressions(
  node: PlanNode,
  change: (expression: Typed, role: "predicate" | "value") => Typed,
): PlanNode {
  switch (node.kind) {
    case "scan":
      if (node.predicate === undefined) return node;
      return scan(node.source, { ...node, predicate: change(node.predicate, "predicate") });
    case "filter":
      return filter(node.input, change(node.predicate, "predicate"));
    case "project": {
      const outputs = node.outputs.map((output) => {
        return { ...output, value: change(output.value, "value") };
      });
      return project(node.input, outputs);
    }
    case "aggregate": {
      const outputs = node.outputs.map((output) => {
        const { arg } = output.aggregate;
        if (arg === undefined) return output;
        return { ...output, aggregate: { ...output.aggregate, arg: change(arg, "value") } };
      });
      return aggregate(node.input, node.keys, outputs, node);
    }
    case "blocks":
    case "distinct":
    case "sort":
    case "topk":
    case "limit":
    case "concat":
    case "explode":
    case "sample":
    case "map":
    case "repartition":
    case "shuffle":
    case "annotate":
      return node;
  }
}
