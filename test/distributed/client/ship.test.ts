import { LayeredGraph, MaterializedLayer, TaskGraph, ref, task } from "@millrace/graph";
import { describe, expect, it } from "vitest";
import { Held, HeldRun, fetchHeld } from "../../../packages/distributed/src/client/held.ts";
import type { ShippedGraph } from "../../../packages/distributed/src/client/ship.ts";
import { shipGraph } from "../../../packages/distributed/src/client/ship.ts";
import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import type { ShippedValue } from "../../../packages/distributed/src/messages/shipped.ts";
import { HeldOutput } from "../../../packages/distributed/src/messages/shipped.ts";
import { nameOf } from "../../../packages/distributed/src/scheduler/stand-in.ts";

const here = {};

/** A graph that was taken apart, and all values and functions that its tasks name. */
function shipped(
  tasks: Parameters<typeof TaskGraph.from>[0],
  foreign: ReadonlyMap<Held, unknown> = new Map(),
): ShippedGraph & { readonly values: unknown[]; readonly names: string[] } {
  const layer = new MaterializedLayer("tasks", TaskGraph.from(tasks));
  const result = shipGraph(new LayeredGraph().withLayer(layer), here, foreign);
  const values: unknown[] = [];
  const names: string[] = [];
  result.graph.replace({
    fn: (fn) => {
      names.push(nameOf(fn));
      return fn;
    },
    value: (value) => {
      values.push(value);
      return value;
    },
  });
  return { ...result, values, names };
}

/** The only shipped value of tasks that are given `value`. */
function valueOf(value: unknown): ShippedValue {
  const found = shipped({ a: task((x: unknown) => x, [value]) }).values;
  expect(found).toHaveLength(1);
  return found[0] as ShippedValue;
}

describe("functions", () => {
  it("travel once, however many tasks call them, under the hash of what they are", () => {
    const add = (a: number, b: number): number => a + b;
    const { functions, names } = shipped({
      a: task(add, [1, 2]),
      b: task(add, [ref("a"), 3]),
      c: task((x: number) => x, [ref("b")]),
    });
    expect(functions).toHaveLength(2);
    expect(new Set(names)).toEqual(new Set(functions.map(({ name }) => name)));
  });

  it("that are the package's own stay: every thread has them", () => {
    const { functions, names } = shipped({ a: 1, b: task((x: number) => x, [ref("a")]) });
    expect(names).toEqual(functions.map(({ name }) => name));
  });

  it("inside a value are named by it and travel beside it", () => {
    const rules = [(x: number): number => x + 1, (x: number): number => x + 2];
    const result = shipped({ a: task((all: unknown) => all, [{ rules, again: rules[0] }]) });
    const [value] = result.values as [ShippedValue];
    expect(value.functions).toHaveLength(2);
    const names = result.functions.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...value.functions]));
  });

  it("that cannot travel are refused before anything is sent", () => {
    let count = 0;
    const refuse = (): unknown => shipped({ a: task(() => ++count) });
    expect(refuse).toThrow(expect.objectContaining({ code: "closure/assigned-capture" }));
  });
});

describe("values", () => {
  it("that are small and plain travel as they are", () => {
    const plain = [1, -0, 2n ** 70n, true, null, undefined, "text", "x".repeat(1_000)];
    for (const value of plain) {
      const { values } = shipped({ a: task((x: unknown) => x, [value]) });
      expect(values).toEqual([value]);
    }
  });

  it("that are anything else are blocks in shared memory, exact", () => {
    const values = [
      "x".repeat(1_001),
      { a: [1, undefined] },
      new Map([[NaN, -0]]),
      Symbol.for("s"),
    ];
    for (const value of values) {
      const { block, functions, isMade } = valueOf(value);
      expect([decodeValue(block), functions, isMade]).toEqual([value, [], false]);
      expect(block.header.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  it("that many tasks are given are written once", () => {
    const table = { rows: [1, 2, 3] };
    const fn = (x: unknown): unknown => x;
    const { values } = shipped({ a: task(fn, [table]), b: task(fn, [table]) });
    expect(values).toHaveLength(2);
    expect(values[0]).toBe(values[1]);
  });

  it("that are equal have one token, and those that are not have others", () => {
    const tokens = [{ a: [1, 2] }, { a: [1, 2] }, { a: [2, 1] }, { b: [1, 2] }, [1, 2]].map(
      (value) => valueOf(value).token,
    );
    expect(tokens[0]).toBe(tokens[1]);
    expect(new Set(tokens).size).toBe(4);
    expect(valueOf([(): number => 1]).token).toBe(valueOf([(): number => 1]).token);
    expect(valueOf([(): number => 1]).token).not.toBe(valueOf([(): number => 2]).token);
  });

  it("that are large are not compared", () => {
    const large = new Float64Array(10_000);
    expect(valueOf(large).token).not.toBe(valueOf(large.slice()).token);
  });

  it("of classes travel as code that makes them", () => {
    class Point {
      readonly x = 1;
    }
    const result = shipped({ a: task((point: Point) => point.x, [new Point()]) });
    const [value] = result.values as [ShippedValue];
    expect([value.isMade, value.functions.length]).toEqual([true, 1]);
    expect(result.functions.map(({ name }) => name)).toContain(value.functions[0]);
  });

  it("that cannot travel at all are refused with the way to them", () => {
    const given = { jobs: [Promise.resolve(1)] };
    let error: unknown;
    try {
      shipped({ a: task((x: unknown) => x, [given]) });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "closure/promise" });
    expect((error as Error).message).toContain("jobs");
  });
});

describe("held values", () => {
  const heldBy = (holder: object): Held =>
    new Held(holder, new HeldRun(7), 2, () => Promise.resolve("held"));

  it("of the same executor stay where they are, and need no function", () => {
    const { values, holds, functions, names } = shipped({ a: task(fetchHeld, [heldBy(here)]) });
    expect(values).toEqual([new HeldOutput(7, 2)]);
    expect(holds).toEqual([new HeldOutput(7, 2)]);
    expect([functions, names]).toEqual([[], []]);
  });

  it("of another one are sent as what was brought", () => {
    const held = heldBy({});
    const { values, holds } = shipped({ a: task(fetchHeld, [held]) }, new Map([[held, "brought"]]));
    expect([values, holds]).toEqual([["brought"], []]);
  });
});
