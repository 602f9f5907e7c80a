import type { RunOptions } from "@millrace/graph";
import { optimizeLayers, streamGraph } from "@millrace/graph";
import { invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, checkElements, checkPartitions } from "../partitions.ts";

/** How many partitions iteration may be ahead of its reader. */
const lookahead = 2;

/** The blocks of a bag, one after another, with bounded look-ahead. */
export async function* streamBlocks(
  bag: Partitions,
  options: RunOptions,
  ahead: number,
): AsyncGenerator<readonly unknown[]> {
  const keys = Array.from({ length: bag.npartitions }, (_, i) => `${bag.layer}/${i}`);
  const graph = options.optimize === false ? bag.graph : optimizeLayers(bag.graph, keys);
  for await (const { value } of streamGraph(graph, keys, { ...options, lookahead: ahead })) {
    yield value as readonly unknown[];
  }
}

/** The elements of a bag in their order. */
export async function* iterate(bag: Partitions, options: RunOptions): AsyncGenerator<unknown> {
  for await (const block of streamBlocks(bag, options, lookahead)) yield* block;
}

/** Options of `take`. */
export interface TakeOptions extends RunOptions {
  /** Look into the first so many partitions only; default as many as it needs. */
  readonly npartitions?: number;
}

/** The first `k` elements; partitions behind the last one needed are not run. */
export async function take(bag: Partitions, k: number, options: TakeOptions): Promise<unknown[]> {
  checkElements("take", "k", k);
  const { npartitions = bag.npartitions, ...runOptions } = options;
  if (checkPartitions("take", npartitions) > bag.npartitions) {
    const wanted = `at most the ${bag.npartitions} that there are`;
    throw invalidArgument("take", "too many partitions", npartitions, wanted);
  }
  const taken: unknown[] = [];
  if (k === 0) return taken;
  const limited = addStage({ ...bag, npartitions }, "take", { kind: "take", k });
  for await (const block of streamBlocks(limited, runOptions, 1)) {
    for (const item of block.slice(0, k - taken.length)) taken.push(item);
    if (taken.length === k) break;
  }
  return taken;
}
