import { ShuffleLayer } from "@millrace/graph";
import { checkOptionNames, checkPartitions } from "../check.ts";
import { layerName } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addStage } from "../partitions.ts";
import type { Callback } from "../stage/ops.ts";
import { groupPairs } from "../stage/structural-map.ts";
import { hashKey } from "../stage/structural-text.ts";
import { keyFunction } from "./key-of.ts";

/** The elements of each key together, in order, as pairs; keys are dealt to partitions by hash. */
export function groupBy(
  bag: Partitions,
  key: unknown,
  options: { readonly npartitions?: number },
): Partitions {
  checkOptionNames("groupBy", options, ["npartitions"]);
  const { npartitions = bag.npartitions } = options;
  checkPartitions("groupBy", npartitions);
  return shuffle(bag, "group-by", keyFunction("groupBy", key), npartitions, joinGroups);
}

/** An element with its key. */
export type Keyed = readonly [key: unknown, value: unknown];

/** Elements with their keys. */
export function keyed(bag: Partitions, key: Callback): Partitions {
  return addStage(bag, "keyed", { kind: "keyed", key });
}

/** Elements with their keys, dealt to partitions by the hash of the key. */
export function deal(bag: Partitions, key: Callback, npartitions: number): Partitions {
  return shuffle(bag, "deal", key, npartitions, joinKeyed);
}

type Join = (pieces: readonly (readonly Keyed[])[]) => unknown;

function shuffle(
  bag: Partitions,
  verb: string,
  key: Callback,
  npartitions: number,
  join: Join,
): Partitions {
  const { graph, layer, npartitions: count } = keyed(bag, key);
  const { name, token } = layerName(verb, layer, count, npartitions, join);
  const shuffled = new ShuffleLayer(name, {
    input: layer,
    count,
    npartitions,
    split: { fn: splitByKey },
    join: { fn: join },
    token,
  });
  return { graph: graph.withLayer(shuffled), layer: name, npartitions };
}

const noPairs: Keyed[] = [];
Object.freeze(noPairs);

/** Mostly far fewer pairs than partitions, so all empty pieces are one. */
function splitByKey(pairs: readonly Keyed[], npartitions: number): Keyed[][] {
  const pieces = new Array<Keyed[]>(npartitions).fill(noPairs);
  for (const pair of pairs) {
    const target = hashKey(pair[0]) % npartitions;
    const piece = pieces[target] as Keyed[];
    if (piece === noPairs) pieces[target] = [pair];
    else piece.push(pair);
  }
  return pieces;
}

function joinGroups(
  pieces: readonly (readonly Keyed[])[],
): (readonly [key: unknown, values: unknown[]])[] {
  return groupPairs(pieces).pairs();
}

function joinKeyed(pieces: readonly (readonly Keyed[])[]): Keyed[] {
  const pairs: Keyed[] = [];
  for (const piece of pieces) for (const pair of piece) pairs.push(pair);
  return pairs;
}
