import { invalidArgument } from "../errors.ts";
import type { PlanNode, SortKey } from "../plan/node.ts";
import { limit, sort, topk } from "../plan/order.ts";
import { sample } from "../plan/rows.ts";
import { checkOptions, columnNames } from "./check.ts";

/** How rows are ordered. */
export interface SortOptions {
  /** Largest first: for all columns, or one a column. Default false. */
  readonly descending?: boolean | readonly boolean[];
  /** Where nulls go, however the rest is ordered. Default "last". */
  readonly nulls?: "first" | "last";
}

/** All rows in order; equal rows stay in the order in which they were. */
export function sortBy(
  input: PlanNode,
  names: string | readonly string[],
  options: SortOptions,
): PlanNode {
  return sort(input, sortKeys("sort", input, names, options, false), "all", "sort");
}

/** The first rows of an order: by default those with the largest values. */
export function topkBy(
  input: PlanNode,
  count: number,
  names: string | readonly string[],
  options: SortOptions,
): PlanNode {
  return topk(input, sortKeys("topk", input, names, options, true), count, "topk");
}

/** Columns of an order, checked. */
export function sortKeys(
  api: string,
  input: PlanNode,
  given: string | readonly string[],
  options: SortOptions,
  descendingDefault: boolean,
): readonly SortKey[] {
  checkOptions(api, options, ["descending", "nulls"]);
  const { descending = descendingDefault, nulls = "last" } = options;
  const names = columnNames(api, input.fields, given);
  if (nulls !== "first" && nulls !== "last") {
    throw invalidArgument(api, "bad nulls", nulls, '"first" or "last"');
  }
  const directions: readonly unknown[] = Array.isArray(descending)
    ? (descending as readonly unknown[])
    : names.map(() => descending);
  if (directions.length !== names.length) {
    const wanted = `one a column, that is ${names.length}`;
    throw invalidArgument(api, "wrong number of directions", directions.length, wanted);
  }
  return names.map((name, i) => {
    const direction = directions[i];
    if (typeof direction === "boolean") return { name, descending: direction, nulls };
    throw invalidArgument(api, "bad descending", direction, "true or false, or one a column");
  });
}

/** The first rows. */
export function first(input: PlanNode, count: number, api: string): PlanNode {
  return limit(input, count, "start", api);
}

/** The last rows, in their order. */
export function last(input: PlanNode, count: number): PlanNode {
  return limit(input, count, "end", "tail");
}

/** Each row with a probability; a seed that nobody gave is drawn now. */
export function sampleRows(
  input: PlanNode,
  fraction: number,
  seed: number = Math.floor(Math.random() * 2 ** 32),
): PlanNode {
  return sample(input, fraction, seed);
}
