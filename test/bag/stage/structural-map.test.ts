import { Bag } from "@millrace/bag";
import { describe, expect, it } from "vitest";

import { hashKey } from "../../../packages/bag/dist/stage/structural-text.js";
import { capturesOf } from "../../lib/captures.ts";

class Point {
  [name: string]: unknown;
  constructor(fields: object) {
    Object.assign(this, fields);
  }
}
class Place extends Point {}
class Hidden {
  readonly #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  get x(): number {
    return this.#x;
  }
}
const states = new WeakMap<object, number>();
/** As compilers write private members for older engines. */
class Beside {
  constructor(x: number) {
    states.set(this, x);
  }
  get x(): number | undefined {
    return states.get(this);
  }
}
class Named {
  readonly cache = Math.random();
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  [Symbol.for("millrace.token")](): string {
    return this.name;
  }
}

/** As many containers as levels around a number. */
function nested(levels: number, n: number): unknown {
  let value: unknown = n;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}

function circle(n: number): unknown {
  const circular: unknown[] = [n];
  circular.push({ circular });
  return circular;
}

/** How many keys two values are, by a map and by their hashes. */
async function keysOf(a: unknown, b: unknown): Promise<number> {
  const kept = await Bag.from([a, b], { npartitions: 1 }).distinct().compute();
  if (kept.length === 1) expect(hashKey(a)).toBe(hashKey(b));
  return kept.length;
}

const symbol = Symbol("local");
const one: readonly (readonly [string, unknown, unknown])[] = [
  ["fields of an instance by SameValueZero", new Point({ x: 0 }), new Point({ x: -0 })],
  ["fields of an instance in any order", new Point({ a: 1, b: 2 }), new Point({ b: 2, a: 1 })],
  ["instances in containers", [new Point({ x: [NaN] })], [new Point({ x: [NaN] })]],
  ["typed arrays by SameValueZero", new Float64Array([0, NaN]), new Float64Array([-0, NaN])],
  ["buffers", Buffer.from("ab"), Buffer.from("ab")],
  ["values of Maps by SameValueZero", new Map([[1, 0]]), new Map([[1, -0]])],
  ["entries of Maps in any order", aAndB(), bAndA()],
  ["members of Sets in any order", new Set([[1], [2]]), new Set([[2], [1]])],
  ["dates", new Date(5), new Date(5)],
  ["names that are symbols", { [symbol]: 0, a: 1 }, { a: 1, [symbol]: -0 }],
  ["objects with and without a prototype", { a: 1 }, Object.assign(Object.create(null), { a: 1 })],
  ["data of 70 levels", nested(70, 0), nested(70, -0)],
  ["data of 900 levels", nested(900, 0), nested(900, -0)],
  ["circular data", circle(1), circle(1)],
  ["what a class says of itself", new Named("a"), new Named("a")],
  ["links", new URL("http://host/a"), new URL("http://host/a")],
];

function aAndB(): Map<string, number[]> {
  return new Map([
    ["a", [1]],
    ["b", [2]],
  ]);
}

function bAndA(): Map<string, number[]> {
  return new Map([
    ["b", [2]],
    ["a", [1]],
  ]);
}

const two: readonly (readonly [string, unknown, unknown])[] = [
  ["a hole and nothing", [,], []], // oxlint-disable-line no-sparse-arrays -- what is tested
  ["a hole and undefined", [,], [undefined]], // oxlint-disable-line no-sparse-arrays -- as above
  ["two holes and one", [, ,], [,]], // oxlint-disable-line no-sparse-arrays -- as above
  ["an empty text and nothing", [""], []],
  ["a text and what it looks like", ["1,2"], ["1", "2"]],
  ["a text and a number", ["1"], [1]],
  ["a number and a bigint", [1], [1n]],
  ["classes", new Point({ x: 1 }), new Place({ x: 1 })],
  ["an instance and a plain object", new Point({ x: 1 }), { x: 1 }],
  ["kinds of typed arrays", new Uint8Array([1]), new Int8Array([1])],
  ["a buffer and bytes", Buffer.from("a"), new Uint8Array([97])],
  ["a Set and a Map", new Set([1]), new Map([[1, undefined]])],
  ["a Set and an array", new Set([1]), [1]],
  ["dates", new Date(5), new Date(6)],
  ["private members that differ", new Hidden(1), new Hidden(2)],
  ["state that is kept beside a class", new Beside(1), new Beside(2)],
  ["circular data", circle(1), circle(2)],
  ["what a class says of itself", new Named("a"), new Named("b")],
];

describe("keys are equal by structure", () => {
  it.each(one)("one key: %s", async (_, a, b) => {
    expect(await keysOf(a, b)).toBe(1);
  });

  it.each(two)("two keys: %s", async (_, a, b) => {
    expect(await keysOf(a, b)).toBe(2);
  });

  it("instances whose private members hide their state count by identity", async () => {
    const hidden = new Hidden(1);
    expect(await keysOf(hidden, hidden)).toBe(1);
    expect(await keysOf(hidden, new Hidden(1))).toBe(2);
  });

  it("data that meets itself more often than can be written is still one key", async () => {
    let shared: unknown = [0];
    for (let i = 0; i < 60; i++) shared = [shared, shared];
    expect(await keysOf([shared], [shared])).toBe(1);
  });
});

it("grouping instances captures their class, not each of them", async () => {
  const items = Bag.range(3000, { npartitions: 3 }).map((i) => new Point({ x: i % 10 }));
  const { result, captures } = await capturesOf(() => items.groupBy((item) => item).compute());
  expect(result).toHaveLength(10);
  expect(captures).toBeLessThan(10);
});
