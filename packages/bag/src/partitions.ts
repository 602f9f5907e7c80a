import type { BlockInput, Collection, Key, Step, TaskFunction } from "@millrace/graph";
import type { LayeredGraph } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  MaterializedLayer,
  TreeReduceLayer,
  currentAnnotations,
  isCollection,
  ref,
  tokenizeLoosely,
} from "@millrace/graph";
import { invalidArgument } from "./errors.ts";
import type { StageOp } from "./stage/ops.ts";
import { runStage } from "./stage/run-stage.ts";

/** A bag as its verbs see it: the first `npartitions` blocks of a layer of a graph, each an array. */
export interface Partitions {
  readonly graph: LayeredGraph;
  readonly layer: string;
  readonly npartitions: number;
}

/** A layer that its verb has not named yet. */
interface Draft {
  readonly inputs: readonly BlockInput[];
  readonly steps: readonly Step[];
  readonly count: number;
}

/** Name of a layer: the verb, and a token of all that decides what the layer does. */
export function layerName(verb: string, ...content: unknown[]): { name: string; token: string } {
  const token = tokenizeLoosely(verb, content, currentAnnotations());
  return { name: `${verb}-${token}`, token };
}

/** A graph with one more blockwise layer; `content` is what, besides the shape, decides what it does. */
export function addBlocks(
  graph: LayeredGraph,
  verb: string,
  draft: Draft,
  content: unknown,
): Partitions {
  const { name, token } = layerName(verb, draft.count, draft.inputs, content);
  const layer = new BlockwiseLayer(name, { ...draft, token });
  return { graph: graph.withLayer(layer), layer: name, npartitions: draft.count };
}

/** One more operation on every partition; chains of them become one loop. */
export function addStage(
  bag: Partitions,
  verb: string,
  op: StageOp,
  broadcast: readonly unknown[] = [],
): Partitions {
  const { graph, inputs, args } = broadcastArgs(bag.graph, broadcast);
  const block: BlockInput = { kind: "block", layer: bag.layer };
  const steps: Step[] = [
    {
      fn: runStage as TaskFunction,
      args: [{ kind: "input", input: 0 }, { kind: "literal", value: [op] }, ...args],
    },
  ];
  const draft = { inputs: [block, ...inputs], steps, count: bag.npartitions };
  return addBlocks(graph, verb, draft, [op, args]);
}

/** Broadcast values as arguments: what is lazy becomes an input that all blocks share. */
function broadcastArgs(
  start: LayeredGraph,
  broadcast: readonly unknown[],
): { graph: LayeredGraph; inputs: BlockInput[]; args: Step["args"] } {
  let graph = start;
  const inputs: BlockInput[] = [];
  const args = broadcast.map((value): Step["args"][number] => {
    if (value === partitionNumber) {
      return { kind: "input", input: inputs.push({ kind: "index" }) };
    }
    if (!isCollection(value)) return { kind: "literal", value };
    const { key, graph: other } = asDelayed(value);
    graph = graph.merge(other);
    return { kind: "input", input: inputs.push({ kind: "key", key }) };
  });
  return { graph, inputs, args };
}

/** Among broadcast values: the number of the partition. */
export const partitionNumber: unique symbol = Symbol("partition number");

function asDelayed(value: Collection<unknown>): Delayed<unknown> {
  return value instanceof Delayed ? value : Delayed.value(value);
}

/** The bag whose partitions are the values of some keys of a graph. */
export function partitionsAt(graph: LayeredGraph, keys: readonly Key[]): Partitions {
  const [first = ""] = keys;
  const layer = first.slice(0, Math.max(0, first.lastIndexOf("/")));
  if (keys.every((key, i) => key === `${layer}/${i}`)) {
    return { graph, layer, npartitions: keys.length };
  }
  const { name, token } = layerName("partitions", keys);
  const aliases = MaterializedLayer.blocks(
    name,
    keys.map((key) => ref(key)),
    { token },
  );
  return { graph: graph.withLayer(aliases), layer: name, npartitions: keys.length };
}

/** One function call on every partition, not fused into its loops. */
export function addCall(
  bag: Partitions,
  verb: string,
  fn: TaskFunction,
  args: readonly unknown[] = [],
): Partitions {
  const literals = args.map((value) => ({ kind: "literal", value }) as const);
  const steps: Step[] = [{ fn, args: [{ kind: "input", input: 0 }, ...literals] }];
  const inputs: BlockInput[] = [{ kind: "block", layer: bag.layer }];
  return addBlocks(bag.graph, verb, { inputs, steps, count: bag.npartitions }, [fn, args]);
}

/** What the parts of a reduction go through. */
export interface TreeReduction {
  readonly combine: TaskFunction;
  readonly combineArgs?: readonly unknown[];
  readonly aggregate?: TaskFunction;
  readonly aggregateArgs?: readonly unknown[];
  readonly splitEvery?: number | undefined;
}

/** Reduces the blocks of a bag to one block. */
export function addTree(bag: Partitions, verb: string, reduction: TreeReduction): Partitions {
  const { combine, combineArgs = [], splitEvery } = reduction;
  const { aggregate = combine, aggregateArgs = combineArgs } = reduction;
  const calls = {
    combine: { fn: combine, args: combineArgs },
    aggregate: { fn: aggregate, args: aggregateArgs },
  };
  const content = [bag.layer, bag.npartitions, calls, splitEvery];
  const { name, token } = layerName(verb, content);
  const layer = new TreeReduceLayer(name, {
    input: bag.layer,
    count: bag.npartitions,
    ...calls,
    ...(splitEvery === undefined ? {} : { splitEvery: checkSplitEvery(verb, splitEvery) }),
    token,
  });
  return { graph: bag.graph.withLayer(layer), layer: name, npartitions: 1 };
}

/** The one value of a layer with one block. */
export function onlyValue<T>({ graph, layer }: Partitions): Delayed<T> {
  return Delayed.of<T>(graph, `${layer}/0`);
}

function checkSplitEvery(api: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 2) return value;
  throw invalidArgument(api, "bad splitEvery", value, "a whole number of 2 or more");
}

/** Checks a number of partitions. */
export function checkPartitions(api: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidArgument(api, "bad npartitions", value, "a whole number of 1 or more");
}

/** Checks a number of elements. */
export function checkElements(api: string, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidArgument(api, `bad ${name}`, value, "a whole number of 0 or more");
}

/** Checks a callback. */
export function checkCallback<F>(api: string, fn: F): F {
  if (typeof fn === "function") return fn;
  throw invalidArgument(api, "the callback must be a function", fn, "a function");
}

/** Refuses options that do not exist. */
export function checkOptionNames(api: string, options: object, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(api, "the options must be an object", options, "an object");
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw invalidArgument(api, "no such option", name, `one of ${names.join(", ")}`);
  }
}
