import { Bag } from "@millrace/bag";
import { compute } from "@millrace/graph";
import { describe, expect, it } from "vitest";

import { capturesOf } from "../lib/captures.ts";

const times = (by: { k: number }) => (x: number) => x * by.k;
const timesNumber = (k: number) => (x: number) => x * k;
const self = (x: unknown): unknown => x;
const append = (list: number[], x: number): number[] => [...list, x];
const concat = (a: number[], b: number[]): number[] => [...a, ...b];
const one = (): Bag<number> => Bag.from([1]);

const nameOf = (bag: { readonly outputKeys: readonly string[] }): unknown => bag.outputKeys[0];

describe("what may change later gives a bag a name of its own", () => {
  it("objects that a callback captures", async () => {
    const ten = { k: 10 };
    const first = one().map(times(ten));
    ten.k = 20;
    const second = one().map(times({ k: 10 }));
    expect(await compute([first, second])).toStrictEqual([[20], [10]]);
    expect(await second.compute()).toStrictEqual([10]);
  });

  it("variables that a callback captures and that are assigned again", async () => {
    const make = (start: number): { f: (x: number) => number; set: (to: number) => void } => {
      let k = start;
      return { f: (x) => x * k, set: (to) => void (k = to) };
    };
    const [changed, fresh] = [make(10), make(10)];
    const bags = [one().map(changed.f), one().map(fresh.f)];
    changed.set(20);
    expect(await compute(bags)).toStrictEqual([[20], [10]]);
  });

  it("elements, broadcast values, a list of properties", async () => {
    const row = { n: 1 };
    const [first, second] = [Bag.from([row]), Bag.from([{ n: 1 }])];
    row.n = 2;
    expect(await compute([first, second])).toStrictEqual([[{ n: 2 }], [{ n: 1 }]]);
    const by = { k: 10 };
    const scale = (x: number, { k }: { k: number }): number => x * k;
    const bags = [one().map(scale, by), one().map(scale, { k: 10 })];
    by.k = 20;
    expect(await compute(bags)).toStrictEqual([[20], [10]]);
    const names: "n"[] = ["n"];
    const plucked = Bag.from([row]).pluck(names);
    names.pop();
    expect(await plucked.compute()).toStrictEqual([[2]]);
  });

  it("callbacks of every kind of layer", () => {
    const all: ((f: (...args: number[]) => number) => {
      readonly outputKeys: readonly string[];
    })[] = [
      (f) => one().flatMap((x) => [f(x)]),
      (f) => one().mapPartitions(() => [f(1)]),
      (f) => one().fold(f),
      (f) => one().fold((a, b) => a + b, { combine: f }),
      (f) => one().foldBy(f, (a, b) => a + b),
      (f) => one().groupBy(f),
      (f) =>
        one().reduction(
          () => f(1),
          () => 1,
        ),
      (f) =>
        one().reduction(
          () => 1,
          () => f(1),
        ),
      (f) => one().accumulate(f),
      (f) => one().topk(1, f),
      (f) => one().join([1], f),
      (f) => one().any(f),
    ];
    for (const build of all) {
      expect(nameOf(build(times({ k: 1 })))).not.toBe(nameOf(build(times({ k: 1 }))));
      expect(nameOf(build(timesNumber(1)))).toBe(nameOf(build(timesNumber(1))));
    }
  });
});

describe("what cannot change is one and the same wherever it is built", () => {
  it("callbacks that capture nothing, or numbers; the same objects", () => {
    const by = { k: 2 };
    expect(nameOf(one().map(times(by)))).toBe(nameOf(one().map(times(by))));
    expect(nameOf(one().map(timesNumber(2)))).toBe(nameOf(one().map(timesNumber(2))));
    expect(nameOf(one().map(timesNumber(2)))).not.toBe(nameOf(one().map(timesNumber(3))));
    expect(nameOf(Bag.from([by]).map(self))).toBe(nameOf(Bag.from([by]).map(self)));
    expect(nameOf(Bag.from([1, "a", -0]))).toBe(nameOf(Bag.from([1, "a", -0])));
    expect(nameOf(Bag.from([0]))).not.toBe(nameOf(Bag.from([-0])));
  });

  it("initial values, which are copied, and properties", () => {
    const folded = (initial: number[]): unknown =>
      nameOf(one().fold(append, { initial, combine: concat }));
    expect(folded([])).toBe(folded([]));
    expect(folded([])).not.toBe(folded([1]));
    const rows = Bag.from([{ a: 1, b: 2 }]);
    expect(nameOf(rows.pluck(["a", "b"]))).not.toBe(nameOf(rows.pluck(["b", "a"])));
    const [row] = [{ a: 1, b: 2 }];
    const plucked = (): unknown => nameOf(Bag.from([row]).pluck(["a", "b"]));
    expect(plucked()).toBe(plucked());
    for (const verb of ["groupBy", "distinct"] as const) {
      const by = (name: "a" | "b"): unknown => nameOf(Bag.from([row])[verb](name));
      expect(by("a")).toBe(by("a"));
      expect(by("a")).not.toBe(by("b"));
    }
  });
});

it("building a bag captures no element, whatever they are", async () => {
  class Row {
    readonly n: number;
    constructor(n: number) {
      this.n = n;
    }
  }
  const rows = Array.from({ length: 2000 }, (_, i) => new Row(i));
  const functions = rows.map((row) => () => row.n);
  const { captures } = await capturesOf(() => {
    Bag.from(rows);
    Bag.from(functions);
    Bag.from(rows.map((row) => [row]));
    one().map((x, more: Row[]) => x + more.length, rows);
    one().join(rows, self);
  });
  expect(captures).toBeLessThan(20);
});
