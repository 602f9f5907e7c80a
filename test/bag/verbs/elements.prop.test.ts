import { Bag } from "@millrace/bag";
import { Delayed } from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyValues, bags, oddNumbers, partitionsOf } from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";

const runs = { numRuns: 8 };

/** Any value as one of the things that flatMap takes. */
const spreads: readonly ((value: unknown, n: number) => Iterable<unknown>)[] = [
  (value, n) => Array.from({ length: n }, () => value),
  (value, n) => new Set([value, n]),
  (value, n) => new Map([[value, n]]),
  (value, n) => `${typeof value}-😀`.slice(n),
  (_, n) => new Float64Array(n).fill(n),
  function* (value, n) {
    for (let i = 0; i < n; i++) yield [value, i];
  },
];

// Callbacks live here: one that is made anew in every run is captured anew in every run.
const spread = ([value, n, way]: [unknown, number, number]): Iterable<unknown> =>
  spreads[way]?.(value, n) ?? [];
async function* spreadLate(item: [unknown, number, number]): AsyncGenerator<unknown> {
  for (const each of spread(item)) yield await Promise.resolve(each);
}
const wrap = (item: unknown): unknown => ({ item });
const isObject = (item: unknown): boolean => typeof item === "object";
const list = (...args: unknown[]): unknown => args;
const isLonger = (row: unknown, most: number): boolean => (row as number[]).length > most;
const named = (a: unknown, b: number, ...more: unknown[]): unknown => ({ a, b, more });
const next = ([i]: [number, number], item: number): [number, number] => [i + 1, item];
/** Some settle sooner than those before them. */
const later = async ([i, item]: [number, number]): Promise<[number, number]> => {
  for (let turns = (i * 7) % 5; turns > 0; turns--) await Promise.resolve();
  return [i, item];
};
const plusOne = (n: number): number => n + 1;

describe.each(executors)("on %s", (executor) => {
  it("map, filter and remove are those of arrays, partition by partition", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), async ({ bag, parts }) => {
        expect(await partitionsOf(bag.map(wrap), executor)).toStrictEqual(
          parts.map((part) => part.map(wrap)),
        );
        expect(await partitionsOf(bag.filter(isObject), executor)).toStrictEqual(
          parts.map((part) => part.filter(isObject)),
        );
        expect(await partitionsOf(bag.remove(isObject), executor)).toStrictEqual(
          parts.map((part) => part.filter((item) => !isObject(item))),
        );
      }),
      runs,
    );
  });

  it("broadcast values follow the element: literals, lazy values, other collections", async () => {
    await fc.assert(
      fc.asyncProperty(bags(oddNumbers), bags(oddNumbers), async (one, two) => {
        const lazy = Delayed.call(plusOne, [1]);
        const mapped = one.bag
          .map(list, 7, lazy, two.bag, [lazy, 3], { a: lazy })
          .filter(isLonger, lazy);
        expect(await mapped.compute({ executor })).toStrictEqual(
          one.flat.map((item) => [item, 7, 2, [...two.flat], [2, 3], { a: 2 }]),
        );
      }),
      runs,
    );
  });

  it("flatMap and flatten go through every kind of iterable", async () => {
    await fc.assert(
      fc.asyncProperty(
        bags(fc.tuple(anyValues, fc.nat(3), fc.nat(spreads.length - 1))),
        async ({ bag, flat }) => {
          const expected = flat.flatMap((item) => [...spread(item)]);
          expect(await bag.flatMap(spread).compute({ executor })).toStrictEqual(expected);
          expect(await bag.map(spread).flatten().compute({ executor })).toStrictEqual(expected);
          expect(await bag.flatMap(spreadLate).compute({ executor })).toStrictEqual(expected);
        },
      ),
      runs,
    );
  });

  it("pluck takes a property, an index, several of them, and a default", async () => {
    const row = fc.record(
      { a: anyValues, b: fc.tuple(anyValues, oddNumbers) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(bags(row), async ({ bag, flat }) => {
        expect(await bag.pluck("a").compute({ executor })).toStrictEqual(flat.map(({ a }) => a));
        expect(await bag.pluck(["b", "a"]).compute({ executor })).toStrictEqual(
          flat.map(({ a, b }) => [b, a]),
        );
        expect(await bag.pluck("a", "none").compute({ executor })).toStrictEqual(
          flat.map(({ a }) => (a === undefined ? "none" : a)),
        );
        expect(await bag.pluck("b", [0, 0]).pluck(1).compute({ executor })).toStrictEqual(
          flat.map(({ b }) => (b ?? [0, 0])[1]),
        );
        expect(await bag.pluck(["a", "b"], 0).compute({ executor })).toStrictEqual(
          flat.map(({ a, b }) => [a === undefined ? 0 : a, b ?? 0]),
        );
      }),
      runs,
    );
  });

  it("starmap spreads tuples", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.tuple(anyValues, oddNumbers)), async ({ bag, flat }) => {
        expect(await bag.starmap(named).compute({ executor })).toStrictEqual(
          flat.map(([a, b]) => named(a, b)),
        );
      }),
      runs,
    );
  });

  it("a sample is the same for a seed, in order, and all or nothing at 1 and 0", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.nat()), fc.integer(), async ({ bag, flat }, seed) => {
        const numbered = bag.accumulate(next, [-1, 0]);
        const some = await numbered.randomSample(0.5, seed).compute({ executor });
        expect(await numbered.randomSample(0.5, seed).compute({ executor })).toStrictEqual(some);
        // Async operations around it change nothing.
        const late = numbered.map(later).randomSample(0.5, seed);
        expect(await late.map(later).compute({ executor })).toStrictEqual(some);
        const places = some.map(([i]) => i);
        expect(places).toStrictEqual([...new Set(places)].toSorted((a, b) => a - b));
        expect(await bag.randomSample(1, seed).compute({ executor })).toStrictEqual([...flat]);
        expect(await bag.randomSample(0, seed).compute({ executor })).toStrictEqual([]);
      }),
      runs,
    );
  });

  it("every whole number is a seed of its own", async () => {
    const seeds = [0, 1, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 33, -(2 ** 32), Number.MAX_SAFE_INTEGER];
    const samples = await Promise.all(
      seeds.map((seed) => Bag.range(64).randomSample(0.5, seed).compute({ executor })),
    );
    expect(new Set(samples.map(String)).size).toBe(seeds.length);
  });

  it("partitions of one bag are sampled each in its own way", async () => {
    const bag = Bag.range(200, { npartitions: 2 }).randomSample(0.5, 1);
    const [one = [], two = []] = await partitionsOf(bag, executor);
    expect(two.map((n) => n - 100)).not.toStrictEqual(one);
  });

  it("a sample has about the share asked for, whatever the seed and the partitions", async () => {
    for (const [seed, npartitions] of [
      [0, 1],
      [1, 50],
      [-7, 1000],
      [2 ** 40, 10],
    ] as const) {
      const bag = Bag.range(20_000, { npartitions }).randomSample(0.3, seed);
      const share = (await bag.count().compute({ executor })) / 20_000;
      // Four standard deviations of a binomial with 20,000 draws.
      expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / 20_000));
    }
  });
});
