import { invalidArgument } from "../errors.ts";
import { checkCount, checkNames, checkOrderable } from "./check.ts";
import { intern } from "./intern.ts";
import { gatheredLayout, indexKey, isSortedBy, layoutOf, rowCount, thenBy } from "./layout.ts";
import type { Layout, LimitNode, PlanNode, SortKey, SortNode, TopKNode } from "./node.ts";

/** All rows in order, over all partitions ("all") or in each of them ("each"); stable. */
export function sort(
  input: PlanNode,
  by: readonly SortKey[],
  scope: SortNode["scope"] = "all",
  api = "sort",
): SortNode {
  checkOrder(api, input, by);
  const { fields } = input;
  return intern(["sort", input.token, by, scope], (token) => {
    const layout = sortedLayout(input.layout, by, scope);
    return { kind: "sort", input, by, scope, fields, layout, token };
  });
}

function sortedLayout(input: Layout, by: readonly SortKey[], scope: SortNode["scope"]): Layout {
  const sortedBy = thenBy(by, input.sortedBy);
  const index = indexOf(by);
  if (input.npartitions === 1) {
    const isNew = index !== undefined && index !== input.index;
    return isNew ? { ...input, index, divisions: undefined, sortedBy } : { ...input, sortedBy };
  }
  switch (scope) {
    case "all":
      return { ...layoutOf(input.npartitions), index, sortedBy };
    case "each":
      // Partitions that follow one another by the index make one order of theirs.
      if (input.divisions !== undefined && isSortedBy({ ...input, sortedBy: by }, indexBy(input))) {
        return { ...input, sortedBy: by };
      }
      return { ...input, sortedBy: undefined };
  }
}

function indexBy({ index }: Layout): readonly SortKey[] {
  return index === undefined ? [] : [indexKey(index)];
}

/** The column that partitions follow one another by once all rows are in an order. */
function indexOf(by: readonly SortKey[]): string | undefined {
  const [first] = by;
  return first?.descending === false && first.nulls === "last" ? first.name : undefined;
}

/** The first `count` rows of an order, in one partition. */
export function topk(
  input: PlanNode,
  by: readonly SortKey[],
  count: number,
  api = "topk",
): TopKNode {
  checkOrder(api, input, by);
  checkCount(api, "count", count, 0);
  const { fields } = input;
  return intern(["topk", input.token, by, count], (token) => {
    const sortedBy = thenBy(by, input.layout.sortedBy);
    const layout = { ...gatheredLayout(input.layout, countOf(input.layout, count)), sortedBy };
    return { kind: "topk", input, by, count, fields, layout, token };
  });
}

/** The first or last `count` rows, in one partition. */
export function limit(
  input: PlanNode,
  count: number,
  from: LimitNode["from"] = "start",
  api = "limit",
): LimitNode {
  checkCount(api, "count", count, 0);
  const { fields } = input;
  return intern(["limit", input.token, count, from], (token) => {
    const layout = gatheredLayout(input.layout, countOf(input.layout, count));
    return { kind: "limit", input, count, from, fields, layout, token };
  });
}

function countOf(input: Layout, count: number): number | undefined {
  const rows = rowCount(input);
  return rows === undefined ? undefined : Math.min(rows, count);
}

function checkOrder(api: string, input: PlanNode, by: readonly SortKey[]): void {
  if (by.length === 0) throw invalidArgument(api, "no columns", by, "one column or more");
  const fields = checkNames(
    api,
    input.fields,
    by.map(({ name }) => name),
  );
  for (const field of fields) checkOrderable(api, field);
}
