import { Bag } from "@millrace/bag";
import type { ShuffleLayer } from "@millrace/graph";
import { expect, it } from "vitest";

type Pair = readonly [key: unknown, value: unknown];

it("a split is a list of pieces, one a partition, and makes no more lists than pairs", () => {
  const grouped = Bag.range(10).groupBy((n) => n % 3, { npartitions: 5000 });
  const layer = [...grouped.graph.layers.values()].find(({ kind }) => kind === "shuffle");
  const { split, npartitions } = layer as ShuffleLayer;
  const pairs = Array.from({ length: 300 }, (_, i): Pair => [i % 100, i]);
  const call = split.fn as (pairs: readonly Pair[], npartitions: number) => Pair[][];
  for (const given of [pairs, [], pairs.slice(0, 1)]) {
    const pieces = call(given, npartitions);
    expect(pieces).toHaveLength(5000);
    expect(pieces.every((piece) => Array.isArray(piece))).toBe(true);
    expect(new Set(pieces.flat())).toStrictEqual(new Set(given));
    expect(new Set(pieces).size).toBeLessThanOrEqual(1 + Math.min(given.length, 100));
  }
});

it("a join to one partition reads its keys once, however many tasks look into it", async () => {
  let reads = 0;
  const theirs = Bag.range(50, { npartitions: 1 }).map((n) => ({
    get id(): number {
      reads++;
      return n;
    },
  }));
  const joined = Bag.range(40, { npartitions: 20 }).join(
    theirs,
    (n) => ({ id: n }),
    (row) => row,
  );
  expect(await joined.count().compute({ executor: "inline" })).toBe(40);
  expect(reads).toBe(50);
});
