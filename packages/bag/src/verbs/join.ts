import type { BlockInput, Step, TaskFunction } from "@millrace/graph";
import type { Partitions } from "../partitions.ts";
import { addBlocks } from "../partitions.ts";
import type { Callback } from "../stage/ops.ts";
import { StructuralMap } from "../stage/structural-map.ts";
import { withSettled } from "../stage/terminals.ts";
import { reduceInOrder } from "./fold.ts";
import { joinKeyed, shuffle } from "./groups.ts";
import type { KeyOf } from "./key-of.ts";
import { keyFunction } from "./key-of.ts";

type KeyCall = (value: unknown) => unknown;
type Keyed = readonly [key: unknown, value: unknown];

/**
 * Pairs of elements with equal keys. A bag of one partition is given to every partition of this one; two
 * larger bags are both dealt out by the hash of the key.
 */
export function join(
  bag: Partitions,
  other: Partitions,
  onThis: KeyOf,
  onOther: KeyOf,
): Partitions {
  const left = keyFunction("join", onThis);
  const right = keyFunction("join", onOther);
  const graph = bag.graph.merge(other.graph);
  return other.npartitions === 1
    ? joinBroadcast({ ...bag, graph }, other, left, right)
    : joinShuffled({ ...bag, graph }, other, left, right);
}

function joinBroadcast(
  bag: Partitions,
  other: Partitions,
  left: Callback,
  right: Callback,
): Partitions {
  const inputs: BlockInput[] = [
    { kind: "block", layer: bag.layer },
    { kind: "key", key: `${other.layer}/0` },
  ];
  const steps: Step[] = [
    {
      fn: joinBlocks as TaskFunction,
      args: [
        input(0),
        input(1),
        { kind: "literal", value: left },
        { kind: "literal", value: right },
      ],
    },
  ];
  return addBlocks(bag.graph, "join", { inputs, steps, count: bag.npartitions }, [left, right]);
}

function joinShuffled(
  bag: Partitions,
  other: Partitions,
  left: Callback,
  right: Callback,
): Partitions {
  const count = Math.max(bag.npartitions, other.npartitions);
  const mine = shuffle(bag, "deal", left, count, joinKeyed as TaskFunction);
  const theirs = shuffle(
    { ...other, graph: mine.graph },
    "deal",
    right,
    count,
    joinKeyed as TaskFunction,
  );
  const inputs: BlockInput[] = [
    { kind: "block", layer: mine.layer },
    { kind: "block", layer: theirs.layer },
  ];
  const steps: Step[] = [{ fn: matchKeyed as TaskFunction, args: [input(0), input(1)] }];
  return addBlocks(theirs.graph, "join", { inputs, steps, count }, "shuffled");
}

function input(n: number): Step["args"][number] {
  return { kind: "input", input: n };
}

function joinBlocks(
  mine: readonly unknown[],
  theirs: readonly unknown[],
  left: KeyCall,
  right: KeyCall,
): unknown {
  return withSettled(keyed(theirs, right), (other) =>
    withSettled(keyed(mine, left), (own) => matchKeyed(own as Keyed[], other as Keyed[])),
  );
}

function keyed(values: readonly unknown[], key: KeyCall): Keyed[] | Promise<Keyed[]> {
  return reduceInOrder(values, [] as Keyed[], (acc, value) =>
    withSettled(key(value), (settled) => {
      acc.push([settled, value]);
      return acc;
    }),
  );
}

/** Pairs in the order of the first list, and of the second among equal keys. */
function matchKeyed(mine: readonly Keyed[], theirs: readonly Keyed[]): [unknown, unknown][] {
  const groups = new StructuralMap<unknown[]>();
  for (const [key, value] of theirs) {
    const entry = groups.find(key);
    if (entry === undefined) groups.add(key, [value]);
    else entry.value.push(value);
  }
  return mine.flatMap(([key, value]) =>
    (groups.find(key)?.value ?? []).map((match): [unknown, unknown] => [value, match]),
  );
}
