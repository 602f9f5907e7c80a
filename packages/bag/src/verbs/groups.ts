import type { TaskFunction } from "@millrace/graph";
import { ShuffleLayer } from "@millrace/graph";
import type { Partitions } from "../partitions.ts";
import {
  addStage,
  addTree,
  checkElements,
  checkOptionNames,
  checkPartitions,
  layerName,
} from "../partitions.ts";
import type { Callback } from "../stage/ops.ts";
import { StructuralMap, hashKey } from "../stage/structural-map.ts";
import { insertRanked, pairsOf, withSettled } from "../stage/terminals.ts";
import { combinePairs } from "./fold-by.ts";
import { reduceInOrder } from "./fold.ts";
import type { KeyOf } from "./key-of.ts";
import { keyFunction } from "./key-of.ts";

/** How often each element occurs, as pairs. */
export function frequencies(
  bag: Partitions,
  options: { readonly splitEvery?: number },
): Partitions {
  checkOptionNames("frequencies", options, ["splitEvery"]);
  const parts = addStage(bag, "frequencies-part", { kind: "frequencies" });
  return addTree(parts, "frequencies", {
    combine: combinePairs as TaskFunction,
    combineArgs: [addCounts],
    splitEvery: options.splitEvery,
  });
}

function addCounts(a: number, b: number): number {
  return a + b;
}

/** The first element of each key. */
export function distinct(bag: Partitions, key: KeyOf | undefined): Partitions {
  const fn = key === undefined ? undefined : keyFunction("distinct", key);
  const parts = addStage(bag, "distinct-part", { kind: "distinct", fn });
  return addTree(parts, "distinct", {
    combine: combineDistinct as TaskFunction,
    combineArgs: [fn],
  });
}

function combineDistinct(
  parts: readonly (readonly unknown[])[],
  fn: ((value: unknown) => unknown) | undefined,
): unknown {
  const start = new StructuralMap<unknown>();
  const seen = reduceInOrder(parts.flat(), start, (acc, value) =>
    withSettled(fn === undefined ? value : fn(value), (key) => {
      if (acc.find(key) === undefined) acc.add(key, value);
      return acc;
    }),
  );
  const values = (map: StructuralMap<unknown>): unknown[] =>
    Array.from(map.entries(), ({ value }) => value);
  return seen instanceof Promise ? seen.then(values) : values(seen);
}

interface Ranked {
  readonly key: unknown;
  readonly value: unknown;
}

/** The `k` elements with the largest keys, the largest first. */
export function topk(bag: Partitions, k: number, key: KeyOf | undefined): Partitions {
  checkElements("topk", "k", k);
  const fn = key === undefined ? undefined : keyFunction("topk", key);
  const parts = addStage(bag, "topk-part", { kind: "topk", k, fn });
  return addTree(parts, "topk", {
    combine: combineRanked as TaskFunction,
    combineArgs: [k],
    aggregate: finishRanked as TaskFunction,
    aggregateArgs: [k],
  });
}

function combineRanked(parts: readonly (readonly Ranked[])[], k: number): Ranked[] {
  const best: Ranked[] = [];
  for (const part of parts) for (const entry of part) insertRanked(best, entry, k);
  return best;
}

function finishRanked(parts: readonly (readonly Ranked[])[], k: number): unknown[] {
  return combineRanked(parts, k).map(({ value }) => value);
}

/** The elements of each key together, in their order, as pairs; keys are dealt to partitions by hash. */
export function groupBy(
  bag: Partitions,
  key: KeyOf,
  options: { readonly npartitions?: number },
): Partitions {
  checkOptionNames("groupBy", options, ["npartitions"]);
  const { npartitions = bag.npartitions } = options;
  checkPartitions("groupBy", npartitions);
  const fn = keyFunction("groupBy", key);
  return shuffle(bag, "group-by", fn, npartitions, joinGroups as TaskFunction);
}

/** Deals pairs of key and element to partitions by the hash of the key; `join` gets all pieces of one. */
export function shuffle(
  bag: Partitions,
  verb: string,
  key: Callback,
  npartitions: number,
  join: TaskFunction,
): Partitions {
  const { name, token } = layerName(verb, bag.layer, bag.npartitions, npartitions, key, join);
  const layer = new ShuffleLayer(name, {
    input: bag.layer,
    count: bag.npartitions,
    npartitions,
    split: { fn: splitByKey as TaskFunction, args: [key] },
    join: { fn: join },
    token,
  });
  return { graph: bag.graph.withLayer(layer), layer: name, npartitions };
}

type Keyed = readonly [key: unknown, value: unknown];

function splitByKey(
  block: readonly unknown[],
  npartitions: number,
  key: (value: unknown) => unknown,
): unknown {
  const pieces = Array.from({ length: npartitions }, (): Keyed[] => []);
  return reduceInOrder(block, pieces, (acc, value) =>
    withSettled(key(value), (settled) => {
      acc[hashKey(settled) % npartitions]?.push([settled, value]);
      return acc;
    }),
  );
}

function joinGroups(pieces: readonly (readonly Keyed[])[]): unknown {
  const groups = new StructuralMap<unknown[]>();
  for (const piece of pieces) {
    for (const [key, value] of piece) {
      const entry = groups.find(key);
      if (entry === undefined) groups.add(key, [value]);
      else entry.value.push(value);
    }
  }
  return pairsOf(groups);
}

/** The pieces of one output partition as one array of pairs of key and element. */
export function joinKeyed(pieces: readonly (readonly Keyed[])[]): Keyed[] {
  return pieces.flat();
}
