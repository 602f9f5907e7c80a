import type { RunOptions } from "@millrace/graph";
import { blockKeys, streamGraph } from "@millrace/graph";
import { checkElements, checkPartitions, checkRunNames } from "../check.ts";
import { invalidArgument } from "../errors.ts";
import type { Partitions } from "../partitions.ts";
import { addStage, partitionKeys } from "../partitions.ts";

/** Partitions that iteration may have begun: the one being read and two ahead of it. */
const lookahead = 3;
/**
 * Partitions that `take` plans at first, and how many times more each time it needs others: a plan
 * costs a microsecond or two a partition, and what two groups both need runs twice.
 */
const groupFirst = 256;
const groupGrowth = 8;

/** The elements of a bag in their order. */
export function iterate(bag: Partitions, options: RunOptions): AsyncGenerator<unknown> {
  checkRunNames("iterate", options, []);
  return elementsOf(streamGraph(bag.graph, partitionKeys(bag), { ...options, lookahead }));
}

async function* elementsOf(
  stream: AsyncIterable<{ readonly value: unknown }>,
): AsyncGenerator<unknown> {
  for await (const { value } of stream) yield* value as readonly unknown[];
}

/**
 * Options of `take`: those of any run, and how far to look.
 *
 * @example
 * ```ts
 * import { Bag } from "@millrace/bag";
 * import type { TakeOptions } from "@millrace/bag";
 *
 * const first: TakeOptions = { npartitions: 1 };
 * await Bag.from([1, 2, 3], { npartitions: 3 }).take(2, first); // => [1]
 * ```
 */
export interface TakeOptions extends RunOptions {
  /** Look into the first so many partitions only; default as many as it needs. */
  readonly npartitions?: number;
}

/** The first `k` elements; partitions behind the last one needed are not run. */
export async function take(bag: Partitions, k: number, options: TakeOptions): Promise<unknown[]> {
  checkElements("take", "k", k);
  checkRunNames("take", options, ["npartitions"]);
  const { npartitions = bag.npartitions, ...runOptions } = options;
  if (checkPartitions("take", npartitions) > bag.npartitions) {
    const wanted = `at most the ${bag.npartitions} that there are`;
    throw invalidArgument("take", "too many partitions", npartitions, wanted);
  }
  const limited = addStage({ ...bag, npartitions }, "take", { kind: "take", k });
  const taken: unknown[] = [];
  for (let start = 0, size = groupFirst; start < npartitions; size *= groupGrowth) {
    const keys = blockKeys(limited.layer, start, Math.min(start + size, npartitions));
    // Checks the options, also when nothing is to be taken.
    const stream = streamGraph(limited.graph, keys, { ...runOptions, lookahead: 1 });
    if (k === 0) return taken;
    for await (const { value } of stream) {
      for (const item of (value as readonly unknown[]).slice(0, k - taken.length)) taken.push(item);
      if (taken.length === k) return taken;
    }
    start += keys.length;
  }
  return taken;
}
