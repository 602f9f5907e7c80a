import { Bag, readJsonLines, readText } from "@millrace/bag";
import { Delayed } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const bag = Bag.range(6, { npartitions: 3 });
const executor = "inline";

/** Code and message of what a call throws at the line of its caller, before anything runs. */
function thrown(call: () => unknown): string {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => undefined);
  } catch (error) {
    const { code, message, stack = "" } = error as Error & { code: string };
    expect(stack).toContain("errors.test.ts");
    return `${code} | ${message}`;
  }
  return "nothing was thrown";
}

/** Code and message of what a call rejects with. */
async function rejected(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code} | ${message}`;
  }
  return "nothing was thrown";
}

/** What JavaScript callers can pass, past the type checker. */
function wrong<T = never>(value: unknown): T {
  return value as T;
}

describe("arguments are checked at the caller's line", () => {
  it("Bag.from", () => {
    expect(thrown(() => Bag.from(wrong(5)))).toMatchInlineSnapshot(
      `"bag/not-iterable | Bag.from: this cannot be iterated, got 5, wanted an array or another iterable."`,
    );
    const source = (async function* () {
      yield await Promise.resolve(1);
    })();
    expect(thrown(() => Bag.from(wrong(source)))).toMatchInlineSnapshot(
      `"bag/not-iterable | Bag.from: this cannot be iterated, got an object, wanted an array or another iterable. Gather it first, or give it to Bag.fromDelayed inside a Delayed."`,
    );
    expect(thrown(() => Bag.from(wrong(undefined)))).toMatchInlineSnapshot(
      `"bag/not-iterable | Bag.from: this cannot be iterated, got undefined, wanted an array or another iterable."`,
    );
    expect(thrown(() => Bag.from([], { npartitions: 0 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: bad npartitions, got 0, wanted a whole number from 1 to 10000000."`,
    );
    expect(thrown(() => Bag.from([], { npartitions: -3 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: bad npartitions, got -3, wanted a whole number from 1 to 10000000."`,
    );
    expect(thrown(() => Bag.from([], { npartitions: NaN }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: bad npartitions, got NaN, wanted a whole number from 1 to 10000000."`,
    );
    expect(thrown(() => Bag.from([], { npartitions: 1e12 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: bad npartitions, got 1000000000000, wanted a whole number from 1 to 10000000."`,
    );
    expect(thrown(() => Bag.from([], { partitionSize: 0 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: bad partitionSize, got 0, wanted a whole number of 1 or more."`,
    );
    expect(thrown(() => Bag.from([], { npartitions: 1, partitionSize: 1 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: two ways to cut, got "npartitions and partitionSize", wanted one of them."`,
    );
    expect(thrown(() => Bag.from([], wrong({ partitions: 1 })))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: no such option, got "partitions", wanted one of npartitions, partitionSize."`,
    );
    expect(thrown(() => Bag.from([], wrong(null)))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.from: the options must be an object, got null, wanted an object."`,
    );
  });

  it("a text is an iterable of characters", async () => {
    expect(await Bag.from("a😀").compute()).toStrictEqual(["a", "😀"]);
  });

  it("Bag.range, Bag.fromDelayed, Bag.concat and Bag.zip", () => {
    expect(thrown(() => Bag.range(-1))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.range: bad length, got -1, wanted a whole number of 0 or more."`,
    );
    expect(thrown(() => Bag.range(1.5))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.range: bad length, got 1.5, wanted a whole number of 0 or more."`,
    );
    expect(thrown(() => Bag.range(5, wrong({ partitionSize: 1 })))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.range: no such option, got "partitionSize", wanted one of npartitions."`,
    );
    expect(thrown(() => Bag.fromDelayed(wrong([[1]])))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.fromDelayed: part 0 is not lazy, got an array of 1, wanted a Delayed."`,
    );
    expect(thrown(() => Bag.fromDelayed(wrong(Delayed.value([1]))))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.fromDelayed: the parts must come as a list, got a Delayed, wanted an array of Delayed."`,
    );
    expect(thrown(() => Bag.concat(wrong([bag, [1]])))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.concat: this is not a bag, got an array of 1, wanted a Bag. Wrap it: Bag.from(…)."`,
    );
    expect(thrown(() => Bag.concat(wrong(bag)))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.concat: the bags must come as an array, got a Bag, wanted an array of bags."`,
    );
    expect(thrown(() => Bag.zip())).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.zip: nothing to zip, got "no bags", wanted one bag or more."`,
    );
    expect(thrown(() => Bag.zip(bag, Bag.range(6, { npartitions: 2 })))).toMatchInlineSnapshot(
      `"bag/invalid-argument | Bag.zip: the bags have different numbers of partitions, got "3 and 2", wanted equal numbers. Repartition one of them."`,
    );
    expect(thrown(() => bag.zip(wrong([1, 2])))).toMatchInlineSnapshot(
      `"bag/invalid-argument | zip: this is not a bag, got an array of 2, wanted a Bag. Wrap it: Bag.from(…)."`,
    );
    expect(thrown(() => bag.product(wrong([1, 2])))).toMatchInlineSnapshot(
      `"bag/invalid-argument | product: this is not a bag, got an array of 2, wanted a Bag. Wrap it: Bag.from(…)."`,
    );
    const wide = Bag.range(1, { npartitions: 10_000 });
    expect(thrown(() => wide.product(wide))).toMatchInlineSnapshot(
      `"bag/invalid-argument | product: bad npartitions, got 100000000, wanted a whole number from 1 to 10000000."`,
    );
  });

  it("callbacks", () => {
    expect(thrown(() => bag.map(wrong<() => 1>("f")))).toMatchInlineSnapshot(
      `"bag/invalid-argument | map: the callback must be a function, got "f", wanted a function."`,
    );
    const calls = [
      thrown(() => bag.filter(wrong<() => 1>(1))),
      thrown(() => bag.remove(wrong<() => 1>(1))),
      thrown(() => bag.flatMap(wrong<() => []>(1))),
      thrown(() => bag.starmap.call(wrong(bag), wrong(1))),
      thrown(() => bag.mapPartitions(wrong(1))),
      thrown(() => bag.fold(wrong(1))),
      thrown(() => bag.fold((a) => a, { combine: wrong(1) })),
      thrown(() => bag.foldBy(wrong({}), (a) => a)),
      thrown(() => bag.foldBy((n) => n, wrong(1))),
      thrown(() => bag.groupBy(wrong(undefined))),
      thrown(() => bag.reduction(wrong(1), () => 1)),
      thrown(() => bag.reduction(() => 1, wrong(1))),
      thrown(() => bag.accumulate(wrong(1))),
      thrown(() => bag.distinct(wrong(null))),
      thrown(() => bag.topk(1, wrong(null))),
      thrown(() => bag.any(wrong(1))),
      thrown(() => bag.all(wrong(1))),
      thrown(() => bag.join([1], wrong(null))),
    ];
    const pattern =
      /^bag\/invalid-argument \| (\w+): the callback must be a function, got .+, wanted/;
    expect(calls.map((text) => pattern.exec(text)?.[1] ?? text)).toStrictEqual([
      "filter",
      "remove",
      "flatMap",
      "starmap",
      "mapPartitions",
      "fold",
      "fold",
      "foldBy",
      "foldBy",
      "groupBy",
      "reduction",
      "reduction",
      "accumulate",
      "distinct",
      "topk",
      "any",
      "all",
      "join",
    ]);
  });

  it("other arguments", () => {
    expect(thrown(() => bag.pluck(wrong(null)))).toMatchInlineSnapshot(
      `"bag/invalid-argument | pluck: bad key, got null, wanted a property name, an index, or an array of them."`,
    );
    expect(thrown(() => bag.pluck(wrong(["a", {}])))).toMatchInlineSnapshot(
      `"bag/invalid-argument | pluck: bad key, got an object, wanted a property name, an index, or an array of them."`,
    );
    expect(thrown(() => bag.topk(-1))).toMatchInlineSnapshot(
      `"bag/invalid-argument | topk: bad k, got -1, wanted a whole number of 0 or more."`,
    );
    expect(thrown(() => bag.randomSample(1.5))).toMatchInlineSnapshot(
      `"bag/invalid-argument | randomSample: bad probability, got 1.5, wanted a number from 0 to 1."`,
    );
    expect(thrown(() => bag.randomSample(NaN))).toMatchInlineSnapshot(
      `"bag/invalid-argument | randomSample: bad probability, got NaN, wanted a number from 0 to 1."`,
    );
    expect(thrown(() => bag.randomSample(0.5, 0.5))).toMatchInlineSnapshot(
      `"bag/invalid-argument | randomSample: bad seed, got 0.5, wanted a whole number."`,
    );
    expect(thrown(() => bag.variance(NaN))).toMatchInlineSnapshot(
      `"bag/invalid-argument | variance: bad ddof, got NaN, wanted a number."`,
    );
    expect(thrown(() => bag.fold((a) => a, { splitEvery: 1 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | fold: bad splitEvery, got 1, wanted a whole number of 2 or more."`,
    );
    expect(thrown(() => bag.frequencies({ splitEvery: 0 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | frequencies: bad splitEvery, got 0, wanted a whole number of 2 or more."`,
    );
    expect(
      thrown(() => bag.fold((a) => a, { initial: wrong({ f: () => 1 }) })),
    ).toMatchInlineSnapshot(
      `"bag/invalid-argument | fold: the initial value cannot be copied, got function f, wanted data that hides no state. Start from data; make other things inside the callback."`,
    );
    expect(thrown(() => bag.repartition({ npartitions: 2 ** 60 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | repartition: bad npartitions, got 1152921504606847000, wanted a whole number from 1 to 10000000."`,
    );
    expect(thrown(() => bag.groupBy((n) => n, { npartitions: 0.5 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | groupBy: bad npartitions, got 0.5, wanted a whole number from 1 to 10000000."`,
    );
  });

  it("unknown options are refused everywhere", async () => {
    const options = wrong<object>({ bogus: 1 });
    const all = [
      thrown(() => Bag.from([], options)),
      thrown(() => Bag.range(1, options)),
      thrown(() => bag.fold((a) => a, options)),
      thrown(() =>
        bag.foldBy(
          (n) => n,
          (a) => a,
          options,
        ),
      ),
      thrown(() => bag.groupBy((n) => n, options)),
      thrown(() =>
        bag.reduction(
          () => 1,
          () => 1,
          options,
        ),
      ),
      thrown(() => bag.frequencies(options)),
      thrown(() => bag.repartition(wrong(options))),
      thrown(() => readText("*", options)),
      thrown(() => readJsonLines("*", options)),
      thrown(() => bag.iterate(options)),
      await rejected(() => bag.take(0, options)),
      await rejected(() => bag.compute(options)),
      await rejected(() => bag.persist(options)),
      await rejected(() => bag.sum().compute(options)),
    ];
    for (const text of all) {
      expect(text).toMatch(/^(bag|graph)\/invalid-argument \| .*: no such option, got "bogus"/);
    }
    const ways: Record<string, () => Promise<unknown>> = {
      take: () => bag.take(1, options),
      toTextFiles: () => bag.toTextFiles("/nowhere/*", options),
      toJsonLines: () => bag.toJsonLines("/nowhere/*", options),
      repartitionBySize: () => bag.repartitionBySize(9, options),
    };
    for (const [name, way] of Object.entries(ways)) {
      expect(await rejected(way)).toMatch(` | ${name}: no such option, got "bogus", wanted one of`);
    }
    expect(thrown(() => bag.iterate(wrong({ ordered: false })))).toMatchInlineSnapshot(
      `"bag/invalid-argument | iterate: no such option, got "ordered", wanted one of executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers."`,
    );
    expect(thrown(() => bag.iterate(wrong(null)))).toMatchInlineSnapshot(
      `"bag/invalid-argument | iterate: the options must be an object, got null, wanted an object."`,
    );
    expect(await rejected(() => bag.take(1, wrong({ lookahead: 9 })))).toMatchInlineSnapshot(
      `"bag/invalid-argument | take: no such option, got "lookahead", wanted one of npartitions, executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers."`,
    );
  });

  it("take, repartitionBySize and the writers", async () => {
    expect(await rejected(() => bag.take(-1))).toMatchInlineSnapshot(
      `"bag/invalid-argument | take: bad k, got -1, wanted a whole number of 0 or more."`,
    );
    expect(await rejected(() => bag.take(Infinity))).toMatchInlineSnapshot(
      `"bag/invalid-argument | take: bad k, got Infinity, wanted a whole number of 0 or more."`,
    );
    expect(await rejected(() => bag.take(1, { npartitions: 4 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | take: too many partitions, got 4, wanted at most the 3 that there are."`,
    );
    expect(await rejected(() => bag.repartitionBySize(0))).toMatchInlineSnapshot(
      `"bag/invalid-argument | repartitionBySize: bad size, got 0, wanted a size of 1 byte or more."`,
    );
    expect(await rejected(() => bag.repartitionBySize("many"))).toMatchInlineSnapshot(
      `"graph/invalid-argument | parseBytes: not a size, got "many", wanted a whole number of bytes or text such as '64MB'. Units are B, kB, MB, GB, TB, PB and KiB, MiB, GiB, TiB, PiB."`,
    );
    expect(await rejected(() => bag.toTextFiles("/nowhere/file"))).toMatchInlineSnapshot(
      `"bag/invalid-argument | toTextFiles: bad pattern, got "/nowhere/file", wanted a path with one *. The partition number takes the place of the star."`,
    );
    expect(await rejected(() => bag.toTextFiles("/nowhere/*/*"))).toMatchInlineSnapshot(
      `"bag/invalid-argument | toTextFiles: bad pattern, got "/nowhere/*/*", wanted a path with one *. The partition number takes the place of the star."`,
    );
    expect(await rejected(() => bag.toTextFiles(wrong(7)))).toMatchInlineSnapshot(
      `"bag/invalid-argument | toTextFiles: bad pattern, got 7, wanted a path with one *. The partition number takes the place of the star."`,
    );
    const overwrite = wrong<boolean>("no");
    expect(await rejected(() => bag.toJsonLines("/x/*", { overwrite }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | toJsonLines: bad overwrite, got "no", wanted true or false."`,
    );
    const compression = wrong<"gzip">("rar");
    expect(await rejected(() => bag.toJsonLines("/x/*", { compression }))).toMatchInlineSnapshot(
      `"storage/bad-option | compression: no such compression, got 'rar', wanted one of infer, none, gzip, brotli, deflate, zstd, lz4."`,
    );
  });
});

describe("data that does not fit is told when it runs, with the code of the reason", () => {
  it("reductions of nothing", async () => {
    const nothing = Bag.from<number>([], { npartitions: 2 });
    expect(await rejected(() => nothing.min().compute({ executor }))).toMatchInlineSnapshot(
      `"bag/empty-reduction | min: there is nothing to reduce, got an empty bag, wanted one element or more. Check that the bag is not empty, or use fold with an initial value."`,
    );
    expect(
      await rejected(() => nothing.fold((a, b) => a + b).compute({ executor })),
    ).toMatchInlineSnapshot(
      `"bag/empty-reduction | fold: there is nothing to reduce, got an empty bag, wanted one element or more. Check that the bag is not empty, or use fold with an initial value."`,
    );
  });

  it("initial values that are no identity", async () => {
    const folded = bag.fold((a, b) => a + b, { initial: 10 });
    expect(await rejected(() => folded.compute({ executor }))).toMatchInlineSnapshot(
      `"bag/not-identity | fold: combining the initial value with a part changes the part, got 10, wanted an identity, such as 0 for a sum. Add an offset to the result instead."`,
    );
    const nothing = Bag.from<number>([]).fold((a, b) => a + b, { initial: 10 });
    expect(await rejected(() => nothing.compute({ executor }))).toMatchInlineSnapshot(
      `"bag/not-identity | fold: combining the initial value with a part changes the part, got 10, wanted an identity, such as 0 for a sum. Add an offset to the result instead."`,
    );
  });

  it("elements that are no numbers", async () => {
    const words = wrong<Bag<number>>(Bag.from([1, "two"]));
    expect(await rejected(() => words.sum().compute({ executor }))).toMatchInlineSnapshot(
      `"bag/not-numeric | sum: an element is no number, got "two", wanted numbers. Map to numbers first."`,
    );
    expect(await rejected(() => words.mean().compute({ executor }))).toMatchInlineSnapshot(
      `"bag/not-numeric | mean: an element is no number, got "two", wanted numbers. Map to numbers first."`,
    );
    expect(await rejected(() => words.std().compute({ executor }))).toMatchInlineSnapshot(
      `"bag/not-numeric | std: an element is no number, got "two", wanted numbers. Map to numbers first."`,
    );
    const all: unknown[][] = [[undefined], [null], [true], [[]], [1, 2n], [-0, 2n], [new Date(0)]];
    for (const values of all) {
      const cut = Bag.from(values, { npartitions: values.length });
      const whole = Bag.from(values, { npartitions: 1 });
      for (const odd of [cut, whole]) {
        const message = await rejected(() => wrong<Bag<number>>(odd).sum().compute({ executor }));
        expect(message).toMatch(/^bag\/not-numeric \| sum: (an element is no|numbers and bigints)/);
      }
    }
    const mixed = wrong<Bag<number>>(Bag.from([5n, 3, 4], { npartitions: 1 }));
    expect(await rejected(() => mixed.sum().compute({ executor }))).toMatchInlineSnapshot(
      `"bag/not-numeric | sum: numbers and bigints are mixed, got both, wanted one kind. Map to one of them first."`,
    );
  });

  it("partitions of different lengths", async () => {
    const other = Bag.from([1, 2, 3, 4, 5], { npartitions: 3 });
    expect(await rejected(() => bag.zip(other).compute({ executor }))).toMatchInlineSnapshot(
      `"bag/unequal-partitions | zip: partitions have different lengths, got 2 and 1 elements in partition 0, wanted equal ones. Zip bags that were cut the same way."`,
    );
  });

  it("what cannot be iterated", async () => {
    expect(
      await rejected(() => bag.flatMap((n) => wrong<number[]>(n)).compute({ executor })),
    ).toMatchInlineSnapshot(
      `"bag/not-iterable | flatMap: this cannot be iterated, got 0, wanted an array or another iterable."`,
    );
    expect(
      await rejected(() => bag.flatMap(async () => wrong<number[]>(null)).compute({ executor })),
    ).toMatchInlineSnapshot(
      `"bag/not-iterable | flatMap: this cannot be iterated, got null, wanted an array or another iterable."`,
    );
    expect(
      await rejected(() => wrong<Bag<number[]>>(bag).flatten().compute({ executor })),
    ).toMatchInlineSnapshot(
      `"bag/not-iterable | flatten: this cannot be iterated, got 0, wanted an array or another iterable."`,
    );
    expect(
      await rejected(() => bag.mapPartitions(() => wrong<number[]>(5)).compute({ executor })),
    ).toMatchInlineSnapshot(
      `"bag/not-iterable | mapPartitions: this cannot be iterated, got 5, wanted an array or another iterable."`,
    );
    const odd = wrong<Bag<[number]>>(bag);
    expect(await rejected(() => odd.starmap((n) => n).compute({ executor }))).toMatchInlineSnapshot(
      `"bag/not-iterable | starmap: this cannot be iterated, got 0, wanted an array or another iterable."`,
    );
    const part = wrong<Delayed<number[]>>(Delayed.value(7));
    expect(
      await rejected(() => Bag.fromDelayed([part]).compute({ executor })),
    ).toMatchInlineSnapshot(
      `"bag/not-iterable | Bag.fromDelayed: this cannot be iterated, got 7, wanted an array or another iterable."`,
    );
  });

  it("properties of nothing", async () => {
    const rows = Bag.from([{ a: 1 }, wrong<{ a: number }>(null)]);
    expect(await rejected(() => rows.pluck("a").compute({ executor }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | pluck: an element has no a, got null, wanted objects. Filter these elements out first."`,
    );
    expect(await rejected(() => rows.groupBy("a").compute({ executor }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | groupBy: an element has no a, got null, wanted objects. Filter these elements out first."`,
    );
    expect(await rows.pluck("a", 0).compute({ executor })).toStrictEqual([1, 0]);
  });
});
