import { setTimeout as sleep } from "node:timers/promises";
import { Bag } from "@millrace/bag";
import { expect, it } from "vitest";
import { gate } from "../lib/gate.ts";

// What is counted here is seen by callbacks of this thread only.
const executor = "inline";

/** Bags whose callbacks take a moment each: `tick` is called before every one of them. */
const slow: Readonly<Record<string, (tick: () => Promise<void>) => Bag<unknown>>> = {
  map: (tick) => Bag.range(500, { npartitions: 2 }).map(async (x) => tick().then(() => x)),
  "map, then map": (tick) =>
    Bag.range(500, { npartitions: 1 })
      .map(async (x) => sleep(1).then(() => x))
      .map(async (x) => tick().then(() => x)),
  "flatMap of an async generator": (tick) =>
    Bag.range(2, { npartitions: 2 }).flatMap(async function* (x) {
      for (let i = 0; i < 500; i++) yield tick().then(() => x);
    }),
  foldBy: (tick) =>
    Bag.range(500, { npartitions: 2 }).foldBy(
      (x) => x % 3,
      async (acc: number, x) => tick().then(() => acc + x),
    ),
  "combine of foldBy": (tick) =>
    Bag.range(500, { npartitions: 250 }).foldBy(
      () => 0,
      (acc: number, x) => acc + x,
      { combine: async (a: number, b: number) => tick().then(() => a + b), splitEvery: 250 },
    ),
  accumulate: (tick) =>
    Bag.range(500, { npartitions: 2 }).accumulate(async (acc, x) => tick().then(() => acc + x)),
  mapPartitions: (tick) =>
    Bag.range(1000, { npartitions: 2 }).mapPartitions(async () =>
      (async function* () {
        for (let i = 0; i < 500; i++) yield tick().then(() => i);
      })(),
    ),
};

/** How many ticks there have been, and a promise of the tenth. */
function ticker(): { tick: () => Promise<void>; count: () => number; tenth: Promise<void> } {
  const tenth = gate();
  let count = 0;
  const tick = async (): Promise<void> => {
    if (++count === 10) tenth.resolve();
    await sleep(1);
  };
  return { tick, count: () => count, tenth: tenth.promise };
}

/** Callbacks that were begun, or about to be, may run to their end: 16 of each partition. */
const begunMax = 2 * 16;

for (const [name, make] of Object.entries(slow)) {
  it(`a run that was cancelled calls nothing more: ${name}`, async () => {
    const { tick, count, tenth } = ticker();
    const stop = new AbortController();
    const run = make(tick).compute({ executor, signal: stop.signal });
    run.catch(() => undefined);
    await tenth;
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: "graph/cancelled" });
    const calls = count();
    await sleep(60);
    expect(count() - calls).toBeLessThanOrEqual(begunMax);
  });
}

it("a run that failed calls nothing more", async () => {
  const { tick, count } = ticker();
  const run = Bag.range(1000, { npartitions: 2 }).map(async (x) => {
    await tick();
    if (x === 20) throw new Error("x");
    return x;
  });
  await expect(run.compute({ executor })).rejects.toMatchObject({ code: "graph/task-failed" });
  const calls = count();
  await sleep(60);
  expect(count() - calls).toBeLessThanOrEqual(begunMax);
});

it("a reader that leaves ends what runs ahead", async () => {
  const { tick, count } = ticker();
  const ahead = Bag.range(1500, { npartitions: 3 }).map(async (x) => {
    if (x >= 500) await tick();
    return x;
  });
  for await (const x of ahead.iterate({ executor })) if (x === 0) break;
  const calls = count();
  await sleep(60);
  expect(count() - calls).toBeLessThanOrEqual(begunMax);
});
