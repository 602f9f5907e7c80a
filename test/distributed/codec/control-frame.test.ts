import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { expect, test } from "vitest";

import {
  decodeControl,
  encodeControl,
} from "../../../packages/distributed/src/codec/control/control-frame.ts";
import {
  CONTROL_LIMITS,
  GREETING_LIMITS,
} from "../../../packages/distributed/src/codec/control/control-limits.ts";
import { decodeElsewhere } from "./decode-elsewhere.ts";
import { difference } from "./difference.ts";
import { numbers, texts } from "./drawn-values.ts";

/** A frame around any MessagePack. */
function framed(body: Uint8Array | readonly number[], columns: readonly number[] = []): Uint8Array {
  const frame = encodeControl(null);
  const bytes = Uint8Array.from([...frame.subarray(0, 8), ...body, ...columns]);
  new DataView(bytes.buffer).setUint32(4, body.length, true);
  return bytes;
}

const ints = (...values: number[]): Int32Array => Int32Array.from(values);

test("a message comes back exactly, with typed arrays and what MessagePack has no form for", () => {
  const message = {
    op: "compute",
    ids: ints(1, -2, 3),
    bytes: new Uint8Array([1, 2]),
    longs: BigInt64Array.of(-5n),
    halves: [new Float32Array(3), new Uint16Array(0), new Float64Array([NaN, -0])],
    odd: [-0, undefined, NaN, Infinity, 2 ** 40, 1.5, -1, -129, 65_536, 2 ** 53],
    texts: ["", "é", "\ud800", "\ufeffmark" + "x".repeat(80), "x".repeat(70_000)],
    keys: Object.fromEntries(["then", "toJSON", "hasOwnProperty", ""].map((key) => [key, null])),
    empty: [{}, []],
  };
  expect(difference(message, decodeControl(encodeControl(message)))).toBeUndefined();
});

test("any message of plain data and columns comes back", () => {
  const columns = fc.oneof(
    fc.uint8Array().map((array) => Uint8Array.from(array)),
    fc.int32Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
  );
  const keys = texts.filter(
    (key) =>
      !["__proto__", "constructor", "prototype"].includes(key) &&
      /^(?!\ufeff)\P{Surrogate}*$/u.test(key),
  );
  const { message } = fc.letrec<{ message: unknown }>((tie) => ({
    message: fc.oneof(
      { depthSize: "small", maxDepth: 5 },
      fc.oneof(numbers, texts, fc.constantFrom(null, undefined, true, false), columns),
      fc.array(tie("message"), { maxLength: 8, size: "max" }),
      fc.dictionary(keys, tie("message"), { maxKeys: 6, noNullPrototype: true, size: "max" }),
    ),
  }));
  fc.assert(
    fc.property(message, (drawn) => {
      expect(difference(drawn, decodeControl(encodeControl(drawn)))).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

test("columns are views of an aligned frame, and copies of any other", () => {
  const message = { op: "done", ids: ints(1, 2, 3), sizes: Float64Array.of(1.5) };
  const frame = encodeControl(message);
  const back = decodeControl(frame) as typeof message;
  expect([back.ids.buffer, back.sizes.buffer]).toEqual([frame.buffer, frame.buffer]);
  const odd = new Uint8Array(frame.length + 1);
  odd.set(frame, 1);
  expect(decodeControl(odd.subarray(1))).toEqual(message);
});

test("a Buffer arrives as a Uint8Array, and what it is cut from stays behind", () => {
  const message = [Buffer.from("pool"), ints(1, 2, 3, 4).subarray(1, 3)];
  const frame = encodeControl(message);
  expect(frame.length).toBeLessThan(48);
  expect(decodeControl(frame)).toEqual([Uint8Array.from(Buffer.from("pool")), ints(2, 3)]);
});

test("neither side remembers a message: frames are read in any order, any number of times", () => {
  const frames = Array.from({ length: 200 }, (_, i) =>
    encodeControl({ op: `op${i % 7}`, [`field${i % 50}`]: i, same: "shape" }),
  );
  for (const i of [199, 3, 3, 77, 0, 150]) {
    const frame = frames[i] as Uint8Array;
    expect(decodeControl(frame)).toEqual({
      op: `op${i % 7}`,
      [`field${i % 50}`]: i,
      same: "shape",
    });
  }
});

test("what is no plain data is refused where it is encoded, with the way to it", () => {
  for (const value of [
    1n,
    Symbol("x"),
    () => 1,
    new Map(),
    new Date(),
    new DataView(new ArrayBuffer(1)),
  ]) {
    expect(() => encodeControl({ a: [value] })).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
  }
  expect(() =>
    encodeControl({ rows: [1, { at: new Date(0) }] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: encodeControl: a message cannot be sent, got a Date at $.rows[1].at, wanted plain data. Send a value as a block.]`,
  );
  expect(() => encodeControl(JSON.parse('{"__proto__":1}'))).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: encodeControl: a message cannot be sent, got the key "__proto__", wanted a key that is text and means nothing to every object. Rename it.]`,
  );
  expect(() => encodeControl({ "\ud800": 1 })).toThrow();
});

test("what its reader would refuse for its size is refused by its writer", () => {
  const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 0);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const message of [deep, cycle, new Uint8Array(2_000_000), "x".repeat(2_000_000)]) {
    expect(() => encodeControl(message)).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
  }
  expect(() => encodeControl(new Uint8Array(2_000_000))).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: encodeControl: a message cannot be sent, got a message of 2000016 bytes, wanted up to 1048576. Send less at a time.]`,
  );
  expect(() => encodeControl({ token: "x".repeat(5_000) }, GREETING_LIMITS)).toThrow();
  const hello = encodeControl({ token: "x".repeat(64) }, GREETING_LIMITS);
  expect(decodeControl(hello, GREETING_LIMITS)).toEqual({ token: "x".repeat(64) });
});

test("the largest message within the limits passes, and one more value does not", () => {
  const { nodesMax, depthMax } = CONTROL_LIMITS;
  const nest = (levels: number): unknown =>
    Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 0);
  expect(decodeControl(encodeControl(nest(depthMax)))).toEqual(nest(depthMax));
  expect(() => decodeControl(framed(new Packr().pack(nest(depthMax + 1))))).toThrow(/32 levels/);
  const many = new Array<number>(nodesMax - 1).fill(0);
  expect(decodeControl(encodeControl(many))).toEqual(many);
  expect(() => decodeControl(framed(new Packr().pack([...many, 0])))).toThrow(/100000 values/);
});

const bomb = (levels: number): number[] => {
  // A DAG of 25 levels in a few hundred bytes: each level holds the one below twice, by pointer.
  const bytes = [0x92];
  for (let i = 0; i < levels; i++) bytes.push(0xd6, 0x69, 0, 0, 0, i, 0x92, 0xd6, 0x70, 0, 0, 0, i);
  return bytes;
};
const map = (...pairs: (number | readonly number[])[]): number[] => pairs.flat() as number[];
const key = (name: string): number[] => [0xa0 + name.length, ...Buffer.from(name)];

const payloads: Record<string, Uint8Array> = {
  nothing: new Uint8Array(0),
  "random bytes": Uint8Array.from({ length: 500 }, (_, i) => (i * 167) % 256),
  "a version of nobody": Uint8Array.of(9, 0, 0, 0, 1, 0, 0, 0, 1),
  "a body longer than its frame": Uint8Array.of(1, 0, 0, 0, 9, 0, 0, 0, 1),
  truncated: encodeControl({ op: "done", ids: ints(1, 2, 3) }).subarray(0, 30),
  "trailing bytes": framed([0x01, 0x01]),
  "bytes behind the columns": framed([0x01], [1, 2, 3]),
  "arrays a million deep": framed(new Uint8Array(1_000_000).fill(0x91)),
  "arrays five million deep": framed(new Uint8Array(5_000_000).fill(0x91)),
  "maps two hundred thousand deep": framed(
    Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.from([0x81, 0xa1, 0x61]))),
  ),
  "array32 of 2^32 - 1": framed([0xdd, 255, 255, 255, 255, 1]),
  "map32 of 2^32 - 1": framed([0xdf, 255, 255, 255, 255, 0xa1, 0x61]),
  "str32 of 2^32 - 1": framed([0xdb, 255, 255, 255, 255, 0x61]),
  "bin32 of 2^32 - 1": framed([0xc6, 255, 255, 255, 255, 0]),
  "nested array16": framed(Array.from({ length: 30 }, () => [0xdc, 255, 255]).flat()),
  "sixteen megabytes of empty maps": framed(
    Buffer.concat([Buffer.from([0xdd, 0, 0xff, 0xff, 0xff]), Buffer.alloc(16_777_215, 0x80)]),
  ),
  "a megabyte of empty maps": framed(
    Buffer.concat([Buffer.from([0xdd, 0, 15, 0, 0]), Buffer.alloc(983_040, 0x80)]),
  ),
  "an error that becomes a native function": framed([
    0xc7,
    0x1c,
    0x65,
    0x92,
    ...key("__lookupGetter__"),
    ...key("__proto__"),
  ]),
  "a thenable of that function": framed(
    map(0x81, key("then"), [0xc7, 0x12, 0x65, 0x92, ...key("__lookupGetter__").slice(0, 17)]),
  ),
  "an error that is the internal table": framed([0xc7, 9, 0x65, 0x92, ...key("valueOf"), 0xa0]),
  "pointers, 25 levels": framed(bomb(25)),
  "pointers and a trailing byte": framed([...bomb(24), 0x01]),
  "pointers, 40 levels and a trailing byte": framed([...bomb(40), 0x01]),
  "a bigint of 8 MB and a trailing byte": framed(
    Buffer.concat([
      Buffer.from([0xc9, 0, 0x7f, 0xff, 0xff, 0x42]),
      Buffer.alloc(0x7fffff, 7),
      Buffer.of(1),
    ]),
  ),
  "a bigint within the frame": framed(
    Buffer.concat([Buffer.from([0xc8, 0xff, 0xff, 0x42]), Buffer.alloc(0xffff, 7), Buffer.of(1)]),
  ),
  "a bundle of negative size": framed([0xd6, 0x62, 0xff, 0xff, 0xff, 0xf6, 0x01, 0x02]),
  "record definitions": framed([
    0x9f,
    ...Array.from({ length: 15 }, (_, i) => [0xd4, 0x72, 0x40 + i, 0x91, 0xa1, 0x61 + i, 1]).flat(),
  ]),
  "a pattern": framed([0xc7, 10, 0x78, 0x92, ...key("(a+)+$"), 0xa0]),
  "a set": framed([0xc7, 2, 0x73, 0x91, 1]),
  "a timestamp": framed([0xd6, 0xff, 0, 0, 0, 1]),
  "an undefined of the library": framed([0xd4, 0, 0]),
  "a byte that is never used": framed([0xc1]),
  "a bundled string": framed([0xc1, 0xc1]),
  "an int64": framed([0xd3, 0, 0, 0, 0, 0, 0, 0, 1]),
  "a float32": framed([0xca, 0, 0, 0, 0]),
  "a key __proto__": framed(map(0x81, key("__proto__"), 0x80)),
  "a key __proto__ by another length": framed(
    map(0x81, [0xd9, 9], [...Buffer.from("__proto__")], 0x80),
  ),
  "a key constructor": framed(map(0x81, key("constructor"), 0x80)),
  "a key prototype, deep": framed(map(0x91, 0x81, key("a"), 0x81, key("prototype"), 1)),
  "a key that is a number": framed(map(0x81, 1, 1)),
  "a key that is an array": framed(map(0x81, 0x90, 1)),
  "a key in a text of 32 bits": framed(map(0x81, [0xdb, 0, 0, 0, 1, 0x61], 1)),
  "bytes that describe no column": framed([0xc4, 3, 0, 0, 0]),
  "a column longer than its frame": framed([0xc4, 5, 5, 255, 255, 255, 255]),
  "a column of no kind": framed([0xc4, 5, 63, 0, 0, 0, 0]),
  "a column with half an element": framed([0xc4, 5, 5, 2, 0, 0, 0], [0, 1, 2]),
  "two columns in the place of one": framed(
    [0x92, 0xc4, 5, 0, 8, 0, 0, 0, 0xc4, 5, 0, 8, 0, 0, 0],
    [0, ...new Array<number>(8).fill(1)],
  ),
};

test("every hostile payload is refused in a moment, without memory", async () => {
  const outcomes = await decodeElsewhere("frame", Object.values(payloads));
  const wrong = Object.keys(payloads).flatMap((name, i) => {
    const { outcome, ms, grown } = outcomes[i]!;
    const bytes = Object.values(payloads)[i]!.byteLength;
    return outcome === "distributed/corrupt-frame" && ms < 250 && grown < 2 * bytes + 4_000_000
      ? []
      : [`${name}: ${outcome}, ${ms} ms, ${grown} bytes`];
  });
  expect(wrong).toEqual([]);
});

test("of damaged frames all are refused or read", () => {
  const frames = [
    { op: "compute", ids: ints(1, 2, 3), args: ["a", { b: [1.5, -0, null] }], t: true },
    [undefined, "\ud800", new Float64Array(5), "x".repeat(300), 70_000],
  ].map((message) => encodeControl(message));
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.nat({ max: 1 }), damage, fc.nat({ max: 200 }), (which, changes, cut) => {
      const frame = Uint8Array.from(frames[which]!);
      for (const [at, byte] of changes) frame[at % frame.length] = byte;
      try {
        decodeControl(cut < 20 ? frame.subarray(0, frame.length - cut) : frame);
      } catch (error) {
        expect(error).toMatchObject({ code: "distributed/corrupt-frame" });
      }
    }),
    { numRuns: 5_000 },
  );
});

test("the message of a refusal says what was found and what to do", () => {
  expect(() => decodeControl(framed([0xc7, 2, 0x73, 0x91, 1]))).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: decode: a control frame is not intact, got the byte 0xc7, which no message has, wanted what encodeControl writes. Close the connection; use one version of @millrace/distributed on both sides.]`,
  );
  expect(() => decodeControl(framed([1, 1]))).toThrow(/got bytes behind the message/);
  expect(() => decodeControl(new Uint8Array(2_000_000))).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: decode: a control frame is not intact, got 2000000 bytes, wanted what encodeControl writes. Close the connection; use one version of @millrace/distributed on both sides.]`,
  );
});
