import type { Bag, Partitions } from "@millrace/bag";
import { Bag as BagClass, readJsonLines, readText } from "@millrace/bag";
import type { Delayed } from "@millrace/graph";
import { Delayed as DelayedClass } from "@millrace/graph";
import { expectTypeOf, it } from "vitest";

type Row = { readonly name: string; readonly n: number; readonly tag?: string };
const rows: Bag<Row> = BagClass.from<Row>([], { npartitions: 3 });
const numbers: Bag<number> = BagClass.range(3);
const words: Bag<string> = BagClass.from(["a", "b", "c"]);

/** For the type checker alone: nothing in it is run. */
const never = (_check: () => void): void => undefined;

it("constructors know their elements", () => {
  expectTypeOf(BagClass.from([1, "a"])).toEqualTypeOf<Bag<string | number>>();
  expectTypeOf(BagClass.from(new Map([["a", 1]]))).toEqualTypeOf<Bag<[string, number]>>();
  expectTypeOf(BagClass.fromDelayed([DelayedClass.call(() => [1], [])])).toEqualTypeOf<
    Bag<number>
  >();
  expectTypeOf(BagClass.concat([numbers, numbers])).toEqualTypeOf<Bag<number>>();
  expectTypeOf(BagClass.concat([numbers, words])).toEqualTypeOf<Bag<number | string>>();
  expectTypeOf(BagClass.concat<number | string>([])).toEqualTypeOf<Bag<number | string>>();
  expectTypeOf(BagClass.zip(numbers, words)).toEqualTypeOf<Bag<[number, string]>>();
  never(() => {
    expectTypeOf(readText("a")).toEqualTypeOf<Bag<string>>();
    expectTypeOf(readText("a", { includePath: true })).toEqualTypeOf<
      Bag<[line: string, path: string]>
    >();
    const includePath: boolean = words.npartitions > 1;
    expectTypeOf(readText("a", { includePath })).toEqualTypeOf<
      Bag<string | [line: string, path: string]>
    >();
    expectTypeOf(readJsonLines<Row>("a")).toEqualTypeOf<Bag<Row>>();
    expectTypeOf(readJsonLines("a")).toEqualTypeOf<Bag<unknown>>();
    // @ts-expect-error a number is no iterable
    BagClass.from(5);
    // @ts-expect-error no such option
    BagClass.from([1], { partitions: 3 });
    // @ts-expect-error a range has no partition size
    BagClass.range(5, { partitionSize: 3 });
    // @ts-expect-error no such option
    readText("a", { blocksize: 3 });
  });
});

it("element operations", () => {
  expectTypeOf(numbers.map((n) => `${n}`)).toEqualTypeOf<Bag<string>>();
  expectTypeOf(numbers.map(async (n) => [n])).toEqualTypeOf<Bag<number[]>>();
  const lazy = DelayedClass.value("a");
  expectTypeOf(numbers.map((n, a: string) => n + a.length, lazy)).toEqualTypeOf<Bag<number>>();
  expectTypeOf(numbers.map((n, a: string) => n + a.length, "a")).toEqualTypeOf<Bag<number>>();
  expectTypeOf(numbers.map((n, all: string[]) => [n, all] as const, words)).toEqualTypeOf<
    Bag<readonly [number, string[]]>
  >();
  const mixed = BagClass.from<string | number>([]);
  const isText = (x: string | number): x is string => typeof x === "string";
  expectTypeOf(mixed.filter(isText)).toEqualTypeOf<Bag<string>>();
  expectTypeOf(mixed.filter((x) => x !== 1)).toEqualTypeOf<Bag<string | number>>();
  expectTypeOf(mixed.filter(async () => true)).toEqualTypeOf<Bag<string | number>>();
  expectTypeOf(mixed.remove(isText)).toEqualTypeOf<Bag<string | number>>();
  expectTypeOf(words.flatMap((w) => w.split(""))).toEqualTypeOf<Bag<string>>();
  expectTypeOf(words.flatMap((w) => w)).toEqualTypeOf<Bag<string>>();
  const each = async function* (w: string): AsyncGenerator<number> {
    yield w.length;
  };
  expectTypeOf(words.flatMap(each)).toEqualTypeOf<Bag<number>>();
  expectTypeOf(words.flatMap(async (w) => new Set([w]))).toEqualTypeOf<Bag<string>>();
  expectTypeOf(BagClass.from([[1], [2]]).flatten()).toEqualTypeOf<Bag<number>>();
  expectTypeOf(BagClass.from<[number, string]>([]).starmap((a, b) => a + b.length)).toEqualTypeOf<
    Bag<number>
  >();
  expectTypeOf(
    BagClass.from([
      [1, 2],
      [3, 4],
    ]).starmap((a, b) => a + b),
  ).toEqualTypeOf<Bag<number>>();
  const pairs = BagClass.from<readonly [number, string]>([]);
  expectTypeOf(pairs.starmap((n: number) => n)).toEqualTypeOf<Bag<number>>();
  expectTypeOf(pairs.starmap(async (_, text) => text)).toEqualTypeOf<Bag<string>>();
  const parts: Partitions = { graph: words.graph, layer: "a", npartitions: 1 };
  expectTypeOf(new BagClass<string>(parts)).toEqualTypeOf<Bag<string>>();
  expectTypeOf(words.mapPartitions((part) => [[...part].length])).toEqualTypeOf<Bag<number>>();
  never(() => {
    // @ts-expect-error a broadcast value of another type
    numbers.map((n, a: string) => n + a.length, 5);
    // @ts-expect-error a broadcast value is missing
    numbers.map((n, a: string) => n + a.length);
    // @ts-expect-error numbers are not iterable
    numbers.flatten();
    // @ts-expect-error a number is no iterable
    numbers.flatMap((n) => n);
    // @ts-expect-error elements are no tuples
    numbers.starmap((a: number) => a);
    // @ts-expect-error the second one is a text
    pairs.starmap((a: number, b: number) => a + b);
  });
});

it("plucking", () => {
  expectTypeOf(rows.pluck("n")).toEqualTypeOf<Bag<number>>();
  expectTypeOf(rows.pluck("tag")).toEqualTypeOf<Bag<string | undefined>>();
  expectTypeOf(rows.pluck("tag", 0 as number)).toEqualTypeOf<Bag<string | number>>();
  expectTypeOf(rows.pluck(["n", "name"])).toEqualTypeOf<Bag<[number, string]>>();
  expectTypeOf(rows.pluck(["n", "tag"], "x" as string)).toEqualTypeOf<Bag<[number, string]>>();
  expectTypeOf(BagClass.from<[number, string]>([]).pluck(1)).toEqualTypeOf<Bag<string>>();
  type Event = { a: number } | { b: string };
  expectTypeOf(BagClass.from<Event>([]).pluck("a", null)).toEqualTypeOf<Bag<number | null>>();
  never(() => {
    // @ts-expect-error no such property
    rows.pluck("typo");
    // @ts-expect-error no such property, even with a default
    rows.pluck("typo", 0);
    // @ts-expect-error no such property in a list
    rows.pluck(["n", "typo"]);
  });
});

it("folds and groups", () => {
  expectTypeOf(numbers.fold((a, b) => a + b)).toEqualTypeOf<Delayed<number>>();
  const counted = words.fold((n, w) => n + w.length, { initial: 0, combine: (a, b) => a + b });
  expectTypeOf(counted).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(rows.foldBy("name", (a, b) => (a.n > b.n ? a : b))).toEqualTypeOf<
    Bag<[string, Row]>
  >();
  const sums = rows.foldBy(
    async (row) => row.n % 2 === 0,
    (sum, row) => sum + row.n,
    {
      initial: 0,
      combine: (a, b) => a + b,
    },
  );
  expectTypeOf(sums).toEqualTypeOf<Bag<[boolean, number]>>();
  expectTypeOf(rows.groupBy("n")).toEqualTypeOf<Bag<[number, Row[]]>>();
  expectTypeOf(rows.groupBy((row) => row.tag)).toEqualTypeOf<Bag<[string | undefined, Row[]]>>();
  expectTypeOf(words.frequencies()).toEqualTypeOf<Bag<[string, number]>>();
  expectTypeOf(rows.distinct("name")).toEqualTypeOf<Bag<Row>>();
  expectTypeOf(rows.topk(3, "n")).toEqualTypeOf<Bag<Row>>();
  expectTypeOf(words.accumulate((a, b) => a + b)).toEqualTypeOf<Bag<string>>();
  expectTypeOf(words.accumulate((n, w) => n + w.length, 0)).toEqualTypeOf<Bag<number>>();
  const parts = words.reduction(
    (part) => [...part].length,
    (all) => Math.max(...all),
  );
  expectTypeOf(parts).toEqualTypeOf<Delayed<number>>();
  never(() => {
    // @ts-expect-error folding into something else needs a way to combine
    words.fold((n: number, w: string) => n + w.length, { initial: 0 });
    // @ts-expect-error no such property
    rows.groupBy("typo");
    // @ts-expect-error no such property
    rows.topk(1, "typo");
    // @ts-expect-error no such option
    rows.groupBy("n", { partitions: 3 });
    const sizeOf = (part: Iterable<string>): number => [...part].length;
    // @ts-expect-error parts are of one type
    words.reduction(sizeOf, (all) => all.join());
  });
});

it("statistics need numbers", () => {
  expectTypeOf(numbers.sum()).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(BagClass.from([1n]).sum()).toEqualTypeOf<Delayed<bigint>>();
  expectTypeOf(BagClass.from([1, 2] as const).sum()).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(words.max()).toEqualTypeOf<Delayed<string>>();
  expectTypeOf(words.count()).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(rows.any((row) => row.n > 1)).toEqualTypeOf<Delayed<boolean>>();
  never(() => {
    // @ts-expect-error texts have no sum
    words.sum();
    // @ts-expect-error texts have no mean
    words.mean();
    // @ts-expect-error bigints have no mean
    BagClass.from([1n]).mean();
  });
});

it("several bags", () => {
  expectTypeOf(rows.join(words, "name", (w) => w)).toEqualTypeOf<Bag<[Row, string]>>();
  expectTypeOf(rows.join([{ id: 1 }], "n", "id")).toEqualTypeOf<Bag<[Row, { id: number }]>>();
  expectTypeOf(numbers.join(numbers, (n) => n)).toEqualTypeOf<Bag<[number, number]>>();
  expectTypeOf(numbers.product(words)).toEqualTypeOf<Bag<[number, string]>>();
  expectTypeOf(numbers.zip(words, rows)).toEqualTypeOf<Bag<[number, string, Row]>>();
  never(() => {
    // @ts-expect-error no such property on the other side
    rows.join([{ id: 1 }], "n", "typo");
    // @ts-expect-error an array is no bag
    numbers.zip([1]);
  });
});

it("what runs", () => {
  never(() => {
    expectTypeOf(words.compute()).toEqualTypeOf<Promise<string[]>>();
    expectTypeOf(words.persist()).toEqualTypeOf<Promise<Bag<string>>>();
    expectTypeOf(words.take(3)).toEqualTypeOf<Promise<string[]>>();
    expectTypeOf(words.toTextFiles("*")).toEqualTypeOf<Promise<string[]>>();
    expectTypeOf(words.toDelayed()).toEqualTypeOf<Delayed<string[]>[]>();
    expectTypeOf(words.iterate()).toEqualTypeOf<AsyncGenerator<string>>();
    expectTypeOf(words.repartitionBySize("1MB")).toEqualTypeOf<Promise<Bag<string>>>();
    // @ts-expect-error no such option
    void words.take(3, { partitions: 1 });
    // @ts-expect-error no such option
    void words.compute({ executer: "inline" });
  });
});
