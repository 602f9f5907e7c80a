import { inspect } from "node:util";

import { Bag } from "@millrace/bag";
import { Delayed, compute } from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  anyValues,
  bagOf,
  bags,
  boundaries,
  partitions,
  partitionsOf,
} from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";

const runs = { numRuns: 8 };
const items = fc.array(anyValues, { maxLength: 40, size: "max" });
const counts = fc.integer({ min: 1, max: 60 });

/** The pieces of an array by the floor rule. */
function cut<T>(flat: readonly T[], parts: number): T[][] {
  const at = boundaries(flat.length, parts);
  return at.slice(1).map((end, i) => flat.slice(at[i], end));
}

describe.each(executors)("on %s", (executor) => {
  it("from cuts by the floor rule, or by a size, and changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(items, counts, async (list, n) => {
        const bag = Bag.from(list, { npartitions: n });
        expect(bag.npartitions).toBe(n);
        expect(await partitionsOf(bag, executor)).toStrictEqual(cut(list, n));
        const sized = await partitionsOf(Bag.from(list, { partitionSize: n }), executor);
        expect(sized.flat()).toStrictEqual(list);
        expect(sized.slice(0, -1).every((part) => part.length === n)).toBe(true);
        expect(sized.length).toBe(Math.max(1, Math.ceil(list.length / n)));
        expect(Bag.from(list).npartitions).toBe(Math.max(1, list.length));
      }),
      runs,
    );
  });

  it("range is the numbers, cut by the floor rule", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(200), counts, async (length, n) => {
        const numbers = Array.from({ length }, (_, i) => i);
        const bag = Bag.range(length, { npartitions: n });
        expect(await partitionsOf(bag, executor)).toStrictEqual(cut(numbers, n));
      }),
      runs,
    );
  });

  it("repartition from any n to any m below 60 gives exactly m, in order, by the floor rule", async () => {
    const numbers = Array.from({ length: 97 }, (_, i) => i);
    const targets = Array.from({ length: 59 }, (_, i) => i + 1);
    for (const n of targets) {
      const bag = Bag.range(97, { npartitions: n });
      const all = targets.map((npartitions) => bag.repartition({ npartitions }));
      expect(all.map(({ npartitions }) => npartitions)).toStrictEqual(targets);
      const parts = cut(numbers, n);
      expect(await compute(all.map(partitions), { executor, optimize: n % 2 === 0 })).toStrictEqual(
        targets.map((m) => repartitioned(parts, m)),
      );
    }
  });

  it("repartition keeps partitions of any lengths in order", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), counts, async ({ bag, parts }, m) => {
        expect(await partitionsOf(bag.repartition({ npartitions: m }), executor)).toStrictEqual(
          repartitioned(parts, m),
        );
      }),
      runs,
    );
  });

  it("repartitionBySize keeps the order, and a partition holds one element or fits", async () => {
    const texts = fc.string({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(bags(texts), fc.integer({ min: 1, max: 2000 }), async (drawn, size) => {
        const bag = await drawn.bag.repartitionBySize(size, { executor });
        const parts = await partitionsOf(bag, executor);
        expect(parts.flat()).toStrictEqual([...drawn.flat]);
        expect(parts.length).toBe(bag.npartitions);
        expect(bag.npartitions).toBeLessThanOrEqual(Math.max(1, drawn.flat.length));
        if (drawn.flat.length > 0) expect(parts.every(({ length }) => length > 0)).toBe(true);
      }),
      runs,
    );
  });

  it("repartitionBySize cuts what is large and packs what is small", async () => {
    const huge = await bagOf([["x".repeat(100_000), "y"]]).repartitionBySize(1000, { executor });
    expect(await partitionsOf(huge, executor)).toStrictEqual([["x".repeat(100_000)], ["y"]]);
    const empty = await bagOf<number>([[], []]).repartitionBySize("1KB", { executor });
    expect(await partitionsOf(empty, executor)).toStrictEqual([[]]);
    const tiny = await bagOf([[1, 2, 3, 4]]).repartitionBySize(1, { executor });
    expect(tiny.npartitions).toBe(4);
    const packed = await Bag.range(1000, { npartitions: 500 }).repartitionBySize("1MB");
    expect(packed.npartitions).toBe(1);
  });

  it("toDelayed and fromDelayed are inverse", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), async ({ bag, parts }) => {
        const delayed = bag.toDelayed();
        expect(await Promise.all(delayed.map((part) => part.compute({ executor })))).toStrictEqual(
          parts,
        );
        expect(await partitionsOf(Bag.fromDelayed(delayed), executor)).toStrictEqual(parts);
      }),
      runs,
    );
  });

  it("fromDelayed takes every kind of iterable and no parts at all", async () => {
    const part = (make: () => unknown): Delayed<Iterable<number>> =>
      Delayed.call(make, []) as Delayed<Iterable<number>>;
    const bag = Bag.fromDelayed([
      part(() => [1]),
      part(() => new Set([2, 3])),
      part(function* () {
        yield 4;
      }),
      part(async () => new Float64Array([5])),
      part(async function* () {
        yield 6;
      }),
      // oxlint-disable-next-line no-sparse-arrays -- holes are what this is about
      part(() => [, 7]),
    ]);
    expect(await partitionsOf(bag, executor)).toStrictEqual([
      [1],
      [2, 3],
      [4],
      [5],
      [6],
      [undefined, 7],
    ]);
    expect(await partitionsOf(Bag.fromDelayed([]), executor)).toStrictEqual([[]]);
  });

  it("concat is the partitions of all, also of the same bag twice and of none", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bags(anyValues), { maxLength: 4 }), async (drawn) => {
        const twice = [...drawn, ...drawn.slice(0, 1)];
        const bag = Bag.concat(twice.map((each) => each.bag));
        const expected = twice.flatMap(({ parts }) => parts);
        expect(await partitionsOf(bag, executor)).toStrictEqual(
          twice.length === 0 ? [[]] : expected,
        );
      }),
      runs,
    );
  });

  it("zip gives tuples where partitions are equally long", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), async ({ bag, flat }) => {
        const wrapped = bag.map((item) => ({ item }));
        const expected = flat.map((item) => [item, { item }, item]);
        expect(await bag.zip(wrapped, bag).compute({ executor })).toStrictEqual(expected);
        expect(await Bag.zip(bag, wrapped, bag).compute({ executor })).toStrictEqual(expected);
      }),
      runs,
    );
  });

  it("mapPartitions hands over a partition and takes any iterable", async () => {
    const double = async function* (part: Iterable<unknown>): AsyncGenerator<unknown> {
      for (const item of part) yield* [item, item];
    };
    await fc.assert(
      fc.asyncProperty(bags(anyValues), async ({ bag, parts }) => {
        const reversed = parts.map((part) => part.toReversed());
        for (const f of [
          (part: Iterable<unknown>) => [...part].reverse(),
          async (part: Iterable<unknown>) => [...part].reverse(),
          function* (part: Iterable<unknown>) {
            yield* [...part].reverse();
          },
        ]) {
          expect(await partitionsOf(bag.mapPartitions(f), executor)).toStrictEqual(reversed);
        }
        expect(await partitionsOf(bag.mapPartitions(double), executor)).toStrictEqual(
          parts.map((part) => part.flatMap((item) => [item, item])),
        );
      }),
      { numRuns: 10 },
    );
  });

  it("a text is its characters, as everywhere", async () => {
    const letters = bagOf([[1]]).mapPartitions(() => "a😀");
    expect(await letters.compute({ executor })).toStrictEqual(["a", "😀"]);
    const parts = Bag.fromDelayed([Delayed.call(() => "bc", [])]);
    expect(await parts.compute({ executor })).toStrictEqual(["b", "c"]);
    const pairs = bagOf([["ab"]]).flatMap((text) => [text]) as Bag<unknown> as Bag<
      [string, string]
    >;
    expect(await pairs.starmap((a, b) => b + a).compute({ executor })).toStrictEqual(["ba"]);
  });

  it("holes in what a callback gives are elements", async () => {
    const bag = bagOf([[1]]).mapPartitions(() => new Array<number>(3));
    expect(await bag.compute({ executor })).toStrictEqual([undefined, undefined, undefined]);
    const spread = bagOf([[1]]).flatMap(() => new Array<number>(2));
    expect(await spread.compute({ executor })).toStrictEqual([undefined, undefined]);
  });

  it("persist and optimize keep partitions and elements", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.nat()), async ({ bag, parts }) => {
        const mapped = bag.map(plusOne);
        const expected = parts.map((part) => part.map(plusOne));
        const held = await mapped.persist({ executor });
        expect(held).toBeInstanceOf(Bag);
        expect(held.npartitions).toBe(bag.npartitions);
        expect(await partitionsOf(held.map(plusOne), executor)).toStrictEqual(
          expected.map((part) => part.map(plusOne)),
        );
        expect(await partitionsOf(mapped.optimize(), executor)).toStrictEqual(expected);
      }),
      runs,
    );
  });
});

const plusOne = (n: number): number => n + 1;

/** The documented rule, written out. */
function repartitioned<T>(parts: readonly (readonly T[])[], m: number): T[][] {
  const n = parts.length;
  if (m <= n) {
    return Array.from({ length: m }, (_, i) =>
      parts.slice(Math.floor((i * n) / m), Math.floor(((i + 1) * n) / m)).flat(),
    );
  }
  return parts.flatMap((part, i) =>
    cut(part, Math.floor(((i + 1) * m) / n) - Math.floor((i * m) / n)),
  );
}

it("changing the array that compute gave does not change a persisted bag", async () => {
  const held = await Bag.from([1, 2], { npartitions: 1 }).persist({ executor: "inline" });
  (await held.compute()).push(3);
  expect(await held.compute()).toStrictEqual([1, 2]);
});

it("changing an array that a bag gave away does not change the bag", async () => {
  // oxlint-disable-next-line no-sparse-arrays -- a hole is an element
  const items: (number | undefined)[] = [3, 1, , 2];
  for (const bag of [Bag.from(items, { npartitions: 1 }), Bag.from(items, { npartitions: 2 })]) {
    const held = await bag.persist();
    for (const given of [bag, held]) {
      const parts = await compute(given.toDelayed());
      expect(parts.flat()).toStrictEqual([3, 1, undefined, 2]);
      for (const part of parts) part.reverse();
      const lengths = Bag.from([0]).map((_, all: unknown[]) => all.splice(1).length, given);
      expect(await lengths.compute()).toStrictEqual([3]);
      const taken = Delayed.call((all: unknown[]) => all.splice(0).length, [given]);
      expect(await taken.compute()).toBe(4);
      expect(await given.compute()).toStrictEqual([3, 1, undefined, 2]);
    }
  }
});

it("the console shows how many partitions, and of which layer", () => {
  const bag = Bag.range(4, { npartitions: 2 }).map(plusOne);
  expect(inspect(bag)).toMatch(/^Bag \[2 partitions of map-[0-9a-f]+\] \{\}$/);
});

it("visualize draws the partitions", () => {
  const bag = Bag.range(4, { npartitions: 2 }).map(plusOne);
  const dot = bag.visualize({ format: "dot" });
  expect(dot.match(/map-/g)?.length).toBeGreaterThanOrEqual(2);
  expect(bag.visualize({ optimized: true, format: "svg" })).toContain("<svg");
});
