import type { BlockInput, Key, LayeredGraph, Step, TaskFunction } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  MaterializedLayer,
  TreeReduceLayer,
  blockInput as input,
  blockKeys,
  blockStep,
  layerOfKeys,
  ref,
  stepLiteral as literal,
} from "@millrace/graph";
import { checkSplitEvery } from "./check.ts";
import { stageOf } from "./known-ops.ts";
import { layerName, namePart } from "./layer-name.ts";
import type { StageOp } from "./stage/ops.ts";
import { isStructural } from "./stage/ops.ts";
import { runStage } from "./stage/run-stage.ts";
import { runStructuralStage } from "./stage/run-structural-stage.ts";

export { input, literal };

/**
 * A bag as its verbs see it: the first `npartitions` blocks of a layer of a graph, each an array.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { Partitions } from "@millrace/bag";
 * import { LayeredGraph, MaterializedLayer } from "@millrace/graph";
 *
 * const layer = MaterializedLayer.values("words", [["to", "be"], ["or"]]);
 * const graph = new LayeredGraph().withLayer(layer);
 * const partitions: Partitions = { graph, layer: "words", npartitions: 2 };
 * await new Bag<string>(partitions).compute(); // => ["to", "be", "or"]
 * ```
 */
export interface Partitions {
  readonly graph: LayeredGraph;
  readonly layer: string;
  readonly npartitions: number;
}

/** The keys of the partitions. */
export function partitionKeys({ layer, npartitions }: Omit<Partitions, "graph">): readonly Key[] {
  return blockKeys(layer, 0, npartitions);
}

type StepArg = Step["args"][number];

/** One call, the only step of a block. */
export function call(fn: TaskFunction, ...args: readonly StepArg[]): readonly Step[] {
  return [blockStep(fn, ...args)];
}

/** The step that runs a block, which has a number, through operations. */
export function stage(
  ops: readonly StageOp[],
  block: StepArg,
  partition: StepArg,
  broadcast: readonly StepArg[] = [],
): readonly Step[] {
  const run = isStructural(ops.at(-1)) ? runStructuralStage : runStage;
  return call(run, block, literal(ops), partition, ...broadcast);
}

/** A layer that has no name yet. */
interface Draft {
  readonly inputs: readonly BlockInput[];
  readonly steps: readonly Step[];
  readonly count: number;
}

/**
 * A graph with one more blockwise layer; `content` is what decides what comes out beside the
 * inputs, default the steps.
 */
export function addBlocks(
  graph: LayeredGraph,
  verb: string,
  draft: Draft,
  content: unknown = draft.steps.map(({ fn, args }) => [namePart(fn), args.map(contentOf)]),
): Partitions {
  const { name, token } = layerName(verb, draft.count, draft.inputs, content);
  const layer = new BlockwiseLayer(name, { ...draft, token });
  return { graph: graph.withLayer(layer), layer: name, npartitions: draft.count };
}

function contentOf(arg: StepArg): unknown {
  return arg.kind === "literal" ? [arg.kind, namePart(arg.value)] : arg;
}

/** One more operation on every partition; chains of them become one loop. */
export function addStage(
  bag: Partitions,
  verb: string,
  op: StageOp,
  broadcast: readonly unknown[] = [],
): Partitions {
  let { graph } = bag;
  const inputs: BlockInput[] = [{ kind: "block", layer: bag.layer }, { kind: "index" }];
  const args = broadcast.map((value) => {
    if (value === partitionNumber) return input(1);
    const lazy = lazyOf(value);
    if (lazy === undefined) return literal(value);
    graph = graph.merge(lazy.graph);
    return input(inputs.push({ kind: "key", key: lazy.key }) - 1);
  });
  const steps = stage(stageOf(op), input(0), input(1), args);
  const fields = Object.entries(op).map(([name, value]) => [name, namePart(value)]);
  const draft = { inputs, steps, count: bag.npartitions };
  return addBlocks(graph, verb, draft, [fields, args.map(contentOf)]);
}

/** Among broadcast values: the number of the partition. */
export const partitionNumber: unique symbol = Symbol("partition number");

/** What is lazy in a broadcast value as one lazy value; undefined where there is nothing. */
function lazyOf(value: unknown): Delayed<unknown> | undefined {
  if (value instanceof Delayed) return value;
  if (typeof value !== "object" || value === null) return undefined;
  const delayed = Delayed.value(value);
  // A task for the value alone means that nothing inside of it must be computed first.
  return delayed.graph.size > 1 ? delayed : undefined;
}

/** The bag whose partitions are the values of some keys of a graph. */
export function partitionsAt(graph: LayeredGraph, keys: readonly Key[]): Partitions {
  const layer = layerOfKeys(keys);
  if (layer === undefined) return addAliases(graph, "partitions", keys);
  return { graph, layer, npartitions: keys.length };
}

/** A layer whose blocks are the values of some keys. */
export function addAliases(graph: LayeredGraph, verb: string, keys: readonly Key[]): Partitions {
  const { name, token } = layerName(verb, keys);
  const values = keys.map((key) => ref(key));
  const layer = MaterializedLayer.blocks(name, values, { token });
  return { graph: graph.withLayer(layer), layer: name, npartitions: keys.length };
}

/** One function call on every partition, not fused into its loops. */
export function addCall(
  bag: Partitions,
  verb: string,
  fn: TaskFunction,
  ...args: readonly unknown[]
): Partitions {
  const inputs: BlockInput[] = [{ kind: "block", layer: bag.layer }];
  const steps = call(fn, input(0), ...args.map(literal));
  return addBlocks(bag.graph, verb, { inputs, steps, count: bag.npartitions });
}

/** What the parts of a reduction go through. */
export interface TreeReduction {
  /** From an array of parts to one part, and what it gets after them. */
  readonly combine: readonly [fn: TaskFunction, ...args: unknown[]];
  /** From the last array of parts to the result; default: as `combine`. */
  readonly aggregate?: readonly [fn: TaskFunction, ...args: unknown[]];
  readonly splitEvery?: number | undefined;
}

/** Reduces the blocks of a bag to one block. */
export function addTree(bag: Partitions, verb: string, reduction: TreeReduction): Partitions {
  const { splitEvery, combine, aggregate = combine } = reduction;
  if (splitEvery !== undefined) checkSplitEvery(verb, splitEvery);
  const calls = { combine: callOf(combine), aggregate: callOf(aggregate) };
  const content = [combine, aggregate].map((parts) => parts.map(namePart));
  const { name, token } = layerName(verb, bag.layer, bag.npartitions, content, splitEvery);
  const layer = new TreeReduceLayer(name, {
    input: bag.layer,
    count: bag.npartitions,
    ...calls,
    ...(splitEvery === undefined ? {} : { splitEvery }),
    token,
  });
  return { graph: bag.graph.withLayer(layer), layer: name, npartitions: 1 };
}

function callOf([fn, ...args]: TreeReduction["combine"]): { fn: TaskFunction; args: unknown[] } {
  return { fn, args };
}

/** The one value of a layer with one block. */
export function onlyValue<T>({ graph, layer }: Partitions): Delayed<T> {
  return Delayed.of<T>(graph, `${layer}/0`);
}
