import { connect } from "node:net";
import { expect, test } from "vitest";

import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { SerializationError } from "../../../packages/distributed/src/errors.ts";
import { hole, holey } from "./drawn-values.ts";

/** The refusal of a value, which must be one. */
function refusal(value: unknown): SerializationError {
  try {
    encodeValue(value);
  } catch (error) {
    if (error instanceof SerializationError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

class Account {
  readonly balance = 1;
}

test("the message names what was found, the way to it, and what to do", () => {
  const named = { rows: [1, 2, 3, { fn: function total() {} }] };
  expect(refusal(named).message).toMatchInlineSnapshot(
    `"encode: a value cannot leave its thread, got the function total at $.rows[3].fn, wanted plain data. Return what it computes, as plain data."`,
  );
  expect(refusal({ a: new Account() }).message).toMatchInlineSnapshot(
    `"encode: a value cannot leave its thread, got an instance of Account at $.a, wanted plain data. Return plain data, or teach its class to travel with registerCodec of @millrace/closure."`,
  );
  expect(refusal([Promise.resolve(1)]).message).toMatchInlineSnapshot(
    `"encode: a value cannot leave its thread, got a Promise at $[0], wanted plain data. Await it first and return what it becomes."`,
  );
  expect(refusal(Symbol("mine")).message).toMatchInlineSnapshot(
    `"encode: a value cannot leave its thread, got the local Symbol(mine) at $, wanted plain data. Make it with Symbol.for, which names it in every thread."`,
  );
  const { code, path, found, name } = refusal(named);
  expect({ code, path, found, name }).toEqual({
    code: "distributed/not-serializable",
    path: "$.rows[3].fn",
    found: "the function total",
    name: "SerializationError",
  });
});

test.each([
  ["a function", () => 1],
  ["a Promise", (async () => 1)()],
  ["a WeakMap", new WeakMap()],
  ["a WeakSet", new WeakSet()],
  ["an instance of WeakRef", new WeakRef({})],
  ["a Proxy", new Proxy({}, {})],
  ["a Proxy", new Proxy([1], {})],
  ["a running generator", (function* () {})()],
  ["an iterator of a Map", new Map().entries()],
  ["a Map of the class Object", Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype)],
  ["a Set", Object.setPrototypeOf(new Set(), null)],
  ["a Date of the class Account", Object.setPrototypeOf(new Date(), Account.prototype)],
  ["an instance of Date", Object.create(Date.prototype)],
  ["an Array of the class List", new (class List extends Array {})()],
  ["a Map of the class Index", new (class Index extends Map {})()],
  ["an Error of the class Missing", new (class Missing extends Error {})()],
  ["a view of memory of the class Bytes", new (class Bytes extends Uint8Array {})(4)],
  ["an instance of Account", new Account()],
  ["an instance of AbortController", new AbortController()],
  ["an object with a prototype of its own", Object.create({ inherited: 1 })],
])("%s is refused", (found, value) => {
  const error = refusal({ deep: [value] });
  expect([error.found.replace(/^a function.*|^the function.*/, "a function"), error.path]).toEqual([
    found,
    "$.deep[0]",
  ]);
});

test("a live handle is refused", () => {
  const socket = connect({ port: 1, lookup: () => {} });
  socket.on("error", () => {});
  expect(refusal({ socket }).found).toBe("an instance of Socket");
  socket.destroy();
});

test("a computed property is refused at its own place, and is not called", () => {
  let calls = 0;
  const rows = Array.from({ length: 40 }, (_, id) => ({ id }));
  Object.defineProperty(rows[7], "total", { get: () => calls++, enumerable: true });
  expect(refusal(rows).path).toBe("$[7].total");
  expect(refusal({ set: { set only(_: unknown) {} } }).path).toBe("$.set.only");
  expect(refusal(Object.defineProperty(holey(1, hole, 3), 0, { get: () => calls++ })).path).toBe(
    "$[0]",
  );
  expect(calls).toBe(0);
});

test("the way leads through maps, sets, causes, boxes, symbol keys and odd names", () => {
  const fn = (): void => {};
  expect(refusal(new Map([["key", { fn }]])).path).toBe('$.get("key").fn');
  expect(refusal(new Map([[{ fn }, 1]])).path).toBe("$.keys()[0].fn");
  expect(refusal(new Set([1, fn])).path).toBe("$.values()[1]");
  expect(refusal({ [Symbol.for("s")]: { "a b": fn } }).path).toBe('$[Symbol(s)]["a b"]');
  expect(refusal(new Error("x", { cause: [fn] })).path).toBe("$.cause[0]");
  expect(refusal({ box: Object(Symbol("local")) }).path).toBe("$.box.valueOf()");
  expect(refusal({ a: { [Symbol("local")]: 1 } }).path).toBe("$.a[Symbol(local)]");
  expect(refusal(Object.assign([1], { fn })).path).toBe("$.fn");
});

test("the way to a part a hundred thousand levels down is short", () => {
  let value: unknown = () => 1;
  for (let i = 0; i < 100_000; i++) value = { next: value };
  const { path } = refusal(value);
  expect(path).toMatch(/^\$(\.next)+…(\.next)+$/);
  expect(path.length).toBeLessThan(300);
});

test("the way through an array of four billion holes is found at once", () => {
  const sparse: unknown[] = [];
  sparse[4_000_000_000] = [() => 1];
  expect(refusal({ sparse }).path).toBe("$.sparse[4000000000][0]");
});

test("the way shows at most forty characters of a key", () => {
  expect(refusal({ ["x ".repeat(1_000)]: () => 1 }).path.length).toBeLessThan(60);
  expect(refusal(new Map([["x".repeat(1_000), () => 1]])).path.length).toBeLessThan(60);
});

test("errors nested in errors by the thousand are refused, not overflowed", () => {
  let error = new Error("first");
  for (let i = 0; i < 5_000; i++) error = new Error("next", { cause: error });
  expect(refusal(error).found).toBe("an Error, nested more than 300 deep");
});

test("memory that was transferred away is refused", () => {
  const memory = new ArrayBuffer(8);
  const view = new Uint8Array(memory);
  structuredClone(memory, { transfer: [memory] });
  expect(refusal({ memory }).message).toMatchInlineSnapshot(
    `"encode: a value cannot leave its thread, got memory that was transferred away, so that nothing is left of it at $.memory, wanted plain data. Return a copy, or do not transfer it."`,
  );
  expect(refusal({ view }).path).toBe("$.view");
  expect(refusal({ view: new DataView(new ArrayBuffer(0)), memory }).path).toBe("$.memory");
});

test("a view whose memory has shrunk away is refused", () => {
  type Resizable = ArrayBuffer & { resize(bytes: number): void };
  const memory = new (ArrayBuffer as never as new (...args: unknown[]) => Resizable)(8, {
    maxByteLength: 8,
  });
  const view = new DataView(memory, 4, 4);
  memory.resize(2);
  expect(refusal([view]).found).toBe("a view whose memory has become too short for it");
});
