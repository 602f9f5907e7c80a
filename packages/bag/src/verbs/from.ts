import type { BlockInput } from "@millrace/graph";
import { Delayed, LayeredGraph, MaterializedLayer, mergeGraphs } from "@millrace/graph";
import { checkElements, checkOptionNames, checkPartitions } from "../check.ts";
import { invalidArgument, notIterable } from "../errors.ts";
import { identityOf, layerName } from "../layer-name.ts";
import type { Partitions } from "../partitions.ts";
import { addAliases, addBlocks, call, input, stage } from "../partitions.ts";
import { isAsyncIterable } from "../stage/settled.ts";
import { blockOf } from "../steps/blocks.ts";

/**
 * How elements are cut into partitions.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { FromOptions } from "@millrace/bag";
 *
 * const options: FromOptions = { partitionSize: 2 };
 * Bag.from([1, 2, 3], options).npartitions; // => 2
 * ```
 */
export interface FromOptions {
  /**
   * Exactly this many partitions, empty ones included; boundary i is `floor(i · length /
   * npartitions)`.
   */
  readonly npartitions?: number;
  /** Or this many elements in each but the last. */
  readonly partitionSize?: number;
}

/** How many partitions there are to be. */
export type CountOptions = Pick<FromOptions, "npartitions">;

/** Partitions of a bag that is not told how many to make: one an element, at most this many. */
const npartitionsDefault = 100;
/** Of longer data the elements do not go into the name of the layer. */
const namedByElementsMax = 10_000;

/** A bag of the elements of an iterable, which is read at once. */
export function from(
  iterable: Iterable<unknown>,
  options: FromOptions,
  api = "Bag.from",
): Partitions {
  checkOptionNames(api, options, ["npartitions", "partitionSize"]);
  const items = itemsOf(api, iterable);
  const blocks = cut(items, boundaries(api, items.length, options));
  const content = items.length <= namedByElementsMax ? items.map(elementPart) : crypto.randomUUID();
  const { name, token } = layerName("from", blocks.length, content);
  const layer = MaterializedLayer.values(name, blocks, { token });
  return { graph: new LayeredGraph().withLayer(layer), layer: name, npartitions: blocks.length };
}

/** Objects and functions count by identity: they may change, and reading them all would cost. */
function elementPart(item: unknown): unknown {
  const isObject = (typeof item === "object" && item !== null) || typeof item === "function";
  return isObject ? [identityOf(item)] : item;
}

function itemsOf(api: string, iterable: unknown): readonly unknown[] {
  // The partitions will be copies of its parts.
  if (Array.isArray(iterable)) return iterable;
  if (typeof iterable === "string") return Array.from(iterable);
  if (typeof iterable === "object" && iterable !== null && Symbol.iterator in iterable) {
    return Array.from(iterable as Iterable<unknown>);
  }
  const remedy = isAsyncIterable(iterable)
    ? "Gather it first, or give it to Bag.fromDelayed inside a Delayed."
    : "";
  throw notIterable(api, iterable, remedy);
}

function boundaries(api: string, length: number, options: FromOptions): number[] {
  const { npartitions, partitionSize } = options;
  if (npartitions !== undefined && partitionSize !== undefined) {
    throw invalidArgument(api, "two ways to cut", "npartitions and partitionSize", "one of them");
  }
  if (partitionSize !== undefined) {
    checkElements(api, "partitionSize", partitionSize, 1);
    const count = checkPartitions(api, Math.max(1, Math.ceil(length / partitionSize)));
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

function cut<T>(items: readonly T[], at: readonly number[]): T[][] {
  return at.slice(1).map((end, i) => items.slice(at[i], end));
}

/** The whole numbers from 0 to length - 1; none of them is made before a task needs it. */
export function range(length: number, options: CountOptions): Partitions {
  const api = "Bag.range";
  checkOptionNames(api, options, ["npartitions"]);
  checkElements(api, "length", length);
  const npartitions = countOf(api, length, options.npartitions);
  const steps = stage([{ kind: "range", length, npartitions }], input(0), input(0));
  const draft = { inputs: [{ kind: "index" }] as const, steps, count: npartitions };
  return addBlocks(new LayeredGraph(), "range", draft, length);
}

/** A bag with a partition for each lazy iterable. */
export function fromDelayed(parts: Iterable<Delayed<unknown>>): Partitions {
  const api = "Bag.fromDelayed";
  if (typeof parts !== "object" || parts === null || !(Symbol.iterator in parts)) {
    throw invalidArgument(api, "the parts must come as a list", parts, "an array of Delayed");
  }
  const list = [...parts];
  list.forEach((part, i) => {
    if (part instanceof Delayed) return;
    throw invalidArgument(api, `part ${i} is not lazy`, part, "a Delayed");
  });
  if (list.length === 0) return from([], {});
  const aliases = addAliases(
    mergeGraphs(list),
    "parts",
    list.map(({ key }) => key),
  );
  const inputs: readonly BlockInput[] = [{ kind: "block", layer: aliases.layer }];
  const steps = call(blockOf, input(0));
  return addBlocks(aliases.graph, "from-delayed", { inputs, steps, count: list.length });
}
