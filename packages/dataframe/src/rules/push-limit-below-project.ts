import { limit } from "../plan/order.ts";
import { project } from "../plan/project.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushLimitBelowProject: Rule = {
  name: "push-limit-below-project",
  why: "Columns are worked out for rows that come out alone.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "limit" || node.input.kind !== "project") return undefined;
    const { input, count, from } = node;
    if (isShared(input)) return undefined;
    return project(limit(input.input, count, from), input.outputs);
  },
};
