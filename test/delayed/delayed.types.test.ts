import type { Collection } from "@millrace/graph";
import { LayeredGraph, compute, optimize, persist } from "@millrace/graph";
import type { Delayed } from "@millrace/delayed";
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
  // @ts-expect-error no such option
  delayed(() => 1, { nOut: 1 });
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

it("properties and methods are typed", () => {
  expectTypeOf(load("x").get("rows")).toEqualTypeOf<Delayed<number[]>>();
  expectTypeOf(load("x").get("path").call("split", ",")).toEqualTypeOf<Delayed<string[]>>();
});

it("nout gives a typed tuple", () => {
  const divmod = delayed((a: number): [number, string] => [a, ""], { nout: 2 });
  expectTypeOf(divmod(1)).toEqualTypeOf<[Delayed<number>, Delayed<string>]>();
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

it("modules are typed by what is said of them", () => {
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
