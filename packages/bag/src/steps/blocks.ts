import { declareExports } from "@millrace/closure/tasks";
import { runGuard } from "@millrace/graph/tasks";
import { dataFault, inPartition } from "../errors.ts";
import { arrayOf } from "../stage/pieces.ts";
import { withSettled } from "../stage/settled.ts";

/** The elements of blocks as one new array. */
export function concatBlocks(blocks: readonly (readonly unknown[])[]): unknown[] {
  const [first = [], ...others] = blocks;
  const items = [...first];
  for (const block of others) for (let i = 0; i < block.length; i++) items.push(block[i]);
  return items;
}

/** The elements of a block as a new array. */
export function copyBlock(block: readonly unknown[]): unknown[] {
  return Array.from(block);
}

/** The elements of what a lazy part of a bag became. */
export function blockOf(part: unknown): unknown {
  return arrayOf("Bag.fromDelayed", part);
}

/** The elements of what a function of a block gives. */
export function callPartition(
  block: readonly unknown[],
  fn: (items: Iterable<unknown>) => unknown,
): unknown {
  const throwIfOver = runGuard();
  return withSettled(fn(block), (given) => arrayOf("mapPartitions", given, throwIfOver));
}

/** Tuples of the elements of several blocks, which have equally many. */
export function zipBlocks(blocks: readonly (readonly unknown[])[], partition: number): unknown[][] {
  const lengths = blocks.map(({ length }) => length);
  const [count = 0] = lengths;
  if (lengths.some((length) => length !== count)) {
    const fault = dataFault(
      "bag/unequal-partitions",
      `zip: partitions have different lengths, got ${lengths.join(" and ")} elements in partition ` +
        `${partition}, wanted equal ones. Zip bags that were cut the same way.`,
    );
    throw inPartition(fault, partition);
  }
  return Array.from({ length: count }, (_, i) => blocks.map((block) => block[i]));
}

/** All pairs of an element of one block and one of another. */
export function pairBlocks(
  mine: readonly unknown[],
  theirs: readonly unknown[],
): [unknown, unknown][] {
  const pairs: [unknown, unknown][] = [];
  for (const a of mine) for (const b of theirs) pairs.push([a, b]);
  return pairs;
}

declareExports(
  import.meta.url,
  {
    concatBlocks,
    copyBlock,
    blockOf,
    callPartition,
    zipBlocks,
    pairBlocks,
  },
  { package: "@millrace/bag" },
);
