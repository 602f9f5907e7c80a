import type { Scalar } from "../expr/typed.ts";
import { sameDivisions } from "./divisions.ts";
import type { Layout, SortKey } from "./node.ts";

/** A layout of which nothing is known but how many partitions there are, and maybe their rows. */
export function layoutOf(npartitions: number, rows?: readonly number[]): Layout {
  return {
    npartitions,
    rows,
    index: undefined,
    divisions: undefined,
    sortedBy: undefined,
    togetherBy: undefined,
  };
}

/** Whether rows that agree on `columns` are in one partition. */
export function isTogetherBy(layout: Layout, columns: readonly string[]): boolean {
  if (layout.npartitions === 1) return true;
  return layout.togetherBy?.every((name) => columns.includes(name)) ?? false;
}

/** Whether rows are in an order already, over all partitions. */
export function isSortedBy(layout: Layout, by: readonly SortKey[]): boolean {
  const { sortedBy } = layout;
  return sortedBy !== undefined && by.every((key, i) => sameKey(key, sortedBy[i]));
}

function sameKey(a: SortKey, b: SortKey | undefined): boolean {
  return a.name === b?.name && a.descending === b.descending && a.nulls === b.nulls;
}

/** The order of rows that were in order `rest` and then were sorted by `by`, stably. */
export function thenBy(
  by: readonly SortKey[],
  rest: readonly SortKey[] | undefined,
): readonly SortKey[] {
  if (rest === undefined) return by;
  const names = new Set(by.map(({ name }) => name));
  return [...by, ...rest.filter(({ name }) => !names.has(name))];
}

/**
 * What stays known when columns come out under the names of `names`, by the names that they had;
 * all others are gone or hold other values.
 */
export function renamedLayout(layout: Layout, names: ReadonlyMap<string, string>): Layout {
  const index = layout.index === undefined ? undefined : names.get(layout.index);
  const together = layout.togetherBy?.map((name) => names.get(name));
  const lost = layout.sortedBy?.findIndex(({ name }) => !names.has(name)) ?? -1;
  const kept = lost === -1 ? layout.sortedBy : layout.sortedBy?.slice(0, lost);
  const sortedBy = kept?.map((key) => ({ ...key, name: names.get(key.name) ?? key.name }));
  return {
    ...layout,
    index,
    divisions: index === undefined ? undefined : layout.divisions,
    sortedBy: sortedBy?.length === 0 ? undefined : sortedBy,
    togetherBy: together?.every((name) => name !== undefined) === true ? together : undefined,
  };
}

/** What stays known of some of the rows, in their order and their partitions. */
export function thinnedLayout(layout: Layout, rows?: readonly number[]): Layout {
  return { ...layout, rows };
}

/** What stays known of rows that come into one partition, in their order. */
export function gatheredLayout(layout: Layout, rows: number | undefined): Layout {
  const { divisions } = layout;
  return {
    npartitions: 1,
    rows: rows === undefined ? undefined : [rows],
    index: layout.index,
    divisions: divisions && [divisions[0] as Scalar, divisions.at(-1) as Scalar],
    sortedBy: layout.sortedBy,
    togetherBy: undefined,
  };
}

/** The order of an index, which rows without a value come last in. */
export function indexKey(name: string): SortKey {
  return { name, descending: false, nulls: "last" };
}

/** How many rows all partitions have together, where it is known. */
export function rowCount(layout: Layout): number | undefined {
  return layout.rows?.reduce((sum, rows) => sum + rows, 0);
}

/**
 * Whether a layout says as much as another one of the same rows. Inner bounds may be others, since
 * empty partitions leave a choice of them.
 */
export function isKnownAsWell(after: Layout, before: Layout): boolean {
  const { rows, divisions, sortedBy, togetherBy } = before;
  if (after.npartitions !== before.npartitions) return false;
  if (rows !== undefined && !rows.every((count, i) => count === after.rows?.[i])) return false;
  if (divisions !== undefined && before.index !== after.index) return false;
  if (!sameDivisions(outer(divisions), divisions && outer(after.divisions))) return false;
  if (sortedBy !== undefined && !isSortedBy(after, sortedBy)) return false;
  return togetherBy === undefined || isTogetherBy(after, togetherBy);
}

function outer(divisions: readonly Scalar[] | undefined): readonly Scalar[] | undefined {
  return divisions && [divisions[0] as Scalar, divisions.at(-1) as Scalar];
}
