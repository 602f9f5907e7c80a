import type { BlockInput, Step, TaskFunction } from "@millrace/graph";
import { Delayed, LayeredGraph, MaterializedLayer, ref } from "@millrace/graph";
import { invalidArgument, notIterable } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import {
  addBlocks,
  checkElements,
  checkOptionNames,
  checkPartitions,
  layerName,
} from "../partitions.ts";
import { runStage } from "../stage/run-stage.ts";

/** How elements are cut into partitions. */
export interface FromOptions {
  /** Exactly this many partitions, empty ones included; boundary i is `floor(i · length / npartitions)`. */
  readonly npartitions?: number;
  /** Or this many elements in each but the last. */
  readonly partitionSize?: number;
}

/** Partitions of a bag that is not told how many to make: one an element, at most this many. */
const npartitionsDefault = 100;
/** Longer data is not read for its content to name the layer. */
const namedByContentMax = 10_000;

/** A bag of the elements of an iterable, which is read at once. */
export function from(iterable: Iterable<unknown>, options: FromOptions): Partitions {
  const api = "Bag.from";
  checkOptionNames(api, options, ["npartitions", "partitionSize"]);
  if (typeof iterable !== "string" && !isIterable(iterable)) throw notIterable(api, iterable);
  const items = Array.from(iterable);
  const blocks = cut(items, boundaries(api, items.length, options));
  const content = items.length <= namedByContentMax ? items : crypto.randomUUID();
  const { name, token } = layerName("from", blocks.length, content);
  const layer = MaterializedLayer.values(name, blocks, { token });
  return { graph: new LayeredGraph().withLayer(layer), layer: name, npartitions: blocks.length };
}

function isIterable(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function boundaries(api: string, length: number, options: FromOptions): number[] {
  const { npartitions, partitionSize } = options;
  if (npartitions !== undefined && partitionSize !== undefined) {
    throw invalidArgument(api, "two ways to cut", "npartitions and partitionSize", "one of them");
  }
  if (partitionSize !== undefined) {
    if (!Number.isSafeInteger(partitionSize) || partitionSize < 1) {
      const wanted = "a whole number of 1 or more elements";
      throw invalidArgument(api, "bad partitionSize", partitionSize, wanted);
    }
    const count = Math.max(1, Math.ceil(length / partitionSize));
    return Array.from({ length: count + 1 }, (_, i) => Math.min(length, i * partitionSize));
  }
  return evenBoundaries(length, countOf(api, length, npartitions));
}

function countOf(api: string, length: number, npartitions: number | undefined): number {
  if (npartitions !== undefined) return checkPartitions(api, npartitions);
  return Math.max(1, Math.min(length, npartitionsDefault));
}

/** `parts + 1` boundaries; number i is `floor(i · length / parts)`. */
export function evenBoundaries(length: number, parts: number): number[] {
  return Array.from({ length: parts + 1 }, (_, i) => Math.floor((i * length) / parts));
}

/** The pieces of an array between boundaries. */
export function cut<T>(items: readonly T[], at: readonly number[]): T[][] {
  return at.slice(1).map((end, i) => items.slice(at[i], end));
}

/** The whole numbers from 0 to length - 1; none of them is made before a task needs it. */
export function range(length: number, options: Pick<FromOptions, "npartitions">): Partitions {
  const api = "Bag.range";
  checkOptionNames(api, options, ["npartitions"]);
  checkElements(api, "length", length);
  const npartitions = countOf(api, length, options.npartitions);
  const op = { kind: "range", length, npartitions } as const;
  const inputs: BlockInput[] = [{ kind: "index" }];
  const args = [
    { kind: "input", input: 0 },
    { kind: "literal", value: [op] },
  ] as const;
  const steps: Step[] = [{ fn: runStage as TaskFunction, args }];
  return addBlocks(new LayeredGraph(), "range", { inputs, steps, count: npartitions }, op);
}

/** A bag with a partition for each lazy iterable. */
export function fromDelayed(parts: Iterable<Delayed<Iterable<unknown>>>): Partitions {
  const list = [...parts];
  list.forEach((part, i) => {
    if (part instanceof Delayed) return;
    throw invalidArgument("Bag.fromDelayed", `part ${i} is not lazy`, part, "a Delayed");
  });
  if (list.length === 0) return from([], {});
  const graph = list.reduce((merged, part) => merged.merge(part.graph), new LayeredGraph());
  const { name, token } = layerName(
    "from-delayed",
    list.map(({ key }) => key),
  );
  const aliases = MaterializedLayer.blocks(
    `parts-${token}`,
    list.map(({ key }) => ref(key)),
    { token },
  );
  const inputs: BlockInput[] = [{ kind: "block", layer: aliases.name }];
  const steps: Step[] = [{ fn: toArray, args: [{ kind: "input", input: 0 }] }];
  return addBlocks(
    graph.withLayer(aliases),
    "from-delayed",
    { inputs, steps, count: list.length },
    name,
  );
}

/** The elements of a part as an array; an array stays itself. */
function toArray(part: Iterable<unknown> | AsyncIterable<unknown>): unknown {
  if (Array.isArray(part)) return part as unknown[];
  if (typeof part === "object" && part !== null) {
    if (Symbol.iterator in part) return Array.from(part);
    if (Symbol.asyncIterator in part) return gather(part);
  }
  throw notIterable("Bag.fromDelayed", part);
}

/** The elements of an async iterable. */
export async function gather(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of source) items.push(item);
  return items;
}
