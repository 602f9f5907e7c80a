import type { Collection } from "@millrace/graph";
import {
  LayeredGraph,
  MaterializedLayer,
  annotate,
  compute,
  persist,
  registerExecutor,
  createInlineExecutor,
} from "@millrace/graph";
import { Delayed, delayed } from "@millrace/delayed";
import { describe, expect, it } from "vitest";

const inc = delayed((x: number) => x + 1);
const add = delayed((a: number, b: number) => a + b);
const list = delayed((...args: unknown[]) => args);

const failure = async (run: Promise<unknown>): Promise<Record<string, unknown>> =>
  run.then(
    () => ({ message: "no failure" }),
    (error: unknown) => error as Record<string, unknown>,
  );

describe("a call of a delayed function", () => {
  it("runs nothing, and everything when computed", async () => {
    let calls = 0;
    const count = delayed((x: number) => (calls++, x));
    const sum = add(count(1), count(2));
    expect(calls).toBe(0);
    expect(await sum.compute()).toBe(3);
    expect(calls).toBe(2);
    expect(await sum.compute()).toBe(3);
    expect(calls).toBe(4);
  });

  it("computes what is lazy among its arguments, at any depth, each once", async () => {
    let calls = 0;
    const one = delayed(() => ++calls)();
    const got = await list(
      one,
      [one, { a: one, b: [inc(one)] }],
      new Map<unknown, unknown>([["k", one]]),
      new Set([inc(one)]),
      "plain",
    ).compute();
    expect(got).toEqual([1, [1, { a: 1, b: [2] }], new Map([["k", 1]]), new Set([2]), "plain"]);
    expect(calls).toBe(1);
  });

  it("waits for promises", async () => {
    const later = delayed(async (x: number) => x + 1);
    expect(await inc(later(1)).compute()).toBe(3);
    expect(await list(delayed.value(Promise.resolve(5))).compute()).toEqual([5]);
    expect(await list(delayed.value(Promise.resolve(5))).compute({ optimize: false })).toEqual([5]);
  });

  it("takes other collections, as the values they compute to", async () => {
    const layer = MaterializedLayer.values("parts", [[1, 2], [3]]);
    const numbers: Collection<number[]> = {
      graph: new LayeredGraph().withLayer(layer),
      outputKeys: ["parts/0", "parts/1"],
      finalize: (parts) => (parts as number[][]).flat(),
    };
    const sum = delayed((values: number[]) => values.reduce((a, b) => a + b, 0));
    expect(await sum(numbers).compute()).toBe(6);
    expect(await list({ n: numbers }, numbers).compute()).toEqual([{ n: [1, 2, 3] }, [1, 2, 3]]);
    expect(await compute([sum(numbers), numbers])).toEqual([6, [1, 2, 3]]);
  });

  it("gives the error of the function, with the key of the task", async () => {
    const boom = delayed(
      (): never => {
        throw new RangeError("no");
      },
      { name: "boom" },
    );
    expect(await failure(inc(boom()).compute({ optimize: false }))).toMatchObject({
      code: "graph/task-failed",
      key: "boom",
      cause: new RangeError("no"),
    });
  });

  it("is tried again as its annotations say", async () => {
    let tries = 0;
    const flaky = delayed(() => {
      if (++tries < 3) throw new Error("again");
      return tries;
    });
    expect(await annotate({ retries: 2 }, () => flaky()).compute()).toBe(3);
  });

  it("may stand at the end of a chain of 100,000", async () => {
    let chain = inc(0);
    for (let i = 1; i < 100_000; i++) chain = inc(chain);
    expect(await chain.compute()).toBe(100_000);
  });

  it("may have 10,000 arguments below it, a thousand behind each of ten", async () => {
    const sum = delayed((values: number[]) => values.reduce((a, b) => a + b, 0));
    const parts = Array.from({ length: 10 }, (_, i) =>
      sum(Array.from({ length: 1000 }, (_unused, j) => inc(i * 1000 + j))),
    );
    expect(await sum(parts).compute()).toBe(50_005_000);
  });
});

describe("a Delayed", () => {
  it("is not thenable: awaiting it gives itself", async () => {
    const d = inc(1);
    expect("then" in d).toBe(false);
    const awaited = await Promise.resolve(d);
    expect(awaited).toBe(d);
  });

  it("tells its key, its graph and its output key", () => {
    const d = add(inc(1), 2);
    expect(d).toBeInstanceOf(Delayed);
    expect(d.outputKeys).toEqual([d.key]);
    expect(d.graph).toBeInstanceOf(LayeredGraph);
    expect(d.graph.size).toBe(2);
    expect(d.graph).toBe(d.graph);
  });

  it("gives properties and results of methods, lazily", async () => {
    const word = delayed((n: number) => "ab".repeat(n))(inc(1));
    expect(await word.get("length").compute()).toBe(4);
    expect(await word.get(0).compute()).toBe("a");
    expect(await word.call("toUpperCase").compute()).toBe("ABAB");
    expect(await word.call("slice", inc(0), 3).compute()).toBe("ba");
    const missing = delayed((): { a?: number } => ({}))();
    expect(await missing.get("a").compute()).toBeUndefined();
    const counter = delayed(() => ({ n: 2, times: (x: number) => x * 2 }))();
    expect(await counter.call("times", counter.get("n")).compute()).toBe(4);
    const later = delayed(() => ({ load: async () => 7 }))();
    expect(await inc(later.call("load")).compute()).toBe(8);
  });

  it("refuses properties of nothing and methods that are not there", async () => {
    const nothing = delayed((): { a: number } => undefined as never)();
    expect((await failure(nothing.get("a").compute()))["message"]).toMatchInlineSnapshot(
      `"get: cannot read the property "a", got undefined, wanted a value."`,
    );
    const odd = delayed((): { f: () => number } => ({ f: 1 }) as never)();
    expect((await failure(odd.call("f").compute()))["message"]).toMatchInlineSnapshot(
      `"call: there is no method "f", got an object, wanted a value that has it."`,
    );
  });

  it("can be persisted, optimized and drawn", async () => {
    let calls = 0;
    const base = delayed(() => ++calls)();
    const kept = await base.persist();
    expect([await kept.compute(), await inc(kept).compute(), calls]).toEqual([1, 2, 1]);
    const [one, two] = await persist([inc(base), add(base, base)]);
    expect([await one.compute(), await two.compute(), calls]).toEqual([3, 4, 2]);
    expect(await inc(inc(1)).optimize().compute()).toBe(3);
    expect(inc(inc(1)).visualize()).toContain("->");
    expect(inc(inc(1)).visualize({ optimized: true, format: "svg" })).toContain("<svg");
  });

  it("can be computed with what it became after optimize", async () => {
    const pure = delayed((x: number) => x * 2, { pure: true });
    const base = inc(1);
    expect(await compute([pure(base), pure(base.optimize())])).toEqual([4, 4]);
  });

  it("runs with the executor asked for", async () => {
    const inline = createInlineExecutor();
    const keys: string[] = [];
    registerExecutor({
      ...inline,
      name: "spying",
      run: (graph, wanted, options) => {
        keys.push(...wanted);
        return inline.run(graph, wanted, options);
      },
    });
    const d = inc(1);
    expect(await d.compute({ executor: "spying" as "inline" })).toBe(2);
    expect(keys).toEqual([d.key]);
  });
});

describe("pure", () => {
  it("makes equal calls one task, by the content of function and arguments", async () => {
    let calls = 0;
    // It assigns to what it captures, so only its identity can tell it from others.
    const counted = delayed((x: unknown) => (calls++, x), { pure: true });
    expect(await list(counted({ a: 1 }), counted({ a: 1 }), counted(2)).compute()).toEqual([
      { a: 1 },
      { a: 1 },
      2,
    ]);
    expect(calls).toBe(2);
    expect(await compute([counted(3), counted(3)])).toEqual([3, 3]);
    expect(calls).toBe(3);
  });

  it("gives equal calls one key", () => {
    const double = delayed((x: unknown) => [x, x], { pure: true });
    const other = delayed((x: unknown) => [x, x], { pure: true });
    const keyOf = (x: unknown): string => double(x).key;
    expect(keyOf({ a: 1, b: 2 })).toBe(keyOf({ b: 2, a: 1 }));
    expect(keyOf(1)).toBe(other(1).key);
    expect(keyOf(1)).not.toBe(keyOf("1"));
    expect(keyOf(undefined)).not.toBe(double(...([] as unknown as [unknown])).key);
    const base = inc(1);
    expect(keyOf([base, { a: base, b: 1 }])).toBe(keyOf([base, { b: 1, a: base }]));
    expect(keyOf(base)).not.toBe(keyOf(inc(1)));
    expect(keyOf(base)).not.toBe(keyOf([base]));
    expect(keyOf(base)).not.toBe(keyOf(base.key));
    expect(keyOf(double(1))).toBe(keyOf(double(1)));
  });

  it("is off by default: each call runs", async () => {
    let calls = 0;
    const counted = delayed(() => ++calls);
    expect(counted().key).not.toBe(counted().key);
    expect(new Set(await list(counted(), counted()).compute())).toEqual(new Set([1, 2]));
  });

  it("keeps the advice of both of two equal calls", () => {
    const pure = delayed((x: number) => x, { pure: true });
    const one = annotate({ priority: 1, retries: 4 }, () => pure(1));
    const two = annotate({ priority: 3 }, () => pure(1));
    const { graph } = annotate({ priority: 0 }, () => list(one, two));
    expect(graph.materialize().get(one.key).annotations).toEqual({ priority: 3, retries: 4 });
  });
});

describe("an explicit name", () => {
  it("is the key; the same call under it is the same task", async () => {
    const named = delayed((x: number) => x, { name: "mine" });
    expect(named(1).key).toBe("mine");
    expect(await list(named(1), named(1)).compute()).toEqual([1, 1]);
  });

  it("is refused for a different call, in one value or in several", async () => {
    const named = delayed((x: number) => x, { name: "mine" });
    const conflict = { code: "graph/key-conflict" };
    expect(await failure(list(named(1), named(2)).compute())).toMatchObject(conflict);
    const error = await failure(compute([named(1), named(2)]));
    expect(error).toMatchObject(conflict);
    expect(error["message"]).toMatchInlineSnapshot(
      `"merge: two different tasks have one key, got "mine" twice, wanted one task a key. Give one of them another name."`,
    );
    expect(await failure(compute([inc(named(1)), inc(named(2))]))).toMatchObject(conflict);
    const other = delayed((x: number) => x + 1, { name: "mine" });
    expect(await failure(compute([named(1), other(1)]))).toMatchObject(conflict);
  });
});

describe("nout", () => {
  const divmod = (a: number, b: number): [number, number] => [Math.floor(a / b), a % b];

  it("gives one Delayed for each result of a call that runs once", async () => {
    let calls = 0;
    const counted = (a: number, b: number): [number, number] => (calls++, divmod(a, b));
    const [q, r] = delayed(counted, { nout: 2 })(7, inc(1));
    expect(await compute([q, r])).toEqual([3, 1]);
    expect(calls).toBe(1);
    expect(await add(q, r).compute()).toBe(4);
    expect(delayed(() => [] as [], { nout: 0 })()).toEqual([]);
    const later = delayed(async () => [1, 2] as [number, number], { nout: 2 })();
    expect(await delayed.all(later).compute()).toEqual([1, 2]);
  });

  it("with pure gives equal calls the same keys", () => {
    const pure = delayed(divmod, { nout: 2, pure: true });
    expect(pure(7, 2).map(({ key }) => key)).toEqual(pure(7, 2).map(({ key }) => key));
    expect(new Set([...pure(7, 2), ...pure(7, 3)].map(({ key }) => key)).size).toBe(4);
  });

  it("refuses a result of another length, whichever part is asked for", async () => {
    for (const result of [[1], [1, 2, 3], "ab", undefined]) {
      const [first, second] = delayed(() => result as [number, number], { nout: 2 })();
      for (const part of [first, second]) {
        const error = await failure(part.compute());
        expect(error).toMatchObject({ code: "graph/nout", key: expect.stringMatching(/./) });
      }
    }
    const [first] = delayed(() => [1] as number[] as [number, number], { nout: 2 })();
    expect((await failure(first.compute()))["message"]).toMatchInlineSnapshot(
      `"delayed: the function does not return as many results as nout says, got an array of 1, wanted an array of 2. Correct nout, or what the function returns."`,
    );
  });
});

describe("delayed.value and delayed.all", () => {
  it("make one Delayed of values, arrays and objects", async () => {
    expect(await delayed.value(5).compute()).toBe(5);
    expect(await delayed.value([inc(1)] as const).compute()).toEqual([2]);
    expect(delayed.value(5, { name: "five" }).key).toBe("five");
    expect(await delayed.all([inc(1), 7, inc(2)]).compute()).toEqual([2, 7, 3]);
    expect(await delayed.all({ a: inc(1), b: { c: inc(2) } }).compute()).toEqual({
      a: 2,
      b: { c: 3 },
    });
    expect(await delayed.all([]).compute()).toEqual([]);
    const big = delayed.value(Array.from({ length: 1000 }, (_, i) => i));
    expect(await big.get("length").compute()).toBe(1000);
  });

  it("refuse options that mean nothing", () => {
    expect(() => delayed.value(1, { nme: "one" } as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: delayed: no such option, got "nme", wanted one of name.]`,
    );
    expect(() => delayed.value(1, null as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: delayed: the options must be an object, got null, wanted an object.]`,
    );
    expect(() => delayed.value(1, { name: "" })).toThrow("bad name");
  });

  it("refuse what is neither array nor object", () => {
    expect(() => delayed.all(1 as never)).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: delayed: all takes an array or an object, got 1, wanted an array or an object.]`,
    );
    expect(() => delayed.all(null as never)).toThrow("all takes an array or an object");
  });
});

describe("delayed.module", () => {
  const url = new URL("./fixtures/heavy.mjs", import.meta.url);

  it("calls an exported function by reference", async () => {
    const square = delayed.module<(x: number) => number>(url, "square");
    expect(await square(inc(2)).compute()).toBe(9);
    const slowly = delayed.module<(x: number) => Promise<number>>(String(url), "slowly");
    expect(await slowly(1).compute()).toBe(2);
    const halves = delayed.module<(x: number) => [number, number]>(url, "halves", { nout: 2 });
    expect(await delayed.all(halves(5)).compute()).toEqual([2, 3]);
  });

  it("with pure counts by the name of module and export", () => {
    const key = (name: string): string => delayed.module(url, name, { pure: true })(1 as never).key;
    expect(key("square")).toBe(key("square"));
    expect(key("square")).toMatch(/^square-/);
    expect(key("square")).not.toBe(key("slowly"));
  });

  it("fails when computed where the module has no such function", async () => {
    for (const name of ["missing", "notAFunction"]) {
      const error = await failure(delayed.module(url, name)().compute());
      expect(error).toMatchObject({
        code: "closure/missing-export",
        key: expect.stringMatching(`^${name}-`),
      });
    }
    expect(() => delayed.module("./heavy.mjs", "square")).toThrow("absolute URL");
  });
});

describe("delayed refuses", () => {
  it("what is no function and options that mean nothing", () => {
    const refuse = (fn: unknown, options?: unknown): unknown => {
      try {
        return delayed(fn as never, options as never);
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        expect(code).toBe("graph/invalid-argument");
        return message;
      }
    };
    const fn = (): number => 1;
    expect(refuse(1)).toMatchInlineSnapshot(
      `"delayed: the first argument must be a function, got 1, wanted a function."`,
    );
    expect(refuse(inc(1))).toMatchInlineSnapshot(
      `"delayed: the first argument must be a function, got a Delayed, wanted a function."`,
    );
    expect(refuse(fn, { nOut: 1 })).toMatchInlineSnapshot(
      `"delayed: no such option, got "nOut", wanted one of name, pure, nout."`,
    );
    expect(refuse(fn, { name: "" })).toMatchInlineSnapshot(
      `"delayed: bad name, got "", wanted a text that is not empty."`,
    );
    expect(refuse(fn, { pure: 1 })).toMatchInlineSnapshot(
      `"delayed: bad pure, got 1, wanted true or false."`,
    );
    expect(refuse(fn, { nout: 1.5 })).toMatchInlineSnapshot(
      `"delayed: bad nout, got 1.5, wanted a whole number from 0 to 100000."`,
    );
    expect(refuse(fn, { nout: 1e9 })).toMatchInlineSnapshot(
      `"delayed: bad nout, got 1000000000, wanted a whole number from 0 to 100000."`,
    );
    expect(refuse(fn, { nout: "x".repeat(200) })).toMatchInlineSnapshot(
      `"delayed: bad nout, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., wanted a whole number from 0 to 100000."`,
    );
    expect(refuse(fn, null)).toMatchInlineSnapshot(
      `"delayed: the options must be an object, got null, wanted an object."`,
    );
  });
});
