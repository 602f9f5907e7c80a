import type { DType } from "../dtype.ts";
import { aggregate } from "../plan/aggregate.ts";
import { rowCount } from "../plan/layout.ts";
import type { AggregateNode } from "../plan/node.ts";
import type { Rule } from "./rule.ts";

/** Groups that one task merges in no time; fewer rows than that have no more groups. */
const FEW_GROUPS = 2 ** 16;

/** See `why`. */
export const chooseAggregation: Rule = {
  name: "choose-aggregation",
  why:
    "A tree merges partial groups in one place, which is quick while groups are few. Where they may " +
    "be many, or splitOut says so, they are dealt out by hash and merged side by side; if one " +
    "partition is to come out, they are put together again, which costs little where they were few.",
  scope: "node",
  apply(node) {
    if (node.kind !== "aggregate" || node.method !== undefined) return undefined;
    const method = node.splitOut > 1 || mayHaveMany(node) ? "shuffle" : "tree";
    return aggregate(node.input, node.keys, node.outputs, { ...node, method });
  },
};

/** Whether nothing says that groups are few; who gives `splitEvery` wants a tree. */
function mayHaveMany({ input, keys, fields, splitEvery }: AggregateNode): boolean {
  if (splitEvery !== undefined || input.layout.npartitions === 1) return false;
  const rows = rowCount(input.layout) ?? Infinity;
  const combinations = fields
    .slice(0, keys.length)
    .reduce((product, { dtype }) => product * valueCount(dtype), 1);
  return Math.min(rows, combinations) > FEW_GROUPS;
}

/** How many different values a column of a dtype can have, null and NaN included. */
function valueCount({ kind }: DType): number {
  switch (kind) {
    case "bool":
      return 3;
    case "int8":
    case "uint8":
      return 2 ** 8 + 1;
    case "int16":
    case "uint16":
      return 2 ** 16 + 1;
    case "int32":
    case "int64":
    case "uint32":
    case "uint64":
    case "float32":
    case "float64":
    case "utf8":
    case "dictionary":
    case "date":
    case "timestamp":
    case "decimal":
    case "list":
    case "struct":
      return Infinity;
  }
}
