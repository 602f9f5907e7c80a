import { Bag } from "@millrace/bag";
import { compute } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const executor = "inline";
const push = (list: number[], x: number): number[] => {
  list.push(x);
  return list;
};
const pushAll = (a: number[], b: number[]): number[] => {
  a.push(...b);
  return a;
};
const onto = { initial: [] as number[], combine: pushAll };
const four = Bag.from([1, 2, 3, 4], { npartitions: 4 });
const isOdd = (x: number): number => x % 2;

/** Calls a function, and after it fails for the n-th call. */
function failingAt<A extends unknown[], R>(n: number, f: (...args: A) => R): (...args: A) => R {
  let calls = 0;
  return (...args) => {
    const result = f(...args);
    if (++calls === n) throw new RangeError("once");
    return result;
  };
}

describe("a combine that changes what it is given changes nothing that is kept", () => {
  it("when two reductions share their parts", async () => {
    const folds = [four.fold(push, { ...onto, splitEvery: 2 }), four.fold(push, onto)];
    expect(await compute(folds)).toStrictEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    const groups = [
      four.foldBy(isOdd, push, { ...onto, splitEvery: 2 }),
      four.foldBy(isOdd, push, onto),
    ];
    const wanted = [
      [1, [1, 3]],
      [0, [2, 4]],
    ];
    expect(await compute(groups)).toStrictEqual([wanted, wanted]);
    const list = (items: Iterable<number>): number[] => [...items];
    const join = (parts: number[][]): number[] => parts.reduce(pushAll);
    const both = [four.reduction(list, join, { splitEvery: 2 }), four.reduction(list, join)];
    expect(await compute(both)).toStrictEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
  });

  it("when a task is tried again", async () => {
    const options = { executor, retries: 1 } as const;
    for (let n = 1; n <= 4; n++) {
      const combine = failingAt(n, pushAll);
      const folded = four.fold(push, { initial: [] as number[], combine, splitEvery: 2 });
      expect(await folded.compute(options)).toStrictEqual([1, 2, 3, 4]);
      const grouped = four.foldBy(isOdd, push, {
        initial: [] as number[],
        combine: failingAt(n, pushAll),
      });
      expect(await grouped.compute(options).catch(() => grouped.compute(options))).toStrictEqual([
        [1, [1, 3]],
        [0, [2, 4]],
      ]);
    }
    const parts = four.reduction(
      (items) => [...items],
      failingAt(2, (lists: number[][]) => lists.reduce(pushAll)),
      { splitEvery: 2 },
    );
    expect(await parts.compute(options)).toStrictEqual([1, 2, 3, 4]);
  });

  it("when a combine hands on pieces of both of its arguments", async () => {
    type Groups = Record<string, number[]>;
    const add = (groups: Groups, x: number): Groups => {
      (groups[`k${x % 3}`] ??= []).push(x);
      return groups;
    };
    const join = (a: Groups, b: Groups): Groups => {
      for (const [name, list] of Object.entries(b)) {
        if (a[name] === undefined) a[name] = list;
        else a[name].push(...list);
      }
      return a;
    };
    const bag = Bag.range(12, { npartitions: 6 });
    const fold = (splitEvery: number): ReturnType<typeof bag.fold<Groups>> =>
      bag.fold(add, { initial: {}, combine: join, splitEvery });
    const wanted = { k0: [0, 3, 6, 9], k1: [1, 4, 7, 10], k2: [2, 5, 8, 11] };
    expect(await compute([fold(2), fold(3), fold(8)])).toStrictEqual([wanted, wanted, wanted]);
  });

  it("when the accumulator begins as an element", async () => {
    type Row = { n: number };
    const rows: Row[] = [{ n: 1 }, { n: 2 }, { n: 3 }];
    const bag = await Bag.from(rows, { npartitions: 2 }).persist();
    const add = (a: Row, b: Row): Row => {
      a.n += b.n;
      return a;
    };
    for (let time = 0; time < 2; time++) {
      expect(await bag.fold(add).compute()).toStrictEqual({ n: 6 });
      expect(await bag.foldBy(() => 0, add).compute()).toStrictEqual([[0, { n: 6 }]]);
    }
    expect(rows).toStrictEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    const blocks = bag.reduction(
      (items) => items as Row[],
      (parts) => {
        for (const row of parts.flat()) row.n = 0;
        return parts.flat();
      },
    );
    expect(await blocks.compute()).toHaveLength(3);
    expect(await bag.compute()).toStrictEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});

class Stats {
  n = 0;
  readonly seen: Set<number> = new Set();
  add(x: number): this {
    this.n += x;
    this.seen.add(x);
    return this;
  }
  merge(other: Stats): this {
    for (const x of other.seen) this.add(x);
    return this;
  }
}

describe("an initial value", () => {
  it("keeps its class where the class shows its state", async () => {
    const initial = new Stats();
    const folded = four.fold((stats: Stats, x) => stats.add(x), {
      initial,
      combine: (a, b) => a.merge(b),
    });
    for (let time = 0; time < 2; time++) {
      const stats = await folded.compute();
      expect(stats).toBeInstanceOf(Stats);
      expect(stats).toStrictEqual(new Stats().add(1).add(2).add(3).add(4));
    }
    expect(initial).toStrictEqual(new Stats());
    const [first, ...others] = await Bag.from([1])
      .accumulate((s: Stats, x) => new Stats().add(s.n + x), new Stats())
      .compute();
    expect(first).toStrictEqual(new Stats());
    expect(others).toStrictEqual([new Stats().add(1)]);
  });

  it("may be anything that can be copied, and stays as it is", async () => {
    const last = (_: unknown, x: unknown): unknown => x;
    const keep = (a: unknown): unknown => a;
    const circle: unknown[] = [1];
    circle.push(circle);
    const values = [
      undefined,
      -0,
      [1, , "a"], // oxlint-disable-line no-sparse-arrays -- a hole is to be kept
      { a: undefined, [Symbol.for("b")]: [1] },
      JSON.parse('{"__proto__": [1]}') as unknown,
      Object.assign(Object.create(null) as object, { a: 1 }),
      new Map([[{ k: 1 }, new Set([1])]]),
      new Date(5),
      /a/g,
      new Float32Array([1, -0]),
      Buffer.from("a"),
      new DataView(new ArrayBuffer(2), 1),
      "a-b".match(/-/),
      circle,
    ];
    for (const initial of values) {
      const nothing = Bag.from([]).fold(last, { initial, combine: keep });
      expect(await nothing.compute()).toStrictEqual(initial);
      const emitted = await Bag.from([]).accumulate(keep, initial).compute();
      expect(emitted).toStrictEqual([initial]);
      if (typeof initial === "object") expect(emitted[0]).not.toBe(initial);
    }
  });

  it("that cannot be copied is refused at once, and by accumulate handed on", async () => {
    class Hidden {
      readonly #x = 1;
      get x(): number {
        return this.#x;
      }
    }
    class Bound {
      n = 0;
      readonly add = (x: number): this => {
        this.n += x;
        return this;
      };
    }
    for (const initial of [new Hidden(), new Bound(), new URL("http://host/a"), () => 1]) {
      expect(() => four.fold((acc: unknown) => acc, { initial, combine: (a) => a })).toThrow(
        expect.objectContaining({ code: "bag/invalid-argument" }),
      );
      const [first] = await Bag.from([])
        .accumulate((a: unknown) => a, initial)
        .compute();
      expect(first).toBe(initial);
    }
  });
});

type Mean = { n: number; mean: number };
/** Chan, Golub and LeVeque 1979. */
const joinMeans = (a: Mean, b: Mean): Mean => {
  const n = a.n + b.n;
  return n === 0 ? a : { n, mean: a.mean + ((b.mean - a.mean) * b.n) / n };
};
const addToMean = (a: Mean, x: number): Mean => joinMeans(a, { n: 1, mean: x });

describe("an identity is one", () => {
  it("also where joining rounds, and the answer is then the part as it was", async () => {
    const options = { initial: { n: 0, mean: 0 }, combine: joinMeans };
    let state = 1;
    for (let run = 0; run < 300; run++) {
      const numbers = Array.from({ length: 5 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state % 1000) / 10;
      });
      const whole = Bag.from(numbers, { npartitions: 1 }).fold(addToMean, options);
      expect(await whole.compute()).toStrictEqual(numbers.reduce(addToMean, options.initial));
    }
    const part = { total: -0, list: new Map([["a", new Set([{ x: 0 }])]]) };
    const kept = Bag.from([part]).fold((a, b) => b ?? a, {
      initial: null as typeof part | null,
      combine: (a, b) =>
        b === null ? a : { list: new Map([["a", new Set([{ x: -0 }])]]), total: 0 },
    });
    expect(await kept.compute()).toStrictEqual(part);
  });

  it("no identity is whatever differs by more than rounding", async () => {
    const wrong: readonly (readonly [unknown, (a: never, b: never) => unknown])[] = [
      [1, (a: number, b: number) => a + b],
      [1e-6, (a: number, b: number) => a + b],
      [[0], (a: number[], b: unknown) => [...a, b].flat()],
      [{}, (_: object, b: object) => ({ ...b, more: undefined })],
      ["", (a: string, b: unknown) => `${a}${String(b)}`],
      [null, () => Infinity],
      [null, () => NaN],
      [null, () => new Map([[1, 2]])],
    ];
    for (const [initial, combine] of wrong) {
      const folded = four.fold((_: unknown, x) => x as unknown, {
        initial,
        combine: combine as (a: unknown, b: unknown) => unknown,
      });
      await expect(folded.compute()).rejects.toMatchObject({ code: "bag/not-identity" });
    }
  });
});
