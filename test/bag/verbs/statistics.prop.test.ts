import { Bag } from "@millrace/bag";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyValues, bagOf, bags, oddNumbers } from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";

const runs = { numRuns: 8 };
const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const isOdd = (n: number): boolean => n % 2 === 1;
const lateIsOdd = async (n: number): Promise<boolean> => n % 2 === 1;

describe.each(executors)("on %s", (executor) => {
  it("count, sum, min and max are those of arrays", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.integer()), async ({ bag, flat }) => {
        expect(await bag.count().compute({ executor })).toBe(flat.length);
        expect(await bag.sum().compute({ executor })).toBe(flat.reduce((a, b) => a + b, 0));
        const [min, max] = await Promise.allSettled([
          bag.min().compute({ executor }),
          bag.max().compute({ executor }),
        ]);
        if (flat.length === 0) {
          expect(min).toMatchObject({ reason: { code: "bag/empty-reduction" } });
          expect(max).toMatchObject({ reason: { code: "bag/empty-reduction" } });
        } else {
          expect(min).toMatchObject({ value: Math.min(...flat) });
          expect(max).toMatchObject({ value: Math.max(...flat) });
        }
      }),
      runs,
    );
  });

  it("NaN and infinities go through sum, min, max and mean as they do through arrays", async () => {
    await fc.assert(
      fc.asyncProperty(bags(oddNumbers), async ({ bag, flat }) => {
        const total = flat.reduce((a, b) => a + b, 0);
        const sum = await bag.sum().compute({ executor });
        expect(Number.isFinite(sum)).toBe(Number.isFinite(total));
        if (flat.some((n) => Number.isNaN(n))) {
          expect(sum).toBe(NaN);
          expect(await bag.mean().compute({ executor })).toBe(NaN);
          expect(await bag.min().compute({ executor })).toBe(NaN);
          expect(await bag.max().compute({ executor })).toBe(NaN);
        } else if (flat.length > 0) {
          expect((await bag.min().compute({ executor })) + 0).toBe(Math.min(...flat) + 0);
          expect((await bag.max().compute({ executor })) + 0).toBe(Math.max(...flat) + 0);
        }
      }),
      runs,
    );
  });

  it("min and max of values of every kind do not depend on the partitions", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), async ({ bag, flat }) => {
        fc.pre(flat.length > 0);
        const whole = Bag.from(flat, { npartitions: 1 });
        for (const want of ["min", "max"] as const) {
          expect(await bag[want]().compute({ executor })).toStrictEqual(
            await whole[want]().compute({ executor }),
          );
        }
      }),
      runs,
    );
  });

  it("bigints are summed exactly, beside empty partitions too", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.bigInt()), async ({ bag, flat }) => {
        const expected = flat.length === 0 ? 0 : flat.reduce((a, b) => a + b, 0n);
        expect(await bag.sum().compute({ executor })).toBe(expected);
        if (flat.length === 0) return;
        const min = flat.reduce((a, b) => (b < a ? b : a));
        expect(await bag.min().compute({ executor })).toBe(min);
      }),
      runs,
    );
  });

  it("mean, variance and std agree with two passes over an array", async () => {
    await fc.assert(
      fc.asyncProperty(bags(finite), fc.nat(2), async ({ bag, flat }, ddof) => {
        const n = flat.length;
        const mean = flat.reduce((a, b) => a + b, 0) / n;
        const squares = flat.reduce((a, b) => a + (b - mean) ** 2, 0);
        const variance = n > ddof ? squares / (n - ddof) : NaN;
        close(await bag.mean().compute({ executor }), mean, 1e6);
        close(await bag.variance(ddof).compute({ executor }), variance, 1e12);
        close((await bag.std(ddof).compute({ executor })) ** 2, variance, 1e12);
      }),
      runs,
    );
  });

  it("the mean of whole numbers is rounded once, and no digits are lost to an offset", async () => {
    expect(await Bag.range(100).mean().compute({ executor })).toBe(49.5);
    const far = bagOf([[1e15, 1e15 + 1], [], [1e15 + 2, 1e15 + 3], [1e15 + 4]]);
    expect(await far.mean().compute({ executor })).toBe(1e15 + 2);
    expect(await far.variance().compute({ executor })).toBe(2);
    expect(await far.variance(1).compute({ executor })).toBe(2.5);
    const waste = bagOf([[1e100, 1], [-1e100], []]);
    expect(await waste.mean().compute({ executor })).toBe(1 / 3);
  });

  it("nothing has the sum 0 and a mean, variance and std that are no number", async () => {
    const nothing = bagOf<number>([[], [], []]);
    expect(await nothing.sum().compute({ executor })).toBe(0);
    expect(
      await bagOf([[-0]])
        .sum()
        .compute({ executor }),
    ).toBe(0);
    expect(await nothing.mean().compute({ executor })).toBe(NaN);
    expect(await nothing.variance().compute({ executor })).toBe(NaN);
    expect(await nothing.std(1).compute({ executor })).toBe(NaN);
    expect(
      await bagOf([[], [3]])
        .variance(1)
        .compute({ executor }),
    ).toBe(NaN);
  });

  it("any and all are some and every", async () => {
    await fc.assert(
      fc.asyncProperty(bags(fc.nat(3)), async ({ bag, flat }) => {
        for (const test of [isOdd, lateIsOdd]) {
          expect(await bag.any(test).compute({ executor })).toBe(flat.some(isOdd));
          expect(await bag.all(test).compute({ executor })).toBe(flat.every(isOdd));
        }
        expect(await bag.any().compute({ executor })).toBe(flat.some(Boolean));
        expect(await bag.all().compute({ executor })).toBe(flat.every(Boolean));
      }),
      runs,
    );
  });
});

it("any and all ask no further in a partition once it is decided", async () => {
  const asked: number[] = [];
  const isFive = (n: number): boolean => {
    asked.push(n);
    return n === 5;
  };
  const bag = Bag.range(10, { npartitions: 1 });
  expect(await bag.any(isFive).compute({ executor: "inline" })).toBe(true);
  expect(asked).toStrictEqual([0, 1, 2, 3, 4, 5]);
  asked.length = 0;
  expect(await bag.all((n) => !isFive(n)).compute({ executor: "inline" })).toBe(false);
  expect(asked).toStrictEqual([0, 1, 2, 3, 4, 5]);
});

/** Equal, to within rounding of terms as large as `scale`. */
function close(actual: number, expected: number, scale: number): void {
  if (Number.isNaN(expected)) expect(actual).toBe(NaN);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(scale * 1e-12);
}
