import { isExpensive, isTooLarge } from "../expr/expense.ts";
import { columnsOf, substitute } from "../expr/typed.ts";
import { project } from "../plan/project.ts";
import { filter } from "../plan/rows.ts";
import { pushFilter } from "./push-filter.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterBelowProject: Rule = {
  name: "push-filter-below-project",
  why:
    "Columns are worked out for rows that stay alone, and the filter gets nearer to the source. A " +
    "predicate over an expensive column stays, since that would be worked out twice.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "project") return undefined;
    const { input } = node;
    if (isShared(input)) return undefined;
    const values = new Map(input.outputs.map(({ name, value }) => [name, value]));
    const dear = new Set(
      input.outputs.filter(({ value }) => isExpensive(value)).map(({ name }) => name),
    );
    if (isTooLarge([node.predicate, ...values.values()])) return undefined;
    return pushFilter(
      node,
      (conjunct) => [...columnsOf([conjunct])].every((name) => !dear.has(name)),
      (predicate) => project(filter(input.input, substitute(predicate, values)), input.outputs),
    );
  },
};
