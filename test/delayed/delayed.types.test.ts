import type { Collection } from "@millrace/graph";
import { LayeredGraph, compute, optimize, persist } from "@millrace/graph";
import type { Delayed, DelayedOptions } from "@millrace/delayed";
import { delayed } from "@millrace/delayed";
import { expectTypeOf, it } from "vitest";

const inc = delayed((x: number) => x + 1);
const load = delayed(async (path: string) => ({ path, rows: [1, 2] }));
const sum = delayed((parts: { a: number[] }, scale?: number) => parts.a.length * (scale ?? 1));
const numbers: Collection<number[]> = {
  graph: new LayeredGraph(),
  outputKeys: [],
  finalize: () => [],
};

const sizeOf = delayed((map: Map<string, number>) => map.size);

/** Never runs: the lines are there for the type checker. */
const wrong = (): void => {
  // @ts-expect-error a text is no number
  inc("1");
  // @ts-expect-error nor is a lazy text
  inc(delayed.value("1"));
  // @ts-expect-error an argument is missing
  inc();
  // @ts-expect-error there is no such property
  load("x").get("row");
  // @ts-expect-error there is no such method
  load("x").get("path").call("toUpper");
  // @ts-expect-error these are no arguments of the method
  load("x").get("path").call("split", 1, 2, 3);
  // @ts-expect-error the method takes no argument
  load("x").get("path").call("toUpperCase", 1);
  // @ts-expect-error a text to replace is wanted
  load("x").get("path").call("replace", "a");
  // @ts-expect-error a property is no method
  load("x").get("rows").call("length");
  // @ts-expect-error no such option
  delayed(() => 1, { nOut: 1 });
  // @ts-expect-error there are three results
  delayed((): [number, number, number] => [1, 2, 3], { nout: 2 });
  // @ts-expect-error there are no parts of a number
  delayed(() => 1, { nout: 2 });
  const [, two] = delayed(() => [1, 2, 3], { nout: 2 })();
  expectTypeOf(two).toEqualTypeOf<Delayed<number>>();
  // @ts-expect-error two are asked for
  const [, , three] = delayed(() => [1, 2, 3], { nout: 2 })();
  expectTypeOf(three);
  const inside = delayed.value({ a: inc(1) }).get("a");
  // @ts-expect-error what is inside is a number then
  inside.call("compute");
  // @ts-expect-error a Map of texts is no Map of numbers
  sizeOf(new Map([["a", delayed.value("x")]]));
  // @ts-expect-error a Delayed is no promise
  void inc(1).then;
};

it("calls have the type of the awaited result", () => {
  expectTypeOf(inc(1)).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(load("x")).toEqualTypeOf<Delayed<{ path: string; rows: number[] }>>();
  expectTypeOf(inc(1).compute()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(inc(1).persist()).toEqualTypeOf<Promise<Delayed<number>>>();
  expectTypeOf(wrong).returns.toBeVoid();
});

it("arguments may be lazy anywhere inside", () => {
  expectTypeOf(inc(inc(1))).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(sum({ a: [1, inc(1)] }, inc(2))).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(sum({ a: load("x").get("rows") })).toEqualTypeOf<Delayed<number>>();
  const total = delayed((values: number[]) => values.length);
  expectTypeOf(total).toBeCallableWith(numbers);
});

it("Maps and Sets may hold lazy values", () => {
  expectTypeOf(sizeOf(new Map([["a", inc(1)]]))).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(sizeOf(new Map([["a", 1]]))).toEqualTypeOf<Delayed<number>>();
  const most = delayed((set: ReadonlySet<number>, more?: Set<string>) => set.size + Number(more));
  expectTypeOf(most(new Set([inc(1), 2]))).toEqualTypeOf<Delayed<number>>();
});

it("methods of arrays and numbers, and those with many signatures, can be called", () => {
  const rows = load("x").get("rows");
  expectTypeOf(rows.call("join", ",")).toEqualTypeOf<Delayed<string>>();
  expectTypeOf(rows.call("slice", inc(0), 1)).toEqualTypeOf<Delayed<number[]>>();
  expectTypeOf(inc(1).call("toFixed", 2)).toEqualTypeOf<Delayed<string>>();
  const path = load("x").get("path");
  expectTypeOf(path.call("replace", "a", "b")).toEqualTypeOf<Delayed<string>>();
  expectTypeOf(path.call("replace", /a/, () => "b")).toEqualTypeOf<Delayed<string>>();
  expectTypeOf(path.call("split", ",", 2)).toEqualTypeOf<Delayed<string[]>>();
  const tagged = delayed(() => ({ all: (...parts: unknown[]) => parts.length }))();
  expectTypeOf(tagged.call("all", 1, "a")).toEqualTypeOf<Delayed<number>>();
});

it("properties and methods are typed", () => {
  expectTypeOf(load("x").get("rows")).toEqualTypeOf<Delayed<number[]>>();
  expectTypeOf(load("x").get("path").call("split", ",")).toEqualTypeOf<Delayed<string[]>>();
});

it("nout gives a typed tuple", () => {
  const divmod = delayed((a: number): [number, string] => [a, ""], { nout: 2 });
  expectTypeOf(divmod(1)).toEqualTypeOf<[Delayed<number>, Delayed<string>]>();
  const parts = delayed(async (a: number): Promise<number[]> => [a], { nout: 3, pure: true });
  expectTypeOf(parts(1)).toEqualTypeOf<[Delayed<number>, Delayed<number>, Delayed<number>]>();
  const many: number = 3;
  expectTypeOf(delayed(() => [1], { nout: many })()).toEqualTypeOf<
    Delayed<number[]> | Delayed<number>[]
  >();
  const options: DelayedOptions = {};
  expectTypeOf(delayed(() => [1], options)()).toEqualTypeOf<
    Delayed<number[]> | Delayed<number>[]
  >();
});

it("value and all are typed, nested ones too", () => {
  expectTypeOf(delayed.value(1)).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(delayed.value("x" as string)).toEqualTypeOf<Delayed<string>>();
  expectTypeOf(delayed.all([inc(1), load("x").get("path")]).compute()).resolves.toEqualTypeOf<
    [number, string]
  >();
  expectTypeOf(
    delayed.all({ a: inc(1), b: { c: inc(1) }, d: new Date(), n: numbers }).compute(),
  ).resolves.toEqualTypeOf<{ a: number; b: { c: number }; d: Date; n: number[] }>();
});

it("a value has the type of what is computed", () => {
  expectTypeOf(delayed.value({ a: inc(1), b: [inc(2)] })).toEqualTypeOf<
    Delayed<{ a: number; b: number[] }>
  >();
  expectTypeOf(delayed.value([1, 2, 3])).toEqualTypeOf<Delayed<number[]>>();
  expectTypeOf(delayed.value(Promise.resolve(1))).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(delayed.value(inc(1))).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(delayed.value(new Map([["a", inc(1)]]))).toEqualTypeOf<
    Delayed<Map<string, number>>
  >();
  expectTypeOf(delayed.all({ a: new Set([inc(1)]), b: new Map([[1, "x"]]) })).toEqualTypeOf<
    Delayed<{ a: Set<number>; b: Map<number, string> }>
  >();
  type Json = string | number | Json[] | { [name: string]: Json };
  expectTypeOf(delayed.value("x" as Json).compute()).resolves.toEqualTypeOf<Json>();
  expectTypeOf(delayed.value(1 as unknown)).toEqualTypeOf<Delayed<unknown>>();
});

it("modules are typed by what is said of them", () => {
  const said = delayed.module(new URL("file:///heavy.mjs"), "heavy");
  expectTypeOf(said(1, inc(1))).toEqualTypeOf<Delayed<unknown>>();
  const url = new URL("file:///heavy.mjs");
  const heavy = delayed.module<(x: number) => Promise<string>>(url, "heavy");
  expectTypeOf(heavy(inc(1))).toEqualTypeOf<Delayed<string>>();
  const parts = delayed.module<(x: number) => [number, string]>(url, "parts", { nout: 2 });
  expectTypeOf(parts(1)).toEqualTypeOf<[Delayed<number>, Delayed<string>]>();
});

it("computing, persisting and optimizing several keeps their types", () => {
  const tuple = () => compute([inc(1), load("x").get("path"), numbers]);
  expectTypeOf(tuple).returns.resolves.toEqualTypeOf<[number, string, number[]]>();
  const kept = () => persist(inc(1));
  expectTypeOf(kept).returns.resolves.toEqualTypeOf<Delayed<number>>();
  expectTypeOf(optimize(inc(1))).toEqualTypeOf<Delayed<number>>();
  const one = () => compute(numbers);
  expectTypeOf(one).returns.resolves.toEqualTypeOf<number[]>();
});
