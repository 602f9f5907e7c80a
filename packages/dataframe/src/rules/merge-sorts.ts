import { thenBy } from "../plan/layout.ts";
import type { SortNode } from "../plan/node.ts";
import { sort, topk } from "../plan/order.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const mergeSorts: Rule = {
  name: "merge-sorts",
  why:
    "A stable sort of sorted rows is one sort, by the earlier columns where the later ones are " +
    "equal. An order within partitions says nothing of rows of two of them, so it goes only below " +
    "another one within partitions, or below one by all of its columns.",
  scope: "node",
  apply(node) {
    if (node.kind !== "sort" && node.kind !== "topk") return undefined;
    const { input } = node;
    if (input.kind !== "sort") return undefined;
    const scope = node.kind === "sort" ? node.scope : "all";
    if (
      !isOne(
        input,
        scope,
        node.by.map(({ name }) => name),
      )
    )
      return undefined;
    const by = thenBy(node.by, input.by);
    return node.kind === "sort" ? sort(input.input, by, scope) : topk(input.input, by, node.count);
  },
};

function isOne(inner: SortNode, scope: SortNode["scope"], names: readonly string[]): boolean {
  if (inner.scope === scope || inner.input.layout.npartitions === 1) return true;
  return scope === "all" && inner.by.every(({ name }) => names.includes(name));
}
