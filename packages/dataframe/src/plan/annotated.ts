import type { Annotations } from "@millrace/graph";
import { intern } from "./intern.ts";
import type { AnnotateNode, PlanNode } from "./node.ts";

/** The same rows, with advice for the tasks of a node. */
export function annotated(input: PlanNode, annotations: Annotations): AnnotateNode {
  const { fields, layout } = input;
  return intern(["annotate", input.token, annotations], (token) => {
    return { kind: "annotate", input, annotations, fields, layout, token };
  });
}
