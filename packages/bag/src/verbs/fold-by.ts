import type { TaskFunction } from "@millrace/graph";
import { checkIdentity } from "../initial.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree, checkCallback, checkOptionNames } from "../partitions.ts";
import type { Callback, Initial } from "../stage/ops.ts";
import { StructuralMap } from "../stage/structural-map.ts";
import { pairsOf, withSettled } from "../stage/terminals.ts";
import type { FoldOptions } from "./fold.ts";
import { initialOf, reduceInOrder } from "./fold.ts";
import type { KeyOf } from "./key-of.ts";
import { keyFunction } from "./key-of.ts";

type Pairs = readonly (readonly [unknown, unknown])[];
type Combine = (a: unknown, b: unknown) => unknown;

/** Folds the elements of each key, first inside the partitions, then across them in a tree. */
export function foldBy(
  bag: Partitions,
  key: KeyOf,
  fn: Callback,
  options: FoldOptions,
): Partitions {
  checkCallback("foldBy", fn);
  checkOptionNames("foldBy", options, ["initial", "combine", "splitEvery"]);
  const { combine = fn, splitEvery } = options as FoldOptions & { combine?: Callback };
  checkCallback("foldBy", combine);
  const initial = initialOf("foldBy", options);
  const parts = addStage(bag, "fold-by-part", {
    kind: "foldBy",
    key: keyFunction("foldBy", key),
    fn,
    initial,
  });
  return addTree(parts, "fold-by", {
    combine: combinePairs as TaskFunction,
    combineArgs: [combine],
    aggregate: finishPairs as TaskFunction,
    aggregateArgs: [combine, initial],
    splitEvery,
  });
}

/** Joins lists of pairs; keys come out in the order in which they were first seen. */
export function combinePairs(parts: readonly Pairs[], combine: Combine): unknown {
  const groups = new StructuralMap<unknown>();
  const all = parts.flat();
  const joined = reduceInOrder(all, groups, (acc, [key, value]) => {
    const entry = acc.find(key);
    if (entry === undefined) {
      acc.add(key, value);
      return acc;
    }
    const next = withSettled(combine(entry.value, value), (settled) => {
      entry.value = settled;
      return acc;
    });
    return next as typeof acc | Promise<typeof acc>;
  });
  return joined instanceof Promise ? joined.then(pairsOf) : pairsOf(joined);
}

async function finishPairs(
  parts: readonly Pairs[],
  combine: Combine,
  initial: Initial,
): Promise<unknown> {
  const first = parts[0]?.[0];
  if (initial !== undefined && first !== undefined) {
    await checkIdentity("foldBy", initial.value, first[1], combine);
  }
  return combinePairs(parts, combine);
}
