import type { Field } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import {
  checkCount,
  checkPartitionCount,
  checkDistinct,
  checkExpressions,
  checkNames,
  checkOrderable,
} from "./check.ts";
import { intern } from "./intern.ts";
import { gatheredLayout, layoutOf } from "./layout.ts";
import type {
  AggregateMethod,
  AggregateNode,
  AggregateOutput,
  DistinctNode,
  Layout,
  PlanNode,
} from "./node.ts";

/** How groups come together. */
export interface AggregateOptions {
  /** How many partial results are merged at once; the lowering chooses when nothing is said. */
  readonly splitEvery?: number | undefined;
  /** Partitions that come out, by default 1. */
  readonly splitOut?: number;
  readonly method?: AggregateMethod | undefined;
}

/** One row a group, groups in the order of their first rows; without keys one row for all. */
export function aggregate(
  input: PlanNode,
  keys: readonly string[],
  outputs: readonly AggregateOutput[],
  options: AggregateOptions = {},
  api = "agg",
): AggregateNode {
  const { splitEvery, splitOut = 1, method } = options;
  const keyFields = checkNames(api, input.fields, keys);
  for (const field of keyFields) checkOrderable(api, field);
  const names = outputs.map(({ name }) => name);
  checkDistinct(api, [...keys, ...names]);
  const values = outputs.flatMap(({ aggregate: { arg } }) => (arg === undefined ? [] : [arg]));
  checkExpressions(api, input.fields, values);
  checkSplitEvery(api, splitEvery);
  checkPartitionCount(api, "splitOut", splitOut);
  if (keys.length === 0 && splitOut > 1) {
    throw invalidArgument(api, "splitOut of one row for all", splitOut, "1, or keys to group by");
  }
  const content = outputs.map(({ name, aggregate: { fn, arg, params } }) => {
    return [name, fn, arg?.token, params];
  });
  const how = { splitEvery, splitOut, method };
  return intern(["aggregate", input.token, keys, content, how], (token) => {
    const fields: Field[] = outputs.map((output) => {
      return { name: output.name, dtype: output.aggregate.dtype };
    });
    return {
      kind: "aggregate",
      input,
      keys,
      outputs,
      ...how,
      fields: [...keyFields, ...fields],
      layout: aggregateLayout(input.layout, keys, splitOut),
      token,
    };
  });
}

function aggregateLayout(input: Layout, keys: readonly string[], splitOut: number): Layout {
  if (keys.length === 0) return layoutOf(1, [1]);
  const layout = { ...layoutOf(splitOut), togetherBy: keys };
  if (splitOut > 1) return layout;
  // Groups stand as their first rows do, so that an order by keys is theirs as well.
  const end = input.sortedBy?.findIndex(({ name }) => !keys.includes(name)) ?? 0;
  const sortedBy = end === -1 ? input.sortedBy : input.sortedBy?.slice(0, end);
  return { ...layout, sortedBy: sortedBy?.length === 0 ? undefined : sortedBy };
}

/** The first row of each combination of values of `columns`, in one partition. */
export function distinct(
  input: PlanNode,
  columns: readonly string[],
  splitEvery?: number,
  api = "unique",
): DistinctNode {
  for (const field of checkNames(api, input.fields, columns)) checkOrderable(api, field);
  checkCount(api, "number of columns", columns.length, 1);
  checkSplitEvery(api, splitEvery);
  const { fields } = input;
  return intern(["distinct", input.token, columns, splitEvery], (token) => {
    const layout = gatheredLayout(input.layout, undefined);
    return { kind: "distinct", input, columns, splitEvery, fields, layout, token };
  });
}

function checkSplitEvery(api: string, splitEvery: number | undefined): void {
  if (splitEvery !== undefined) checkCount(api, "splitEvery", splitEvery, 2);
}
