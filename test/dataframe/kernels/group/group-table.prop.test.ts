import fc from "fast-check";
import { expect, it } from "vitest";

import type { Block, Column } from "../../../../packages/dataframe/dist/column.js";
import { DataFrameError } from "../../../../packages/dataframe/dist/errors.js";
import type { GroupSpec } from "../../../../packages/dataframe/dist/kernels/group/aggregate-spec.js";
import { blocksOf, cutBlocks } from "../../../../packages/dataframe/dist/kernels/cut.js";
import {
  combinePartials,
  finishBucket,
  finishPartials,
  mergeShuffled,
} from "../../../../packages/dataframe/dist/kernels/group/partials.js";
import type { PackedKeys } from "../../../../packages/dataframe/dist/kernels/group/packed-keys.js";
import {
  joinRanges,
  keyRanges,
  packedKeys,
} from "../../../../packages/dataframe/dist/kernels/group/packed-keys.js";
import {
  rowsToGroup,
  splitPartials,
} from "../../../../packages/dataframe/dist/kernels/group/split-partials.js";
import { takeColumn } from "../../../../packages/dataframe/dist/kernels/take.js";
import { valuesOf } from "../../../lib/dataframe/columns.ts";
import type { DrawnPartition, Grouping } from "../../../lib/dataframe/grouping.ts";
import { groupings, groupRows, tableOf } from "../../../lib/dataframe/grouping.ts";
import type { Value } from "../../../lib/dataframe/interpret-values.ts";

/** What stands for an error in comparisons. */
const overflow = "overflow";

function outcome(make: () => Value[][]): Value[][] | typeof overflow {
  try {
    return make();
  } catch (error) {
    if (error instanceof DataFrameError && error.code === "dataframe/overflow") return overflow;
    throw error;
  }
}

function rowsOf(block: Block): Value[][] {
  const columns = block.columns.map(valuesOf);
  return Array.from({ length: block.rows }, (_, row) =>
    columns.map((values) => values[row] ?? null),
  );
}

/** Exact but for doubles that were added in another order. */
function expectSame(spec: GroupSpec, got: Value[][] | string, wanted: Value[][] | string): void {
  if (typeof got === "string" || typeof wanted === "string") {
    expect(got).toStrictEqual(wanted);
    return;
  }
  const exact = (rows: Value[][]): Value[][] =>
    rows.map((row) => row.filter((_, at) => !isRounded(spec, at)).map(plainZero(spec)));
  expect(exact(got)).toStrictEqual(exact(wanted));
  for (const [n, row] of got.entries()) {
    for (const [at, value] of row.entries()) {
      const other = wanted[n]?.[at];
      if (!isRounded(spec, at) || value === other || Object.is(value, other)) continue;
      const [a, b] = [Number(value ?? Number.NaN), Number(other ?? Number.NaN)];
      const isNear = Math.abs(a - b) <= 1e-6 + 1e-9 * Math.max(Math.abs(a), Math.abs(b));
      expect({ value, isNear }).toStrictEqual({ value, isNear: true });
    }
  }
}

function isRounded({ keys, aggregates }: GroupSpec, at: number): boolean {
  const aggregate = aggregates[at - keys.length];
  const rounded = ["sum", "mean", "std", "var", "median", "quantile", "approxQuantile"];
  return aggregate?.dtype.kind === "float64" && rounded.includes(aggregate.fn);
}

/** Of -0 and 0 either may be the least, and several keys show the first of their column. */
function plainZero({ keys, aggregates }: GroupSpec): (value: Value) => Value {
  const isOpen = keys.length > 1 || aggregates.some(({ fn }) => fn === "min" || fn === "max");
  return (value) => (isOpen && value === 0 ? 0 : value);
}

function expected({ spec, partitions }: Grouping): Value[][] | typeof overflow {
  return outcome(() =>
    groupRows(
      spec,
      partitions.flatMap(({ rows }) => rows),
    ),
  );
}

it("groups and aggregates are those of the rows one after the other", () => {
  fc.assert(
    fc.property(groupings, (grouping) => {
      const { spec, partitions } = grouping;
      const got = outcome(() => rowsOf(tableOf(spec, partitions).finish()));
      expectSame(spec, got, expected(grouping));
    }),
    { numRuns: 120 },
  );
});

/** Neighbours combined in a random order until one is left. */
function combineInTree(blocks: Block[], spec: GroupSpec, picks: fc.Stream<number>): Block {
  let left = blocks;
  while (left.length > 1) {
    const at = picks.next().value % (left.length - 1);
    const size = 2 + (picks.next().value % 3);
    const some = left.slice(at, at + size);
    left = [...left.slice(0, at), combinePartials(some, spec), ...left.slice(at + some.length)];
  }
  return left[0] as Block;
}

it("partial results come together in any tree", () => {
  fc.assert(
    fc.property(groupings, fc.infiniteStream(fc.nat()), (grouping, picks) => {
      const { spec, partitions } = grouping;
      const partials = partitions.map((part, n) => tableOf(spec, [part]).partial(n));
      const whole = combineInTree(partials, spec, picks as unknown as fc.Stream<number>);
      const got = outcome(() => rowsOf(finishPartials([whole], spec)));
      expectSame(spec, got, expected(grouping));
    }),
    { numRuns: 120 },
  );
});

/** A partition as a shuffle gets it: groups of its first rows, and the others as they are. */
function partOf(
  { spec }: Grouping,
  { keys, args, selection, rows }: DrawnPartition,
  partition: number,
  grouped: number,
): Block[] {
  const all = selection ?? Int32Array.from(rows.keys());
  const [before, behind] = [all.subarray(0, grouped), all.subarray(grouped)];
  const head = tableOf(spec, [{ keys, args, selection: before, rows: rows.slice(0, grouped) }]);
  const taken = (columns: readonly Column[]): Column[] => {
    return columns.map((column) => takeColumn(column, behind));
  };
  const given = args.filter((arg) => arg !== undefined);
  // Where there are no groups there is nothing that they could not save.
  if (head.count === 0)
    return [tableOf(spec, [{ keys, args, selection, rows }]).partial(partition)];
  return [head.partial(partition), rowsToGroup(behind.length, taken(keys), taken(given))];
}

function packingOf(parts: readonly Block[][], { keys }: GroupSpec): PackedKeys | undefined {
  return packedKeys(joinRanges(parts.map((part) => keyRanges(part, keys))));
}

it.each(["hash", "packed keys"])(
  "groups and rows dealt out by %s come back in the order of first rows",
  (how) => {
    const shares = fc.infiniteStream(fc.nat({ max: 25 }));
    fc.assert(
      fc.property(groupings, fc.integer({ min: 1, max: 5 }), shares, (grouping, count, share) => {
        const { spec, partitions } = grouping;
        if (spec.keys.length === 0) return;
        const parts = partitions.map((part, n) => {
          return partOf(grouping, part, n, Math.min(share.next().value, part.rows.length));
        });
        const packed = how === "hash" ? undefined : packingOf(parts, spec);
        const split = parts.map((part) =>
          cutBlocks(splitPartials(part, spec, count, count, packed), count),
        );
        const got = outcome(() => {
          const buckets = Array.from({ length: count }, (_, bucket) =>
            finishBucket(
              split.flatMap((cut) => blocksOf(cut.piece(bucket))),
              spec,
            ),
          );
          const merged = mergeShuffled(buckets);
          expect(merged.names).toStrictEqual(
            [...spec.keys, ...spec.aggregates].map(({ name }) => name),
          );
          return rowsOf(merged);
        });
        expectSame(spec, got, expected(grouping));
      }),
      { numRuns: 150 },
    );
  },
);
