import type {
  Annotations,
  BlockInput,
  Key,
  LayeredGraph,
  Step,
  TaskFunction,
} from "@millrace/graph";
import {
  BlockwiseLayer,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
  blockInput as input,
  blockKeys,
  blockStep as call,
  ref,
  stepArray as list,
  stepLiteral as literal,
  stepResult as step,
} from "@millrace/graph";

export { call, input, list, literal, step };

/** A frame as a graph has it: the first `npartitions` values of a layer, each a `Block`. */
export interface Partitions {
  readonly graph: LayeredGraph;
  readonly layer: string;
  readonly npartitions: number;
}

/** What is being lowered: the token of its node names its layers, its advice goes to all tasks. */
export interface Context {
  readonly token: string;
  readonly annotations: Annotations | undefined;
}

/** The keys of the partitions. */
export function partitionKeys({ layer, npartitions }: Partitions): readonly Key[] {
  return blockKeys(layer, 0, npartitions);
}

/** One task a partition. */
export function addBlocks(
  graph: LayeredGraph,
  verb: string,
  { token, annotations }: Context,
  draft: {
    readonly inputs: readonly BlockInput[];
    readonly steps: readonly Step[];
    readonly count: number;
  },
): Partitions {
  const layer = `${verb}-${token}`;
  const added = new BlockwiseLayer(layer, { ...draft, token: `${verb}:${token}`, annotations });
  return { graph: graph.withLayer(added), layer, npartitions: draft.count };
}

/** One function of every partition, its number and further arguments. */
export function addCall(
  from: Partitions,
  verb: string,
  context: Context,
  fn: TaskFunction,
  ...args: readonly unknown[]
): Partitions {
  const inputs: readonly BlockInput[] = [{ kind: "block", layer: from.layer }, { kind: "index" }];
  const steps = [call(fn, input(0), input(1), ...args.map(literal))];
  return addBlocks(from.graph, verb, context, { inputs, steps, count: from.npartitions });
}

type Call = readonly [fn: TaskFunction, ...args: unknown[]];

/** All partitions through a tree to one. */
export function addTree(
  from: Partitions,
  verb: string,
  { token, annotations }: Context,
  calls: { readonly combine: Call; readonly aggregate: Call },
  splitEvery: number | undefined,
): Partitions {
  const layer = `${verb}-${token}`;
  const tree = new TreeReduceLayer(layer, {
    input: from.layer,
    count: from.npartitions,
    combine: callOf(calls.combine),
    aggregate: callOf(calls.aggregate),
    ...(splitEvery === undefined ? {} : { splitEvery }),
    token: `${verb}:${token}`,
    annotations,
  });
  return { graph: from.graph.withLayer(tree), layer, npartitions: 1 };
}

/** Every partition dealt out to `npartitions` others. */
export function addShuffle(
  from: Partitions,
  verb: string,
  { token, annotations }: Context,
  calls: { readonly split: Call; readonly join: Call; readonly shared?: readonly Key[] },
  npartitions: number,
): Partitions {
  const layer = `${verb}-${token}`;
  const shuffle = new ShuffleLayer(layer, {
    input: from.layer,
    count: from.npartitions,
    npartitions,
    split: callOf(calls.split),
    join: callOf(calls.join),
    shared: calls.shared ?? [],
    token: `${verb}:${token}`,
    annotations,
  });
  return { graph: from.graph.withLayer(shuffle), layer, npartitions };
}

function callOf([fn, ...args]: Call): { fn: TaskFunction; args: unknown[] } {
  return { fn, args };
}

/** A layer whose partitions are the values of some keys. */
export function addAliases(
  graph: LayeredGraph,
  verb: string,
  { token, annotations }: Context,
  keys: readonly Key[],
): Partitions {
  const layer = `${verb}-${token}`;
  const values = keys.map((key) => ref(key));
  const added = MaterializedLayer.blocks(layer, values, { token: `${verb}:${token}`, annotations });
  return { graph: graph.withLayer(added), layer, npartitions: keys.length };
}
