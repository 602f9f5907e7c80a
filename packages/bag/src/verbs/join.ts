import type { BlockInput } from "@millrace/graph";
import type { Partitions } from "../partitions.ts";
import { addBlocks, call, input } from "../partitions.ts";
import { matchKeyed } from "../steps/keyed.ts";
import { keyOf } from "./key-of.ts";
import { deal, keyed } from "./shuffle.ts";

/**
 * Pairs of elements with equal keys. A bag of one partition is given to every partition of this
 * one; two larger bags are both dealt out by the hash of the key.
 */
export function join(
  bag: Partitions,
  other: Partitions,
  onThis: unknown,
  onOther: unknown,
): Partitions {
  const left = keyOf("join", onThis);
  const right = keyOf("join", onOther);
  const isSmall = other.npartitions === 1;
  const count = Math.max(bag.npartitions, other.npartitions);
  const mine = isSmall ? keyed(bag, left) : deal(bag, left, count);
  const theirs = isSmall ? keyed(other, right) : deal(other, right, count);
  const inputs: readonly BlockInput[] = [
    { kind: "block", layer: mine.layer },
    isSmall ? { kind: "key", key: `${theirs.layer}/0` } : { kind: "block", layer: theirs.layer },
  ];
  const steps = call(matchKeyed, input(0), input(1));
  return addBlocks(mine.graph.merge(theirs.graph), "join", { inputs, steps, count });
}
