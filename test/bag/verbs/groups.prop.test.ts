import { execFileSync } from "node:child_process";
import { join as joinPath } from "node:path";

import { Bag } from "@millrace/bag";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  anyValues,
  bagOf,
  bags,
  groupsOf,
  oddNumbers,
  partitionsOf,
  sameKey,
} from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";
import { placesOf } from "../fixtures/place-keys.mjs";

const runs = { numRuns: 8 };
type Row = readonly [key: unknown, n: number];
const rows: fc.Arbitrary<Row> = fc.tuple(anyValues, fc.nat(99));
const keyOf = ([key]: Row): unknown => key;
const lateKeyOf = async ([key]: Row): Promise<unknown> => key;
const size = ([, n]: Row): number => n % 4;
const lateSize = async ([, n]: Row): Promise<number> => n % 4;

describe.each(executors)("on %s", (executor) => {
  it("groupBy gives every group once, whole, in order, in as many partitions as asked", async () => {
    await fc.assert(
      fc.asyncProperty(
        bags(rows),
        fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        fc.constantFrom(keyOf, lateKeyOf),
        async ({ bag, flat }, npartitions, key) => {
          const grouped = bag.groupBy(key, npartitions === undefined ? {} : { npartitions });
          expect(grouped.npartitions).toBe(npartitions ?? bag.npartitions);
          const groups = await grouped.compute({ executor });
          const expected = groupsOf(flat, keyOf);
          expect(groups.length).toBe(expected.length);
          for (const group of expected) {
            const found = groups.find(([known]) => sameKey(known, group.key));
            expect(found?.[1]).toStrictEqual(group.items);
          }
        },
      ),
      runs,
    );
  });

  it("groupBy puts a key into the same partition whatever else is there", async () => {
    await fc.assert(
      fc.asyncProperty(bags(rows), bags(rows), async (one, two) => {
        const places = async (bag: Bag<Row>): Promise<[unknown, number][]> => {
          const parts = await partitionsOf(bag.groupBy(keyOf, { npartitions: 5 }), executor);
          return parts.flatMap((part, i) => part.map(([key]): [unknown, number] => [key, i]));
        };
        const [ours, theirs] = [await places(one.bag), await places(two.bag)];
        for (const [key, place] of ours) {
          const other = theirs.find(([known]) => sameKey(known, key));
          expect(other?.[1] ?? place).toBe(place);
        }
      }),
      { numRuns: 10 },
    );
  });

  it("frequencies and distinct see elements as they first come", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), async ({ bag, flat }) => {
        const groups = groupsOf(flat, (item) => item);
        expect(await bag.frequencies().compute({ executor })).toStrictEqual(
          groups.map(({ items }) => [items[0], items.length]),
        );
        expect(await bag.frequencies({ splitEvery: 2 }).count().compute({ executor })).toBe(
          groups.length,
        );
        expect(await bag.distinct().compute({ executor })).toStrictEqual(
          groups.map(({ items }) => items[0]),
        );
      }),
      runs,
    );
  });

  it("distinct keeps the first element of each key: a function, a property, async", async () => {
    await fc.assert(
      fc.asyncProperty(bags(rows), async ({ bag, flat }) => {
        const byKey = groupsOf(flat, keyOf).map(({ items }) => items[0]);
        expect(await bag.distinct(keyOf).compute({ executor })).toStrictEqual(byKey);
        expect(await bag.distinct(lateKeyOf).compute({ executor })).toStrictEqual(byKey);
        expect(await bag.distinct(0).compute({ executor })).toStrictEqual(byKey);
      }),
      runs,
    );
  });

  it("topk is the stable sort from the largest, cut", async () => {
    await fc.assert(
      fc.asyncProperty(bags(rows), fc.nat(30), async ({ bag, flat }, k) => {
        const expected = flat.toSorted((a, b) => size(b) - size(a)).slice(0, k);
        expect(await bag.topk(k, size).compute({ executor })).toStrictEqual(expected);
        expect(await bag.topk(k, lateSize).compute({ executor })).toStrictEqual(expected);
        expect(bag.topk(k, size).npartitions).toBe(1);
      }),
      runs,
    );
  });

  it("topk of many is that stable sort too, however many are kept", async () => {
    const items = Array.from({ length: 5000 }, (_, i): Row => [i, (i * 7919) % 5003]);
    const coarse = ([, n]: Row): number => n >> 5;
    const sortedItems = items.toSorted((a, b) => coarse(b) - coarse(a));
    for (const npartitions of [1, 20]) {
      const bag = Bag.from(items, { npartitions });
      for (const k of [0, 1, 63, 64, 65, 1000, 4999, 5000, 6000]) {
        const best = await bag.topk(k, coarse).compute({ executor });
        expect(best).toStrictEqual(sortedItems.slice(0, k));
      }
    }
  });

  it("topk keeps a large part of the data as quickly as it is sorted", async () => {
    const rising = Bag.range(300_000, { npartitions: 1 });
    const best = await rising.topk(100_000).compute({ executor });
    expect(best).toHaveLength(100_000);
    expect([best[0], best[99_999]]).toStrictEqual([299_999, 200_000]);
  });

  it("topk of numbers: NaN is below all others", async () => {
    await fc.assert(
      fc.asyncProperty(bags(oddNumbers), fc.nat(30), async ({ bag, flat }, k) => {
        const low = (n: number): number => (Number.isNaN(n) ? -Infinity : n);
        const expected = flat.toSorted((a, b) =>
          low(a) === low(b)
            ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
            : low(b) > low(a)
              ? 1
              : -1,
        );
        expect(await bag.topk(k).compute({ executor })).toStrictEqual(expected.slice(0, k));
      }),
      runs,
    );
  });

  it("what is largest of values of every kind does not depend on the partitions", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), fc.nat(5), async ({ bag, flat }, k) => {
        const whole = Bag.from(flat, { npartitions: 1 });
        expect(await bag.topk(k).compute({ executor })).toStrictEqual(
          await whole.topk(k).compute({ executor }),
        );
      }),
      runs,
    );
  });

  it("join gives the pairs of two loops: with an iterable, a small bag, a large bag", async () => {
    await fc.assert(
      fc.asyncProperty(bags(rows), bags(rows), async (left, right) => {
        const pairs = left.flat.flatMap((a) =>
          right.flat.filter((b) => sameKey(a[0], b[0])).map((b): [Row, Row] => [a, b]),
        );
        // The other one whole in memory: the order of the two loops.
        const small = left.bag.join(right.flat, keyOf);
        expect(await small.compute({ executor })).toStrictEqual(pairs);
        expect(small.npartitions).toBe(left.bag.npartitions);
        const one = right.bag.repartition({ npartitions: 1 });
        const late = left.bag.join(one, lateKeyOf, 0);
        expect(await late.compute({ executor })).toStrictEqual(pairs);
        // Dealt by hash: the same pairs.
        const large = await left.bag.join(right.bag, keyOf, lateKeyOf).compute({ executor });
        expect(sorted(large)).toStrictEqual(sorted(pairs));
      }),
      runs,
    );
  });

  it("product pairs everything, partition i·m + j from partitions i and j", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.nat()), bags(anyValues), async (left, right) => {
        const expected = left.parts.flatMap((mine) =>
          right.parts.map((theirs) => mine.flatMap((a) => theirs.map((b) => [a, b]))),
        );
        expect(await partitionsOf(left.bag.product(right.bag), executor)).toStrictEqual(expected);
      }),
      runs,
    );
  });

  it("the keys of the joined bag are asked for once an element", async () => {
    let asked = 0;
    const right = bagOf([[1, 2, 3]]);
    const joined = Bag.range(50, { npartitions: 10 }).join(
      right,
      (n) => n,
      (n) => {
        asked++;
        return n;
      },
    );
    expect(await joined.count().compute({ executor: "inline" })).toBe(3);
    expect(asked).toBe(3);
  });
});

it("data that no other process could tell apart is fine here: symbols, deep and circular data", async () => {
  const [one, two] = [Symbol("a"), Symbol("a")];
  let deep: unknown = [];
  for (let i = 0; i < 5000; i++) deep = [deep];
  const circle: unknown[] = [];
  circle.push(circle);
  const items = [one, [one], [one], two, [two], deep, deep, circle, circle, one];
  const bag = Bag.from(items, { npartitions: 4 });
  const counts = (await bag.frequencies().compute()).map(([, n]) => n);
  expect(counts).toStrictEqual([2, 2, 1, 1, 2, 2]);
  expect(
    await bag
      .groupBy((item) => item)
      .count()
      .compute(),
  ).toBe(6);
  expect(
    await bag
      .map((item, other) => item === other, one)
      .filter(Boolean)
      .count()
      .compute(),
  ).toBe(2);
});

it("equal keys have equal hashes in another process", async () => {
  const program = joinPath(import.meta.dirname, "../fixtures/place-keys.mjs");
  const places = await placesOf();
  expect(places).toHaveLength(12);
  const elsewhere = execFileSync(process.execPath, [program], { encoding: "utf8" });
  expect(JSON.parse(elsewhere)).toStrictEqual(places);
});

function sorted(pairs: readonly (readonly [Row, Row])[]): string[] {
  return pairs.map((pair) => fc.stringify(pair)).toSorted();
}
