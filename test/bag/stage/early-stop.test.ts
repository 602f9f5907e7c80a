import { Bag } from "@millrace/bag";
import { describe, expect, it } from "vitest";

const executor = "inline";

/** Endless elements that note when they are asked for and when they are told to stop. */
function endless(log: string[]): (n: number) => Generator<number> {
  return function* (n) {
    try {
      for (let i = 0; ; i++) {
        log.push(`${n}:${i}`);
        yield i;
      }
    } finally {
      log.push(`${n} closed`);
    }
  };
}

function endlessLate(log: string[]): (n: number) => AsyncGenerator<number> {
  return async function* (n) {
    yield* endless(log)(n);
  };
}

const late = async (n: number): Promise<number> => n;

describe("generators are asked for what is needed and closed", () => {
  it("when enough was taken", async () => {
    const log: string[] = [];
    const bag = Bag.from([7], { npartitions: 1 }).flatMap(endless(log));
    expect(await bag.take(2, { executor })).toStrictEqual([0, 1]);
    expect(log).toStrictEqual(["7:0", "7:1", "7 closed"]);
  });

  it("when an answer is known, the innermost first", async () => {
    const log: string[] = [];
    const bag = Bag.from([1], { npartitions: 1 })
      .flatMap(endless(log))
      .flatMap((i) => endless(log)(10 + i));
    expect(await bag.any((i) => i === 1).compute({ executor })).toBe(true);
    expect(log).toStrictEqual(["1:0", "10:0", "10:1", "10 closed", "1 closed"]);
  });

  it("when a callback behind them throws", async () => {
    const log: string[] = [];
    const bag = Bag.from([1], { npartitions: 1 })
      .flatMap(endless(log))
      .map((i) => {
        if (i === 1) throw new RangeError("no more");
      });
    await expect(bag.compute({ executor })).rejects.toMatchObject({
      cause: new RangeError("no more"),
    });
    expect(log).toStrictEqual(["1:0", "1:1", "1 closed"]);
  });

  it("when a callback behind them is async, and enough was taken", async () => {
    const log: string[] = [];
    const bag = Bag.from([1, 2], { npartitions: 1 }).flatMap(endless(log)).map(late);
    expect(await bag.take(3, { executor })).toStrictEqual([0, 1, 2]);
    expect(log.at(-1)).toBe("1 closed");
    expect(log.filter((line) => line.startsWith("2"))).toStrictEqual([]);
  });

  it("when an async callback gave them, however the reader leaves", async () => {
    const files = Bag.from(["a"], { npartitions: 1 });
    const readers: ((bag: Bag<number>) => Promise<unknown>)[] = [
      (bag) => bag.take(3, { executor }),
      (bag) => bag.take(40, { executor }),
      (bag) => bag.any((i) => i === 30).compute({ executor }),
      (bag) => bag.map(late).take(30, { executor }),
      (bag) =>
        bag
          .fold((_, i) => {
            if (i === 30) throw new RangeError("no more");
            return i;
          })
          .compute({ executor })
          .catch(() => undefined),
    ];
    for (const read of readers) {
      const log: string[] = [];
      await read(files.flatMap(async () => endless(log)(7)));
      expect(log.filter((line) => line === "7 closed")).toHaveLength(1);
      expect(log.at(-1)).toBe("7 closed");
    }
  });

  it("when they are reached late themselves", async () => {
    const log: string[] = [];
    const bag = Bag.from([1, 2], { npartitions: 1 }).map(late).flatMap(endless(log));
    expect(await bag.take(40, { executor })).toHaveLength(40);
    expect(log).toContain("1 closed");
    const started = log.some((line) => line.startsWith("2:"));
    expect(log.includes("2 closed")).toBe(started);
  });

  it("when they are async", async () => {
    const log: string[] = [];
    const bag = Bag.from([1, 2], { npartitions: 1 }).flatMap(endlessLate(log));
    expect(await bag.take(3, { executor })).toStrictEqual([0, 1, 2]);
    // The generator may be asked for what is ahead; it is closed when it has answered.
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.at(-1)).toBe("1 closed");
  });

  it("when a late callback rejects", async () => {
    const log: string[] = [];
    const bag = Bag.from([1], { npartitions: 1 })
      .flatMap(endless(log))
      .map(async (i) => {
        if (i === 5) throw new RangeError("no more");
        return i;
      });
    await expect(bag.compute({ executor })).rejects.toMatchObject({
      cause: new RangeError("no more"),
    });
    expect(log.at(-1)).toBe("1 closed");
  });
});

it("a generator that fails by itself is not closed again, and fails after what it gave", async () => {
  const failing = function* (): Generator<number> {
    yield 1;
    throw new RangeError("broken");
  };
  const bag = Bag.from([0], { npartitions: 1 }).flatMap(failing);
  expect(await bag.take(1, { executor })).toStrictEqual([1]);
  expect(await bag.map(late).take(1, { executor })).toStrictEqual([1]);
  await expect(bag.map(late).compute({ executor })).rejects.toMatchObject({
    cause: new RangeError("broken"),
  });
});

it("a failure comes after the elements before it, also of those that are walked ahead", async () => {
  const failing = function* (n: number): Generator<number> {
    yield n;
    if (n === 2) throw new RangeError("broken");
  };
  const bag = Bag.from([1, 2, 3], { npartitions: 1 }).map(late).flatMap(failing).map(late);
  expect(await bag.take(2, { executor })).toStrictEqual([1, 2]);
  await expect(bag.take(3, { executor })).rejects.toMatchObject({
    cause: new RangeError("broken"),
  });
});

it("a failure while cleaning up does not hide the failure before it", async () => {
  const failing = function* (): Generator<number> {
    try {
      yield 1;
      yield 2;
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- what is tested
      throw new RangeError("while cleaning up");
    }
  };
  const thrower = (): never => {
    throw new TypeError("first");
  };
  const rejecter = async (): Promise<never> => thrower();
  const bag = Bag.from([0], { npartitions: 1 }).flatMap(failing);
  for (const f of [thrower, rejecter]) {
    await expect(bag.map(f).compute({ executor })).rejects.toMatchObject({
      cause: new TypeError("first"),
    });
  }
  for (const f of [thrower, rejecter]) {
    await expect(bag.fold(f).compute({ executor })).rejects.toMatchObject({
      cause: new TypeError("first"),
    });
  }
  await expect(bag.take(1, { executor })).rejects.toMatchObject({
    cause: new RangeError("while cleaning up"),
  });
});
