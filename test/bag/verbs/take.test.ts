import { Bag } from "@millrace/bag";
import { createInlineExecutor } from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anyValues, bags } from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";

describe.each(executors)("on %s", (executor) => {
  it("take gives the first k elements of all, or of the first partitions", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), fc.nat(60), fc.nat(), async (drawn, k, some) => {
        const { bag, flat, parts } = drawn;
        expect(await bag.take(k, { executor })).toStrictEqual(flat.slice(0, k));
        const npartitions = 1 + (some % parts.length);
        expect(await bag.take(k, { executor, npartitions })).toStrictEqual(
          parts.slice(0, npartitions).flat().slice(0, k),
        );
      }),
      { numRuns: 8 },
    );
  });

  it("iteration gives the elements in their order, with options or without", async () => {
    await fc.assert(
      fc.asyncProperty(bags(anyValues), async ({ bag, flat }) => {
        const seen: unknown[] = [];
        for await (const item of bag.iterate({ executor })) seen.push(item);
        expect(seen).toStrictEqual([...flat]);
        expect(await bag.iterate({ executor, optimize: false }).next()).toMatchObject({
          done: flat.length === 0,
        });
      }),
      { numRuns: 8 },
    );
    const seen: number[] = [];
    for await (const n of Bag.range(5, { npartitions: 2 })) seen.push(n);
    expect(seen).toStrictEqual([0, 1, 2, 3, 4]);
  });
});

/** A bag of a hundred elements, ten a partition, that notes which partitions were begun. */
function watched(): { bag: Bag<number>; begun: number[] } {
  const begun: number[] = [];
  const bag = Bag.range(100, { npartitions: 10 }).mapPartitions((items) => {
    const list = [...items];
    begun.push((list[0] as number) / 10);
    return list;
  });
  return { bag, begun };
}

it("take runs the partitions that it needs and no more", async () => {
  for (const [k, needed] of [
    [0, 0],
    [1, 1],
    [10, 1],
    [11, 2],
    [35, 4],
    [1000, 10],
  ] as const) {
    const { bag, begun } = watched();
    expect(await bag.take(k, { executor: "inline" })).toHaveLength(Math.min(k, 100));
    expect(begun).toStrictEqual(Array.from({ length: needed }, (_, i) => i));
  }
});

it("take plans no more partitions than it comes to look at, in growing groups", async () => {
  const base = createInlineExecutor();
  const asked: number[] = [];
  const executor: typeof base = {
    ...base,
    name: "counting",
    stream: (graph, keys, options) => {
      asked.push(keys.length);
      return base.stream(graph, keys, options);
    },
  };
  const bag = Bag.range(5000, { npartitions: 5000 }).filter((n) => n % 100 === 99);
  for (const [k, groups] of [
    [0, [256]],
    [1, [256]],
    [2, [256]],
    [3, [256, 2048]],
    [23, [256, 2048]],
    [24, [256, 2048, 2696]],
    [60, [256, 2048, 2696]],
  ] as const) {
    asked.length = 0;
    const wanted = Array.from({ length: Math.min(k, 50) }, (_, i) => i * 100 + 99);
    expect(await bag.take(k, { executor })).toStrictEqual(wanted);
    expect(asked).toStrictEqual(groups);
  }
  const many = Bag.range(10_000_000, { npartitions: 10_000_000 }).map((n) => n + 1);
  expect(await many.take(1)).toStrictEqual([1]);
});

it("take stops inside a partition once it has enough", async () => {
  let calls = 0;
  const bag = Bag.range(100, { npartitions: 1 }).map((n) => {
    calls++;
    return n;
  });
  expect(await bag.take(3)).toStrictEqual([0, 1, 2]);
  expect(calls).toBe(3);
});

it("iteration is at most two partitions ahead, and leaving it ends the run", async () => {
  const { bag, begun } = watched();
  let read = 0;
  for await (const n of bag.iterate({ executor: "inline" })) {
    expect(n).toBe(read);
    // Partitions that were read, the one being read, two ahead.
    expect(begun.length).toBeLessThanOrEqual(Math.floor(read / 10) + 1 + 2);
    read++;
    if (read === 45) break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun.length).toBeLessThanOrEqual(7);
});

it("an error of a partition comes after the elements before it", async () => {
  const bag = Bag.range(30, { npartitions: 3 }).map((n) => {
    if (n === 25) throw new RangeError("bad");
    return n;
  });
  const seen: number[] = [];
  const reading = (async () => {
    for await (const n of bag) seen.push(n);
  })();
  await expect(reading).rejects.toMatchObject({ cause: new RangeError("bad") });
  expect(seen).toStrictEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(await bag.take(12)).toHaveLength(12);
});

it("a signal ends take and iteration", async () => {
  const { bag, begun } = watched();
  const signal = AbortSignal.abort("enough");
  const cancelled = { code: "graph/cancelled", cause: "enough" };
  await expect(bag.take(5, { signal })).rejects.toMatchObject(cancelled);
  await expect(bag.iterate({ signal }).next()).rejects.toMatchObject(cancelled);
  expect(begun).toStrictEqual([]);
  const controller = new AbortController();
  const reading = bag.iterate({ signal: controller.signal });
  expect(await reading.next()).toStrictEqual({ done: false, value: 0 });
  controller.abort("later");
  const rest = (async () => {
    for await (const n of reading) expect(n).toBeGreaterThan(0);
  })();
  await expect(rest).rejects.toMatchObject({ code: "graph/cancelled", cause: "later" });
});

it("run options reach the executor", async () => {
  const base = createInlineExecutor();
  const seen: unknown[] = [];
  const executor: typeof base = {
    ...base,
    name: "watching",
    stream: (graph, keys, options) => {
      seen.push({ keys: keys.length, retries: options.retries });
      return base.stream(graph, keys, options);
    },
  };
  const bag = Bag.range(10, { npartitions: 5 });
  await bag.take(1, { executor, retries: 2, npartitions: 3 });
  await bag.iterate({ executor, retries: 1 }).next();
  expect(seen).toStrictEqual([
    { keys: 3, retries: 2 },
    { keys: 5, retries: 1 },
  ]);
});
