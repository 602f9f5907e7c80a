import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Bag, BagError, readText } from "@millrace/bag";
import { describe, expect, it } from "vitest";

import { scratchFolder } from "../lib/scratch-folder.ts";

const executor = "inline";
const ten = Bag.range(10, { npartitions: 10 });
const late = async <T>(value: T): Promise<T> => value;
/** Seven in one partition of ten. */
const odd = <T>(value: T): Bag<T | number> => ten.map((n) => (n === 7 ? value : n));

const numbers = ten as Bag<unknown> as Bag<[number]>;

/** What a call rejects with. */
async function failure(call: () => Promise<unknown>): Promise<unknown> {
  return call().then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );
}

function fail(error: unknown): never {
  throw error;
}

describe("an error of user code is the cause of a TaskError, whatever its code", () => {
  const reasons = [
    Object.assign(new Error("mine"), { code: "bag/mine" }),
    Object.assign(new Error("mine"), { code: "storage/not-found" }),
    new BagError("bag/not-json", "mine"),
    Object.assign(new Error("mine"), { code: "graph/cancelled" }),
  ];
  const verbs: Record<string, (bag: Bag<number>, f: () => never) => Promise<unknown>> = {
    map: (bag, f) => bag.map(f).compute({ executor }),
    filter: (bag, f) => bag.filter(f).compute({ executor }),
    flatMap: (bag, f) => bag.flatMap(f).compute({ executor }),
    starmap: (bag, f) =>
      bag
        .map((n): [number] => [n])
        .starmap((_n) => f())
        .compute({ executor }),
    mapPartitions: (bag, f) => bag.mapPartitions(f).compute({ executor }),
    fold: (bag, f) => bag.fold(f).compute({ executor }),
    combine: (bag, f) => bag.fold((a, b) => a + b, { combine: f }).compute({ executor }),
    reduction: (bag, f) => bag.reduction(() => 1, f).compute({ executor }),
    groupBy: (bag, f) => bag.groupBy(f).compute({ executor }),
    take: (bag, f) => bag.map(f).take(1, { executor }),
    iteration: (bag, f) => bag.map(f).iterate({ executor }).next(),
    measuring: (bag, f) => bag.map(f).repartitionBySize(10, { executor }),
    writing: (bag, f) => bag.map(f).toJsonLines(join(tmpdir(), "never-*"), { executor }),
  };
  it.each(Object.entries(verbs))("%s", async (_, verb) => {
    for (const reason of reasons) {
      for (const f of [
        () => fail(reason),
        (() => late(0).then(() => fail(reason))) as () => never,
      ]) {
        const error = await failure(() => verb(Bag.range(4, { npartitions: 2 }), f));
        expect(error).toMatchObject({ code: "graph/task-failed", attempts: 1 });
        expect((error as Error).cause).toBe(reason);
        expect(reason).not.toHaveProperty("key");
      }
    }
  });

  it("also where it is an error of Millrace that the code met", async () => {
    const causes = [
      await failure(() => ten.map(() => Bag.from(5 as never)).compute({ executor })),
      await failure(() => ten.map(() => Bag.from([]).min().compute()).compute({ executor })),
      await failure(() =>
        ten
          .map(() =>
            odd("a" as never)
              .sum()
              .compute(),
          )
          .compute({ executor }),
      ),
    ].map((error) => {
      expect(error).toMatchObject({ code: "graph/task-failed" });
      return (error as Error).cause;
    });
    expect(causes).toMatchObject([
      { code: "bag/not-iterable" },
      { code: "bag/empty-reduction" },
      { code: "bag/not-numeric", partition: 7 },
    ]);
    const own = { toJSON: () => fail(reasons[0]) };
    const error = await failure(() => Bag.from([own]).toJsonLines(join(tmpdir(), "never-*")));
    expect((error as Error).cause).toBe(reasons[0]);
  });
});

describe("what Millrace finds in a task keeps its code, and names the task", () => {
  type Case = readonly [
    string,
    () => Promise<unknown>,
    code: string,
    partition: number | undefined,
  ];
  const cases: readonly Case[] = [
    [
      "sum",
      () =>
        odd("a" as never)
          .sum()
          .compute({ executor }),
      "bag/not-numeric",
      7,
    ],
    [
      "late sum",
      () =>
        odd("a" as never)
          .map(late)
          .sum()
          .compute(),
      "bag/not-numeric",
      7,
    ],
    [
      "mean",
      () =>
        odd("a" as never)
          .mean()
          .compute({ executor }),
      "bag/not-numeric",
      7,
    ],
    [
      "pluck",
      () =>
        odd(null as never)
          .pluck("toFixed")
          .compute(),
      "bag/invalid-argument",
      7,
    ],
    [
      "key",
      () =>
        odd(null as never)
          .groupBy("toFixed")
          .compute(),
      "bag/invalid-argument",
      7,
    ],
    ["flatten", () => numbers.flatten().compute(), "bag/not-iterable", 0],
    [
      "flatMap",
      () => ten.flatMap((n) => (n === 7 ? n : []) as never).compute(),
      "bag/not-iterable",
      7,
    ],
    ["starmap", () => numbers.starmap((x) => x).compute(), "bag/not-iterable", 0],
    [
      "late starmap",
      () =>
        numbers
          .map(late)
          .starmap((x) => x)
          .compute(),
      "bag/not-iterable",
      0,
    ],
    [
      "two numbers",
      () => ten.zip(ten.filter((n) => n !== 7)).compute(),
      "bag/unequal-partitions",
      7,
    ],
    [
      "partition",
      () => ten.mapPartitions(() => 1 as never).compute(),
      "bag/not-iterable",
      undefined,
    ],
    ["nothing", () => Bag.from([]).max().compute(), "bag/empty-reduction", undefined],
    [
      "kinds",
      () =>
        Bag.from([1, 2n] as never[])
          .sum()
          .compute(),
      "bag/not-numeric",
      undefined,
    ],
    [
      "identity",
      () => ten.fold((a, b) => a + b, { initial: 1 }).compute(),
      "bag/not-identity",
      undefined,
    ],
    ["texts", () => odd(7).toTextFiles(join(tmpdir(), "never-*")), "bag/not-text", undefined],
  ];
  it.each(cases)("%s", async (_, call, code, partition) => {
    const error = await failure(call);
    expect(error).toMatchObject({ name: "BagError", code, key: expect.stringMatching(/\/\d+$/) });
    expect((error as BagError).partition).toBe(partition);
  });

  it("a file that is gone when it is read", async () => {
    const folder = scratchFolder();
    for (const name of ["a", "b"]) await writeFile(join(folder, name), name);
    const lines = readText(join(folder, "*"));
    await rm(join(folder, "b"));
    const error = await failure(() => lines.compute({ executor }));
    expect(error).toMatchObject({
      code: "storage/not-found",
      key: lines.outputKeys[1],
      partition: 1,
    });
    const written = await failure(() =>
      Bag.from(["x"]).toTextFiles(join(folder, "a", "*"), { executor }),
    );
    // Where files cannot be is found before anything runs.
    expect(written).toMatchObject({ code: "storage/not-found" });
    expect(written).not.toHaveProperty("key");
  });

  it("an element without a JSON text", async () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const item of [1n, circle, [2n], undefined, () => 1]) {
      const error = await failure(() => Bag.from([item]).toJsonLines(join(tmpdir(), "never-*")));
      expect(error).toMatchObject({ code: "bag/not-json", key: expect.stringMatching(/^write-/) });
    }
  });
});
