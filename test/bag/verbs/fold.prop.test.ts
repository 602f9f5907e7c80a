import { Bag } from "@millrace/bag";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyValues, bagOf, bags, groupsOf, oddNumbers } from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";

const runs = { numRuns: 8 };
const ways = fc.record({ splitEvery: fc.integer({ min: 2, max: 9 }), late: fc.boolean() });

const join = (a: string, b: string): string => `(${a}${b})`;
const append = (list: unknown[], item: unknown): unknown[] => {
  list.push(item);
  return list;
};
const concat = (a: unknown[], b: unknown[]): unknown[] => a.concat(b);
const last = (_: unknown, b: unknown): unknown => b;
const kind = (item: unknown): string => typeof item;
const self = (item: unknown): unknown => item;
const first = ([key]: readonly [unknown, unknown]): unknown => key;

const lateAppend = async (list: unknown[], item: unknown): Promise<unknown[]> => append(list, item);
const lateConcat = async (a: unknown[], b: unknown[]): Promise<unknown[]> => concat(a, b);
const lateKind = async (item: unknown): Promise<string> => kind(item);

/** An associative operation whose answer tells the order of its operands. */
const joinWords = (a: string, b: string): string => (a === "" ? b : b === "" ? a : `${a} ${b}`);

describe.each(executors)("on %s", (executor) => {
  it("fold is the reduce of an array, however it was cut, sync or async", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), ways, async ({ bag, flat }, { splitEvery, late }) => {
        const folded = bag.fold(late ? lateAppend : append, {
          initial: [] as unknown[],
          combine: late ? lateConcat : concat,
          splitEvery,
        });
        expect(await folded.compute({ executor })).toStrictEqual([...flat]);
      }),
      runs,
    );
  });

  it("fold without an initial value starts at the first element of all", async () => {
    const words = bags(fc.string({ maxLength: 2 }).map((text) => `w${text}`));
    await fc.assert(
      fc.asyncProperty(words, ways, async ({ bag, flat }, { splitEvery }) => {
        const folded = bag.fold(joinWords, { splitEvery }).compute({ executor });
        if (flat.length === 0) {
          await expect(folded).rejects.toMatchObject({ code: "bag/empty-reduction" });
        } else expect(await folded).toBe(flat.reduce(joinWords));
      }),
      runs,
    );
  });

  it("an initial value adds nothing for partitions without elements", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.nat()), async ({ bag, flat }) => {
        // Null is an identity on the left alone.
        const folded = bag.fold(last, { initial: null, combine: last }).compute({ executor });
        expect(await folded).toBe(flat.at(-1) ?? null);
      }),
      runs,
    );
  });

  it("an initial value that is no identity is an error, whatever the partitions", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.integer({ min: -9, max: 9 })), async ({ bag }) => {
        const folded = bag.fold((a, b) => a + b, { initial: 1 }).compute({ executor });
        await expect(folded).rejects.toMatchObject({ code: "bag/not-identity" });
      }),
      runs,
    );
  });

  it("every start gets a copy of the initial value, and it stays as it was", async () => {
    const initial = { seen: [] as unknown[] };
    const bag = bagOf([[1, 2], [], [3]]);
    const folded = bag.fold(
      (acc, item) => {
        acc.seen.push(item);
        return acc;
      },
      { initial, combine: (a, b) => ({ seen: [...a.seen, ...b.seen] }) },
    );
    expect(await folded.compute({ executor })).toStrictEqual({ seen: [1, 2, 3] });
    expect(await folded.compute({ executor })).toStrictEqual({ seen: [1, 2, 3] });
    expect(initial).toStrictEqual({ seen: [] });
  });

  it("foldBy folds the elements of each key in order, keys as first seen", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), ways, async ({ bag, flat }, { splitEvery, late }) => {
        const options = { initial: [] as unknown[], combine: concat, splitEvery };
        const folded = late
          ? bag.foldBy(lateKind, lateAppend, { ...options, combine: lateConcat })
          : bag.foldBy(kind, append, options);
        expect(folded.npartitions).toBe(1);
        expect(await folded.compute({ executor })).toStrictEqual(
          groupsOf(flat, kind).map(({ key, items }) => [key, items]),
        );
      }),
      runs,
    );
  });

  it("foldBy takes a property, and without an initial value starts at an element", async () => {
    const rows = fc.record({ key: anyValues, text: fc.constantFrom<string[]>("a", "b", "c") });
    await fc.assert(
      fc.asyncProperty(bags(rows), ways, async ({ bag, flat }, { splitEvery }) => {
        const longest = (
          a: { key: unknown; text: string },
          b: { key: unknown; text: string },
        ): { key: unknown; text: string } => ({ key: a.key, text: a.text + b.text });
        const folded = await bag.foldBy("key", longest, { splitEvery }).compute({ executor });
        expect(folded.map(([, row]) => row.text)).toStrictEqual(
          groupsOf(flat, ({ key }) => key).map(({ items }) =>
            items.map(({ text }) => text).join(""),
          ),
        );
      }),
      runs,
    );
  });

  it("foldBy refuses an initial value that is no identity", async () => {
    const folded = bagOf<number>([[], [1, 2]]).foldBy(kind, (a, b) => a + b, { initial: 5 });
    await expect(folded.compute({ executor })).rejects.toMatchObject({ code: "bag/not-identity" });
  });

  it("accumulate gives every intermediate value, the initial one first when there is one", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.string({ maxLength: 2 })), async ({ bag, flat }) => {
        const all = (start: string[]): string[] =>
          flat
            .slice(start.length === 0 ? 1 : 0)
            .reduce(
              (acc, item) => [...acc, join(acc.at(-1) as string, item)],
              start.length === 0 ? flat.slice(0, 1) : start,
            );
        expect(await bag.accumulate(join).compute({ executor })).toStrictEqual(all([]));
        expect(await bag.accumulate(join, "-").compute({ executor })).toStrictEqual(all(["-"]));
        const late = bag.accumulate(async (acc: string, item) => join(acc, item), "-");
        expect(await late.compute({ executor })).toStrictEqual(all(["-"]));
        expect(late.npartitions).toBe(bag.npartitions);
      }),
      runs,
    );
  });

  it("reduction makes a part of each partition and joins the parts in a tree", async () => {
    await fc.assert(
      fc.asyncProperty(bags(oddNumbers), ways, async ({ bag, flat }, { splitEvery, late }) => {
        const items = (part: Iterable<number>): number[] => [...part];
        const reduced = late
          ? bag.reduction(
              async (part) => items(part),
              async (parts) => parts.flat(),
              { splitEvery },
            )
          : bag.reduction(items, (parts) => parts.flat(), { splitEvery });
        expect(await reduced.compute({ executor })).toStrictEqual([...flat]);
      }),
      runs,
    );
  });

  it("a tree never joins more parts at once than it was told", async () => {
    const sizes: number[] = [];
    const bag = Bag.range(100, { npartitions: 100 });
    const widths = bag.reduction(
      () => 1,
      (parts) => {
        sizes.push(parts.length);
        return parts.reduce((a, b) => a + b, 0);
      },
      { splitEvery: 3 },
    );
    expect(await widths.compute({ executor: "inline" })).toBe(100);
    expect(Math.max(...sizes)).toBe(3);
  });

  it("keys that are equal by structure are one key", async () => {
    const pairs = bagOf([[[[0], 1]], [[[-0], 2]], [[{ a: NaN }, 3]], [[{ a: NaN }, 4]]] as [
      unknown,
      number,
    ][][]);
    const folded = pairs.foldBy(first, (acc: number, [, n]) => acc + n, {
      initial: 0,
      combine: (a, b) => a + b,
    });
    expect(await folded.compute({ executor })).toStrictEqual([
      [[0], 3],
      [{ a: NaN }, 7],
    ]);
    expect(await pairs.map(first).distinct(self).count().compute({ executor })).toBe(2);
  });
});
