import { ShuffleLayer } from "@millrace/graph";
import { checkOptionNames, checkPartitions } from "../check.ts";
import { layerName } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addStage } from "../partitions.ts";
import type { KeyOf } from "../stage/ops.ts";
import type { Keyed } from "../steps/keyed.ts";
import { joinGroups, joinKeyed, splitByKey } from "../steps/keyed.ts";
import { keyOf } from "./key-of.ts";

/** The elements of each key together, in order, as pairs; keys are dealt to partitions by hash. */
export function groupBy(
  bag: Partitions,
  key: unknown,
  options: { readonly npartitions?: number },
): Partitions {
  checkOptionNames("groupBy", options, ["npartitions"]);
  const { npartitions = bag.npartitions } = options;
  checkPartitions("groupBy", npartitions);
  return shuffle(bag, "group-by", keyOf("groupBy", key), npartitions, joinGroups);
}

/** Elements with their keys. */
export function keyed(bag: Partitions, key: KeyOf): Partitions {
  return addStage(bag, "keyed", { kind: "keyed", key });
}

/** Elements with their keys, dealt to partitions by the hash of the key. */
export function deal(bag: Partitions, key: KeyOf, npartitions: number): Partitions {
  return shuffle(bag, "deal", key, npartitions, joinKeyed);
}

type Join = (pieces: readonly (readonly Keyed[])[]) => unknown;

function shuffle(
  bag: Partitions,
  verb: string,
  key: KeyOf,
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
