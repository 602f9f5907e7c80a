import { expect, test } from "vitest";

import { blockBytes } from "../../../packages/distributed/src/codec/block.ts";
import { ByteWriter } from "../../../packages/distributed/src/codec/value/byte-writer.ts";
import { decodeFrom, decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeInto, encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { difference } from "./difference.ts";
import { hole, holey } from "./drawn-values.ts";

/** The value after a journey; fails where the journey changed it. */
function travelled<T>(value: T): T {
  const back = decodeValue(encodeValue(value)) as T;
  expect(difference(value, back)).toBeUndefined();
  return back;
}

test.each([
  ["undefined", undefined],
  ["null", null],
  ["negative zero", -0],
  ["not a number", NaN],
  ["infinities", [Infinity, -Infinity]],
  ["a double beyond the safe integers", 2 ** 53 + 2],
  ["the smallest double", 5e-324],
  ["bigints of any size", [0n, -1n, 2n ** 64n, -(2n ** 1000n)]],
  ["half a pair of characters", "a\ud800b"],
  ["symbols that every thread has", [Symbol.for("x"), Symbol.for(""), Symbol.hasInstance]],
  ["dates, also invalid ones", [new Date(0), new Date(-8.64e15), new Date(NaN)]],
  ["a pattern with its place", Object.assign(/a(?<b>c)/dgimsuy, { lastIndex: 3 })],
  [
    "a pattern with properties that hide what it is",
    Object.defineProperties(/a/g, { source: { value: "b" }, global: { value: false } }),
  ],
  [
    "boxed primitives",
    [Object(1), Object("ab"), Object(false), Object(1n), Object(Symbol.for("s"))],
  ],
  ["an object without prototype", Object.assign(Object.create(null), { a: 1 })],
  ["a key __proto__", JSON.parse('{"__proto__":{"a":1},"b":2}')],
  ["symbol keys", { [Symbol.for("a")]: 1, b: 2, [Symbol.iterator]: 3 }],
  ["keys in their order, numbers first", { b: 1, 2: 0, a: 2, 1: 0 }],
  ["what a pattern matched, with its properties", /b(c)?/.exec("abd")],
  ["a template, with what is hidden in it", ((strings: TemplateStringsArray) => strings)`a\n`],
  ["arguments by name and number", { length: 2, 0: "a", 1: "b" }],
  ["an array with holes", holey(1, hole, 3, hole)],
  ["an array of nothing but a length", new Array(7)],
  ["gaps and holes apart", holey(undefined, hole, null, undefined)],
])("%s", (_, value) => {
  travelled(value);
});

test("a long string comes back, in one byte a character, in two, and with a few that are wider", () => {
  for (const text of ["x", "é", "€", "x".repeat(50) + "€", "\udfff"]) {
    travelled(text.repeat(200_000));
    travelled([text.repeat(100_000), text, text.repeat(20_000), ""]);
  }
});

test("an array with one item at the end of four billion places takes no four billion places", () => {
  const array: unknown[] = [];
  array[4_294_967_294] = "last";
  const block = encodeValue(array);
  expect(blockBytes(block)).toBeLessThan(40);
  const back = decodeValue(block) as unknown[];
  expect(back.length).toBe(4_294_967_295);
  expect(Object.keys(back)).toEqual(["4294967294"]);
});

test("what is frozen, sealed or closed stays so, with the attributes of each property", () => {
  const odd = Object.defineProperties(
    {},
    {
      hidden: { value: 1, writable: true, configurable: true },
      fixed: { value: 2, enumerable: true },
    },
  );
  travelled([
    Object.freeze({ a: Object.freeze([1, 2]) }),
    Object.seal({ a: 1 }),
    Object.preventExtensions(new Map([[1, 2]])),
    Object.freeze(Object.assign([1], { more: true })),
    Object.freeze(new Error("frozen")),
    odd,
  ]);
});

test("errors keep class, message, stack, cause and fields", () => {
  const system = Object.assign(new Error("no file"), { code: "ENOENT", errno: -2 });
  const back = travelled([
    new TypeError("a", { cause: new RangeError("b", { cause: undefined }) }),
    new AggregateError([new Error("one"), "two"], "all"),
    system,
    Object.defineProperty(new Error("x"), "stack", { value: 5 }),
  ]);
  expect(back[0]).toBeInstanceOf(TypeError);
  expect((back[1] as AggregateError).errors[0]).toBeInstanceOf(Error);
});

test("errors in errors travel to a depth that no stack of causes has, frozen or not", () => {
  for (const close of [<T>(error: T) => error, Object.freeze]) {
    let error: unknown = { deep: true };
    for (let i = 0; i < 250; i++) error = close(new Error(`${i}`, { cause: error }));
    travelled(error);
  }
});

test("a DOMException keeps its name and code", () => {
  const thrown = new DOMException("gone", "AbortError");
  const back = decodeValue(encodeValue(thrown)) as DOMException;
  expect(back).toBeInstanceOf(DOMException);
  expect([back.name, back.message, back.code, back.stack]).toEqual([
    "AbortError",
    "gone",
    20,
    thrown.stack,
  ]);
});

test("what is the same object in two places is one afterwards, and cycles close", () => {
  const shared = { n: 1 };
  const cycle: Record<string, unknown> = { shared, rows: [shared, { shared }, shared] };
  cycle["self"] = cycle;
  cycle["map"] = new Map<unknown, unknown>([[cycle, new Set([cycle])]]);
  const rows = Array.from({ length: 10 }, (_, i) => ({
    i,
    owner: cycle,
    next: undefined as unknown,
  }));
  rows.forEach((row, i) => (row.next = rows[(i + 1) % rows.length]));
  travelled([cycle, rows, rows]);
});

test("what lies too deep for the stack is shared, and closes cycles, like anything else", () => {
  const root: Record<string, unknown> = { name: "root" };
  let parent = root;
  for (let i = 0; i < 1_000; i++) {
    const child = { i, parent, root, list: [parent, new Map([[parent, root]])] };
    parent["child"] = child;
    parent = child;
  }
  travelled([root, parent]);
});

test("mostly ASCII text with half a pair in it is not made UTF-8", () => {
  for (const text of ["a".repeat(90) + "€", "a".repeat(90) + "\udc00", "\ud800" + "a".repeat(90)]) {
    travelled([text, [text, "b", text, "c"]]);
  }
});

test("objects that are known are found among rows, and rows among objects", () => {
  const shared = { id: 3, of: 1 };
  const rows = Array.from({ length: 10 }, (_, id) => (id === 3 ? shared : { id, of: 1 }));
  travelled([shared, rows]);
  travelled([rows, shared, [rows[5]]]);
  const twin = { n: 2 };
  travelled([{ n: 1 }, twin, twin, { n: 3 }, { n: 4 }]);
  travelled([[0, 1], [1, 1], ...Array<number[]>(3).fill([2, 2]), [3, 3]]);
  const row: unknown[] = [1, 2];
  travelled({ rows: [[0, 1], row, [2, 1], [3, row]], row });
});

test.each<[string, number, (inner: unknown) => unknown, (outer: never) => unknown]>([
  ["objects", 1_000_000, (inner) => ({ inner }), ({ inner }: { inner: unknown }) => inner],
  ["arrays", 1_000_000, (inner) => [inner], ([inner]: [unknown]) => inner],
  ["Maps", 100_000, (inner) => new Map([[0, inner]]), (map: Map<number, unknown>) => map.get(0)],
])("%s nested %i deep need no stack", (_, levels, wrap, unwrap) => {
  let value: unknown = "end";
  for (let i = 0; i < levels; i++) value = wrap(value);
  value = decodeValue(encodeValue(value));
  for (let i = 0; i < levels; i++) value = unwrap(value as never);
  expect(value).toBe("end");
});

test("a number of few digits takes three bytes, a word its letters and three", () => {
  expect(encodeValue(42).header.length).toBe(3);
  expect(encodeValue("word").header.length).toBe(7);
  expect(encodeValue({ sum: 3 }).header.length).toBeLessThan(12);
});

test("a table names its keys once, and a column of small numbers takes a byte a row", () => {
  const rows = Array.from({ length: 1_000 }, (_, i) => ({ aLongNameOfAColumn: i % 100, b: true }));
  expect(blockBytes(encodeValue(rows))).toBeLessThan(2_100);
});

test("a refusal leaves the arena as it was", () => {
  const arena = new ByteWriter();
  encodeInto(arena, 1);
  const before = arena.length;
  expect(() => encodeInto(arena, { a: [1, () => 2] })).toThrow();
  expect(arena.length).toBe(before);
  encodeInto(arena, "after");
  expect(decodeFrom(arena.bytes, before, arena.length)).toBe("after");
});

test("a header is memory of its own, that later encodings do not write into", () => {
  const first = encodeValue([1, 2, 3]);
  encodeValue(["something", "else", "entirely"]);
  expect(decodeValue(first)).toEqual([1, 2, 3]);
  expect(first.header.buffer.byteLength).toBe(first.header.byteLength);
});

test("where no code may be made from text, rows are made one key after the other", async () => {
  const { execFileSync } = await import("node:child_process");
  const codec = new URL("../../../packages/distributed/dist/codec/", import.meta.url);
  const program = `
    const { encodeValue } = await import("${codec.href}encode-value.js");
    const { decodeValue } = await import("${codec.href}decode-value.js");
    const rows = Array.from({ length: 500 }, (_, i) => JSON.parse('{"__proto__":1,"b":' + i + "}"));
    process.stdout.write(JSON.stringify(decodeValue(encodeValue(rows))) === JSON.stringify(rows) ? "same" : "other");`;
  const flags = ["--disallow-code-generation-from-strings", "--input-type=module", "-e", program];
  expect(execFileSync(process.execPath, flags, { encoding: "utf8" })).toBe("same");
});
