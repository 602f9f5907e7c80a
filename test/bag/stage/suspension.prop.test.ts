import { Bag } from "@millrace/bag";
import fc from "fast-check";
import { expect, it } from "vitest";

import { bags } from "../../lib/arbitraries/bags.ts";

const executor = "inline";
/** As documented: most elements of a partition that wait at the same time. */
const asyncElementsMax = 16;

/** One operation over numbers: what it does, and for which elements its callback is async. */
type Op = {
  readonly kind: "map" | "filter" | "flatMap" | "generator" | "asyncGenerator";
  readonly late: "never" | "always" | "some";
};

const ops: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom("map", "filter", "flatMap", "generator", "asyncGenerator"),
  late: fc.constantFrom("never", "always", "some", "some"),
});
const pipelines = fc.array(ops, { minLength: 1, maxLength: 4, size: "max" });
const numbers = fc.integer({ min: 0, max: 9 });

const isLate = ({ late }: Op, n: number): boolean =>
  late === "always" || (late === "some" && n % 3 === 0);

/** What an operation makes of an element, by plain evaluation. */
function plain({ kind }: Op, n: number): number[] {
  switch (kind) {
    case "map":
      return [n + 1];
    case "filter":
      return n % 4 === 0 ? [] : [n];
    case "flatMap":
    case "generator":
    case "asyncGenerator":
      return Array.from({ length: n % 3 }, (_, i) => n + i);
  }
}

/** Settles after some turns of the microtask queue, sooner for some than for others. */
async function settle<T>(value: T, turns: number): Promise<T> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
  return value;
}

/** What the callback at each place of a pipeline has been called with. */
const calls: number[][] = [[], [], [], []];
const callbacks = new Map<string, (n: number) => never>();

/** The callback of an operation at a place: the same one in every run, so it is captured once. */
function callbackOf(op: Op, place: number): (n: number) => never {
  const name = `${op.kind} ${op.late} ${place}`;
  let callback = callbacks.get(name);
  if (callback === undefined) {
    callback = (n) => {
      calls[place]?.push(n);
      const value = given(op, n);
      return (isLate(op, n) ? settle(value, (n * 7) % 5) : value) as never;
    };
    callbacks.set(name, callback);
  }
  return callback;
}

function given(op: Op, n: number): unknown {
  switch (op.kind) {
    case "map":
      return n + 1;
    case "filter":
      return n % 4 !== 0;
    case "flatMap":
      return plain(op, n);
    case "generator":
      return (function* () {
        yield* plain(op, n);
      })();
    case "asyncGenerator":
      return (async function* () {
        yield* plain(op, n);
      })();
  }
}

function addOp(bag: Bag<number>, op: Op, place: number): Bag<number> {
  const f = callbackOf(op, place);
  if (op.kind === "map") return bag.map(f);
  return op.kind === "filter" ? bag.filter(f) : bag.flatMap<number>(f);
}

it("callbacks of which some are async give what plain evaluation gives, each called once", async () => {
  await fc.assert(
    fc.asyncProperty(bags(numbers), pipelines, async (drawn, pipeline) => {
      for (const list of calls) list.length = 0;
      const bag = pipeline.reduce(addOp, drawn.bag);
      let values = [...drawn.flat];
      const inputs: number[][] = [];
      for (const op of pipeline) {
        inputs.push(values);
        values = values.flatMap((n) => plain(op, n));
      }
      expect(await bag.compute({ executor })).toStrictEqual(values);
      pipeline.forEach((_, k) => {
        const inOrder = (list: number[] = []): number[] => list.toSorted((a, b) => a - b);
        expect(inOrder(calls[k])).toStrictEqual(inOrder(inputs[k]));
      });
    }),
    { numRuns: 40 },
  );
});

it("the first callback is called in the order of the elements, also where it is async", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(numbers, { maxLength: 60, size: "max" }), ops, async (list, op) => {
      for (const each of calls) each.length = 0;
      await addOp(Bag.from(list, { npartitions: 1 }), op, 0).compute({ executor });
      expect(calls[0]).toStrictEqual(list);
    }),
    { numRuns: 25 },
  );
});

const lateIsLarge = (n: number): Promise<boolean> => settle(n > 5, n % 3);
const lateJoin = (text: string, n: number): Promise<string> => settle(`${text}${n}`, n % 3);
const joinTexts = (a: string, b: string): string => a + b;
const lateSelf = (n: number): Promise<number> => settle(n, n % 3);

it("reductions with async callbacks give what those of arrays give", async () => {
  await fc.assert(
    fc.asyncProperty(bags(numbers), ops, async ({ bag, flat }, op) => {
      const values = flat.flatMap((n) => plain(op, n));
      const late = addOp(bag, op, 0);
      const [sum, count, any] = [late.sum(), late.count(), late.any(lateIsLarge)];
      expect(await sum.compute({ executor })).toBe(values.reduce((a, b) => a + b, 0));
      expect(await count.compute({ executor })).toBe(values.length);
      expect(await any.compute({ executor })).toBe(values.some((n) => n > 5));
      const folded = late.fold(lateJoin, { initial: "", combine: joinTexts });
      expect(await folded.compute({ executor })).toBe(values.join(""));
      const best = late.topk(3, lateSelf);
      expect(await best.compute({ executor })).toStrictEqual(
        values.toSorted((a, b) => b - a).slice(0, 3),
      );
    }),
    { numRuns: 12 },
  );
});

/** Counts how many calls are open, and lets them end in the order that `next` asks for. */
function gate(): { call: (n: number) => Promise<number>; most: () => number } {
  let open = 0;
  let most = 0;
  return {
    most: () => most,
    async call(n) {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return n;
    },
  };
}

function* fortyOf(n: number): Generator<number> {
  for (let i = 0; i < 40; i++) yield n + i;
}

async function* lateFortyOf(n: number): AsyncGenerator<number> {
  yield* fortyOf(n);
}

it("async callbacks overlap up to the documented number of elements a partition", async () => {
  const verbs: ((bag: Bag<number>, f: (n: number) => Promise<number>) => unknown)[] = [
    (bag, f) => bag.map(f).count().compute({ executor }),
    (bag, f) => bag.filter(f).count().compute({ executor }),
    (bag, f) =>
      bag
        .flatMap(async (n) => [await f(n)])
        .count()
        .compute({ executor }),
    (bag, f) => bag.topk(3, f).compute({ executor }),
    (bag, f) => bag.distinct(f).compute({ executor }),
    (bag, f) => bag.all((n) => f(n).then(() => true)).compute({ executor }),
    (bag, f) => bag.foldBy(f, (a, b) => a + b).compute({ executor }),
    (bag, f) => bag.groupBy(f).compute({ executor }),
    (bag, f) => bag.join([1], f).compute({ executor }),
    (bag, f) =>
      bag
        .flatMap((n) => [n])
        .map(f)
        .compute({ executor }),
    // Elements that spread into many, ahead of whose turn others have been started already.
    (bag, f) =>
      bag
        .flatMap((n) => Array.from({ length: 40 }, () => n))
        .map(f)
        .compute({ executor }),
    (bag, f) => bag.map(f).flatMap(fortyOf).map(f).flatMap(fortyOf).map(f).take(3000, { executor }),
    (bag, f) => bag.flatMap(lateFortyOf).map(f).compute({ executor }),
    (bag, f) => bag.map(f).randomSample(0.9, 1).flatMap(fortyOf).map(f).compute({ executor }),
  ];
  for (const [i, verb] of verbs.entries()) {
    const { call, most } = gate();
    await verb(Bag.range(50, { npartitions: 1 }), call);
    expect({ verb: i, most: most() }).toStrictEqual({ verb: i, most: asyncElementsMax });
  }
});

function fail(reason: unknown): never {
  // oxlint-disable-next-line typescript/only-throw-error -- users throw whatever they like
  throw reason;
}

it("a rejection is told once, as it is, and leaves none unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    for (const reason of [new RangeError("bad"), "a text", undefined, null, { code: 7 }]) {
      const bag = Bag.range(60, { npartitions: 2 });
      const late = bag.map(async (n) => {
        // Some fail at once while the ones before them still wait.
        if (n % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
        if (n % 3 === 2) fail(reason);
        return n;
      });
      const now = bag.map((n) => {
        if (n % 3 === 2) fail(reason);
        return n;
      });
      for (const failing of [late, now]) {
        const error: unknown = await failing
          .compute({ executor })
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: "TaskError", code: "graph/task-failed" });
        expect((error as Error).cause).toBe(reason);
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toStrictEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

it("a promise that is an element is handed on as it is, behind async callbacks too", async () => {
  const promise = Promise.resolve(1);
  const rows = Bag.from([{ p: promise }]);
  for (const bag of [rows, rows.map(async (row) => row)]) {
    expect((await bag.pluck("p").compute({ executor }))[0]).toBe(promise);
    const [pair] = await bag.pluck(["p"]).compute({ executor });
    expect(pair?.[0]).toBe(promise);
    expect(
      await bag
        .pluck("p")
        .map((n) => n)
        .compute({ executor }),
    ).toStrictEqual([1]);
  }
  for await (const n of Bag.from([promise]).iterate({ executor })) expect(n).toBe(1);
});
