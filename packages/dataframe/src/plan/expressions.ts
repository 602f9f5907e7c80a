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
    case "scan": {
      if (node.predicate === undefined) return node;
      const predicate = change(node.predicate, "predicate");
      return predicate === node.predicate ? node : scan(node.source, { ...node, predicate });
    }
    case "filter": {
      const predicate = change(node.predicate, "predicate");
      return predicate === node.predicate ? node : filter(node.input, predicate);
    }
    case "project": {
      const outputs = changed(node.outputs, (output) => {
        const value = change(output.value, "value");
        return value === output.value ? output : { ...output, value };
      });
      return outputs === node.outputs ? node : project(node.input, outputs);
    }
    case "aggregate": {
      const outputs = changed(node.outputs, (output) => {
        if (output.aggregate.arg === undefined) return output;
        const arg = change(output.aggregate.arg, "value");
        if (arg === output.aggregate.arg) return output;
        return { ...output, aggregate: { ...output.aggregate, arg } };
      });
      return outputs === node.outputs ? node : aggregate(node.input, node.keys, outputs, node);
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

/** The array itself where nothing in it changes: most rules find nothing to do at most nodes. */
function changed<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  const results = items.map(change);
  return results.every((result, i) => result === items[i]) ? items : results;
}
