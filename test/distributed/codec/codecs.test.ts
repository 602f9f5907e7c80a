import { execFileSync } from "node:child_process";
import { registerCodec } from "@millrace/closure";
import { List, Map as ImmutableMap } from "immutable";
import { expect, test } from "vitest";

import type { Block } from "../../../packages/distributed/src/codec/block.ts";
import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import {
  hasFunctions,
  preparationFor,
} from "../../../packages/distributed/src/codec/preparation.ts";

class Money {
  readonly #cents: number;
  readonly tags: unknown[];
  constructor(cents: number, tags: unknown[] = []) {
    this.#cents = cents;
    this.tags = tags;
  }
  get cents(): number {
    return this.#cents;
  }
}

registerCodec({
  name: "test.Money",
  test: (value) => value instanceof Money,
  encode: (money: Money) => ({ cents: money.cents, tags: money.tags }),
  decode: ({ cents, tags }: { cents: number; tags: unknown[] }) => new Money(cents, tags),
});

const travelled = <T>(value: T): T => decodeValue(encodeValue(value)) as T;

test("an instance travels by its codec, shared and nested, with what it shares with others", () => {
  const tags = ["new"];
  const money = new Money(250, tags);
  const [a, b, c, d] = travelled([money, { money }, new Money(1, [money]), tags] as const);
  expect(a).toBeInstanceOf(Money);
  expect(a.cents).toBe(250);
  expect(b.money).toBe(a);
  expect(c.tags[0]).toBe(a);
  expect(d).toBe(a.tags);
});

test("the collections of the package immutable and the classes of the web travel", () => {
  const value = {
    list: List([1, ImmutableMap({ a: -0 })]),
    url: new URL("https://a.example/b?c#d"),
    params: new URLSearchParams("a=1&a=2"),
  };
  const back = travelled(value);
  expect(List.isList(back.list)).toBe(true);
  expect(back.list.equals(value.list)).toBe(true);
  expect([back.url.href, String(back.params)]).toEqual([value.url.href, "a=1&a=2"]);
});

test("a payload may be a hundred thousand levels deep", () => {
  let tags: unknown[] = [];
  for (let i = 0; i < 100_000; i++) tags = [tags];
  let back = travelled(new Money(1, tags)).tags;
  for (let i = 0; i < 100_000; i++) back = back[0] as unknown[];
  expect(back).toEqual([]);
});

test("a value that holds itself by way of its codec is refused", () => {
  const money = new Money(1);
  money.tags.push({ money });
  expect(() => encodeValue({ money })).toThrowErrorMatchingInlineSnapshot(
    `[SerializationError: encode: a value cannot leave its thread, got a value whose codec "test.Money" encodes it with itself inside at $.money<test.Money>.tags[0].money, wanted plain data. Break the cycle in the encode function of the codec.]`,
  );
});

test("what a payload holds is refused with the way through the codec", () => {
  expect(() => encodeValue({ rows: [new Money(1, [() => 1])] })).toThrowErrorMatchingInlineSnapshot(
    `[SerializationError: encode: a value cannot leave its thread, got a function at $.rows[0]<test.Money>.tags[0], wanted plain data. Return what it computes, as plain data.]`,
  );
});

test("a codec that throws is named, and what it threw is the cause", () => {
  class Broken {}
  registerCodec({
    name: "test.Broken",
    test: (value) => value instanceof Broken,
    encode: () => {
      throw new Error("no way out");
    },
    decode: () => new Broken(),
  });
  expect(() => encodeValue([new Broken()])).toThrowErrorMatchingInlineSnapshot(
    `[SerializationError: encode: a value cannot leave its thread, got an instance of Broken, whose codec "test.Broken" threw, at $[0], wanted plain data. Mend its function encode; \`cause\` is what it threw.]`,
  );
  expect(() => encodeValue([new Broken()])).toThrow(
    expect.objectContaining({ cause: new Error("no way out") }),
  );
});

test("a codec that cannot make the value again is named", () => {
  class Fragile {}
  const fragile = (decode: () => Fragile): Block => {
    registerCodec({
      name: "test.Fragile",
      test: (value) => value instanceof Fragile,
      encode: () => 1,
      decode,
    });
    return encodeValue(new Fragile());
  };
  const throwing = fragile(() => {
    throw new Error("not here");
  });
  expect(() => decodeValue(throwing)).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: decode: the function decode of the codec "test.Fragile" threw. Mend the codec; \`cause\` is what it threw, if it did.]`,
  );
  const empty = fragile(() => 5 as never);
  expect(() => decodeValue(empty)).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: decode: the function decode of the codec "test.Fragile" gave no object, and only objects have codecs. Mend the codec; \`cause\` is what it threw, if it did.]`,
  );
});

test("nothing is to be awaited for values that need no module", () => {
  for (const value of [1, [new Money(1)], new URL("a:b"), { rows: [{ a: 1 }] }]) {
    expect(preparationFor(encodeValue(value))).toBeUndefined();
    expect(preparationFor(encodeValue([value, value], { pieces: true }))).toBeUndefined();
  }
});

/** What another process says of a value whose codec it may not know. */
function elsewhere(module: string | undefined): string[] {
  const fixture = new URL("fixtures/celsius-reader.mjs", import.meta.url).pathname;
  const args = module === undefined ? [fixture] : [fixture, module];
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split("\n");
}

test("another process imports the module of a codec before it decodes, or says what is missing", () => {
  const module = new URL("fixtures/celsius.mjs", import.meta.url).href;
  expect(elsewhere(module)).toEqual([
    "before: distributed/not-prepared",
    "after: 21 °C, 21 °C",
    "again: nothing to await",
  ]);
  expect(elsewhere(undefined)).toEqual(["before: distributed/unknown-codec", "nothing to await"]);
});

test.each([
  "data:text/javascript,globalThis.hit=1",
  "http://127.0.0.1:1/a.mjs",
  "./a.mjs",
  "/a.mjs",
])("the module %s of a block is never imported", async (module) => {
  class Odd {}
  registerCodec({
    name: `test.${module}`,
    test: (value) => value instanceof Odd,
    encode: () => 1,
    decode: () => new Odd(),
    module,
  });
  const block = encodeValue(new Odd());
  const name = Buffer.from(block.header).lastIndexOf(`test.${module}`);
  block.header[name] = 0x54;
  await expect(preparationFor(block)).rejects.toMatchObject({
    code: "distributed/corrupt-block",
  });
  expect((globalThis as { hit?: number }).hit).toBeUndefined();
});

test("functions travel as numbers for those who can find them by number", () => {
  const known = [Math.max, (x: number) => x + 1];
  const functions = {
    refOf: (fn: (...args: never[]) => unknown) => known.indexOf(fn as never),
    functionAt: (ref: number) => known[ref],
  };
  const value = { f: known[1], list: [known[0], known[1]], n: 1 };
  const block = encodeValue(value, { functions });
  expect(hasFunctions(block)).toBe(true);
  expect(hasFunctions(encodeValue([value.n]))).toBe(false);
  expect(hasFunctions(encodeValue([1, known[0]], { functions, pieces: true }))).toBe(true);
  expect(decodeValue(block, { functions })).toEqual(value);
  expect(() => decodeValue(block)).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: decode: a block has functions in it, got no option functions, wanted one. Pass { functions: { functionAt } } to whoever decodes blocks of programs.]`,
  );
});

test("a function that nobody knows by number is refused, and so is a number that is none", () => {
  const of = (ref: number | undefined): unknown =>
    encodeValue([() => 1], { functions: { refOf: () => ref } });
  expect(() => of(undefined)).toThrow(expect.objectContaining({ path: "$[0]" }));
  for (const ref of [-1, 0.5, NaN]) {
    expect(() => of(ref)).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
  }
  expect(() => of(-1)).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: encode: refOf gave no number for a function, got -1, wanted a whole number from 0, or undefined. Give undefined for a function that is not known.]`,
  );
});

test("what the option functions throws is the cause", () => {
  const block = encodeValue(() => 1, { functions: { refOf: () => 3 } });
  const cause = new Error("no such function");
  const functionAt = (): never => {
    throw cause;
  };
  expect(() => decodeValue(block, { functions: { functionAt } })).toThrow(
    expect.objectContaining({ code: "distributed/invalid-argument", cause }),
  );
});
