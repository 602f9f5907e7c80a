import type { Typed } from "../expr/typed.ts";
import { columnsOf } from "../expr/typed.ts";
import type { PlanNode } from "./node.ts";
import { inputsOf, nodesOfPlan } from "./walk.ts";

/** The columns that are read of an input by `reader`; of the root of a plan by undefined. */
export type ColumnsRead = (input: PlanNode, reader?: PlanNode) => ReadonlySet<string>;

/**
 * The columns of each node that anything reads, in plans that run together. Files are the
 * exception: those who read them for different plans read different columns, since whether they
 * are to read them together is decided when all else is done (`rules/share-scans.ts`).
 */
export function columnsRead(roots: readonly PlanNode[]): ColumnsRead {
  const plansOf = setsOfPlans(roots);
  const all = new Map<number | undefined, Map<PlanNode, Set<string>>>();
  const setOf = (input: PlanNode, reader?: PlanNode): Set<string> => {
    const plans = input.kind === "scan" && reader !== undefined ? plansOf.get(reader) : undefined;
    const sets = all.get(plans) ?? new Map<PlanNode, Set<string>>();
    const set = sets.get(input) ?? new Set<string>();
    all.set(plans, sets.set(input, set));
    return set;
  };
  for (const root of roots) addAll(setOf(root), namesOf(root));
  for (const node of [...nodesOfPlan(...roots)].reverse()) {
    const inputs = inputsOf(node);
    const read = inputs.length === 0 ? [] : [...readBy(node, setOf(node))];
    for (const input of inputs) addAll(setOf(input, node), read);
  }
  return setOf;
}

function addAll(set: Set<string>, names: Iterable<string>): void {
  for (const name of names) set.add(name);
}

/** A number for each node, the same for all nodes that the same plans have. */
function setsOfPlans(roots: readonly PlanNode[]): ReadonlyMap<PlanNode, number> {
  const numbers = new Map<PlanNode, number>();
  let count = 0;
  for (const root of roots) {
    /** What each set of plans becomes by this plan. */
    const grown = new Map<number | undefined, number>();
    for (const node of nodesOfPlan(root)) {
      const before = numbers.get(node);
      const after = grown.get(before) ?? count++;
      grown.set(before, after);
      numbers.set(node, after);
    }
  }
  return numbers;
}

/** The columns of its input that a node reads, to give those that are needed of it. */
export function readBy(node: PlanNode, need: ReadonlySet<string>): Iterable<string> {
  switch (node.kind) {
    case "scan":
    case "blocks":
      return [];
    case "filter":
      return [...need, ...columnsOf([node.predicate])];
    case "project":
      return columnsOf(node.outputs.filter(({ name }) => need.has(name)).map(({ value }) => value));
    case "aggregate": {
      const args = node.outputs.flatMap(({ name, aggregate: { arg } }): readonly Typed[] =>
        need.has(name) && arg !== undefined ? [arg] : [],
      );
      return [...node.keys, ...columnsOf(args)];
    }
    case "distinct":
      return [...need, ...node.columns];
    case "sort":
    case "topk":
      return [...need, ...node.by.map(({ name }) => name)];
    case "limit":
    case "sample":
    case "concat":
    case "annotate":
      return need;
    case "explode":
      return [...need, node.column];
    case "map":
      return namesOf(node.input);
    case "repartition": {
      const { index } = node.input.layout;
      return node.target.by === "divisions" && index !== undefined ? [...need, index] : need;
    }
    case "shuffle":
      return [...need, ...(node.by.kind === "hash" ? node.by.on : [node.by.column])];
  }
}

/** The names of the columns that come out of a node. */
export function namesOf({ fields }: PlanNode): readonly string[] {
  return fields.map(({ name }) => name);
}
