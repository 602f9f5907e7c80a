import { combineInitial } from "../initial.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree } from "../partitions.ts";
import type { Initial } from "../stage/ops.ts";
import { reduceInOrder, withSettled } from "../stage/settled.ts";
import { StructuralMap } from "../stage/structural-map.ts";
import { foldingOf } from "./fold.ts";
import { keyFunction } from "./key-of.ts";

type Pair = readonly [key: unknown, value: unknown];
type Combine = (a: unknown, b: unknown) => unknown;

/** Folds the elements of each key, first inside the partitions, then across them in a tree. */
export function foldBy(bag: Partitions, keyOf: unknown, f: unknown, options: object): Partitions {
  const { fn, combine, initial, splitEvery } = foldingOf("foldBy", f, options);
  const key = keyFunction("foldBy", keyOf);
  const parts = addStage(bag, "fold-by-part", { kind: "foldBy", key, fn, initial });
  return addTree(parts, "fold-by", {
    combine: [combinePairs, combine],
    aggregate: [finishPairs, combine, initial],
    splitEvery,
  });
}

/** Joins lists of pairs; keys come out in the order in which they were first seen. */
export function combinePairs(
  parts: readonly (readonly Pair[])[],
  combine: Combine,
): Pair[] | Promise<Pair[]> {
  const groups = new StructuralMap<unknown>();
  const joined = reduceInOrder(parts, groups, (into, part) =>
    reduceInOrder(part, into, (acc, [key, value]) => {
      const entry = acc.find(key);
      if (entry === undefined) {
        acc.add(key, value);
        return acc;
      }
      return withSettled(combine(entry.value, value), (settled) => {
        entry.value = settled;
        return acc;
      });
    }),
  );
  return withSettled(joined, () => groups.pairs());
}

async function finishPairs(
  parts: readonly (readonly Pair[])[],
  combine: Combine,
  initial: Initial,
): Promise<Pair[]> {
  const full = parts.filter(({ length }) => length > 0);
  const first = full[0]?.[0];
  if (initial === undefined || first === undefined) return combinePairs(full, combine);
  const [key, value] = first;
  const checked: Pair = [key, await combineInitial("foldBy", initial.value, value, combine)];
  const [[, ...others] = [], ...behind] = full;
  return combinePairs([[checked, ...others], ...behind], combine);
}
