import { declareExports } from "@millrace/closure/tasks";
import { alike } from "../alike.ts";
import { copyData } from "../copy-data.ts";
import { emptyReduction, notIdentity } from "../errors.ts";
import type { Folded } from "../stage/folded.ts";
import { foldOn, foldedPairs } from "../stage/folded.ts";
import type { Initial } from "../stage/ops.ts";
import { reduceInOrder, whileWanted, withSettled } from "../stage/settled.ts";
import { StructuralMap } from "../stage/structural-map.ts";
import type { FoldPart } from "../stage/structural-terminals.ts";

type Combine = (a: unknown, b: unknown) => unknown;
type Pair = readonly [key: unknown, value: unknown];

/** Joins what was made of partitions. Empty parts add nothing: no element, no initial value. */
export function combineParts(
  parts: readonly FoldPart[],
  combine: Combine,
): FoldPart | Promise<FoldPart> {
  const [first, ...others] = parts.filter(isFull);
  if (first === undefined) return [];
  const join = whileWanted(combine);
  const folded = reduceInOrder<Folded, readonly [unknown]>(
    others,
    { value: first[0], isOwn: false },
    (acc, [value]) => foldOn(acc, (own) => join(own, copyData(value))),
  );
  return withSettled(folded, (last): FoldPart => [(last as Folded).value]);
}

function isFull(part: FoldPart): part is readonly [value: unknown] {
  return part.length > 0;
}

/** What was made of all: the initial value where there is no element. */
export async function finishFold(
  parts: readonly FoldPart[],
  combine: Combine,
  initial: Initial,
): Promise<unknown> {
  if (initial !== undefined) {
    const [first = [copyData(initial.value)]] = parts.filter(isFull);
    await checkIdentity("fold", initial.value, first[0], combine);
    if (!parts.some(isFull)) return first[0];
  }
  const part = await combineParts(parts, combine);
  if (!isFull(part)) throw emptyReduction("fold");
  return part[0];
}

/** Joins lists of pairs; keys come out in the order in which they were first seen. */
export function combinePairs(
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

/** Joins the last lists of pairs. */
export async function finishPairs(
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

/**
 * Checks that a part stays what it is when the initial value is combined with it, but for rounding:
 * otherwise the answer would depend on the number of partitions.
 *
 * @throws BagError `bag/not-identity`
 */
async function checkIdentity(
  api: string,
  initial: unknown,
  part: unknown,
  combine: Combine,
): Promise<void> {
  const combined = await combine(copyData(initial), copyData(part));
  if (!alike(combined, part)) throw notIdentity(api, initial);
}

/**
 * Joins parts by a function of all of them, which may change its own; those that are kept, perhaps
 * for another attempt, stay.
 */
export function joinParts(
  parts: readonly unknown[],
  aggregate: (parts: unknown[]) => unknown,
): unknown {
  return aggregate(parts.map((part) => copyData(part)));
}

declareExports(
  import.meta.url,
  { combineParts, finishFold, combinePairs, finishPairs, joinParts },
  { package: "@millrace/bag" },
);
