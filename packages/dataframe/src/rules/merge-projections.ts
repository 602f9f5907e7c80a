import { isTooLarge } from "../expr/expense.ts";
import { substitute } from "../expr/typed.ts";
import { project } from "../plan/project.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const mergeProjections: Rule = {
  name: "merge-projections",
  why:
    "Columns that only another projection reads are not made. Nothing is worked out twice: equal " +
    "expressions of a projection are one.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "project" || node.input.kind !== "project") return undefined;
    const { input } = node;
    if (isShared(input)) return undefined;
    const values = new Map(input.outputs.map(({ name, value }) => [name, value]));
    const outputs = node.outputs.map(({ name, value }) => {
      return { name, value: substitute(value, values) };
    });
    if (isTooLarge(outputs.map(({ value }) => value))) return undefined;
    return project(input.input, outputs);
  },
};
