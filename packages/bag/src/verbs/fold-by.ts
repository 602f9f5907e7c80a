import { copyData } from "../copy-data.ts";
import { checkIdentity } from "../initial.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, addTree } from "../partitions.ts";
import type { Folded } from "../stage/folded.ts";
import { foldOn, foldedPairs } from "../stage/folded.ts";
import type { Initial } from "../stage/ops.ts";
import { reduceInOrder, whileWanted, withSettled } from "../stage/settled.ts";
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
function combinePairs(
  parts: readonly (readonly Pair[])[],
  combine: Combine,
): Pair[] | Promise<Pair[]> {
  const groups = new StructuralMap<Folded>();
  const join = whileWanted(combine);
  const joined = reduceInOrder(parts, groups, (into, part) =>
    reduceInOrder(part, into, (acc, [key, value]) => {
      const entry = acc.find(key);
      if (entry === undefined) {
        acc.add(key, { value, isOwn: false });
        return acc;
      }
      const folded = foldOn(entry.value, (own) => join(own, copyData(value)));
      return withSettled(folded, () => acc);
    }),
  );
  return withSettled(joined, () => foldedPairs(groups));
}

async function finishPairs(
  parts: readonly (readonly Pair[])[],
  combine: Combine,
  initial: Initial,
): Promise<Pair[]> {
  const first = parts.find(({ length }) => length > 0)?.[0];
  if (initial !== undefined && first !== undefined) {
    await checkIdentity("foldBy", initial.value, first[1], combine);
  }
  return combinePairs(parts, combine);
}
