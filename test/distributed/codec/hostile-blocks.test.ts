import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import {
  FORMAT_VERSION,
  Flag,
  Items,
  Tag,
} from "../../../packages/distributed/src/codec/value/format.ts";
import { decodeElsewhere } from "./decode-elsewhere.ts";

/** A number as the encoder writes it, seven bits a byte. */
function natural(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...natural(Math.floor(value / 128))];
}

const huge = natural(4_294_967_295);
const beyond = natural(Number.MAX_SAFE_INTEGER);
const header = (flags: number, ...bytes: (number | readonly number[])[]): Uint8Array =>
  Uint8Array.from([FORMAT_VERSION, flags, ...bytes.flat()]);
/** A trailer behind a value, with where it begins. */
const withTrailer = (value: number[], trailer: (number | readonly number[])[]): Uint8Array =>
  header(Flag.memory, value, trailer.flat(), [2 + value.length, 0, 0, 0]);
const text = (word: string): number[] => [Tag.shortText + word.length, ...Buffer.from(word)];

const lies: Record<string, Uint8Array> = {
  "nothing at all": new Uint8Array(0),
  "another version": Uint8Array.of(99, 0, 1),
  "facts that nobody knows": header(0x80, 1),
  "no value": header(0),
  "a value and more": header(0, 1, 1),
  "a long array of values": header(0, Tag.array, Items.mixed, huge, 1),
  "a long array of bytes": header(0, Tag.array, Items.uint8, huge, 1),
  "a long array of doubles": header(0, Tag.array, Items.double, beyond, 1),
  "a long array of constants": header(0, Tag.array, Items.constants, huge, Tag.null),
  "a long array of texts": header(0, Tag.array, Items.texts, huge, Items.uint8, 1),
  "a long array of words": header(0, Tag.array, Items.words, huge, 0, 0, 1, Items.uint8, 1, 0),
  "words that are all somewhere else": header(0, Tag.array, Items.words, 1, 1, 1),
  "a number of no word": header(
    0,
    Tag.array,
    [Items.words, 2, 0, 0, 1],
    [1, Items.uint8, 1, 0, 0, 1, 97],
  ),
  "a long list of words": header(0, Tag.array, Items.words, 1, 0, 0, huge, Items.uint8, 1, 0),
  "a long table": header(0, Tag.array, Items.records, huge, 0, 1, text("a"), Items.uint8, 1, 1),
  "a long table, numbered": header(1, Tag.array, Items.records, huge, 0, 1, text("a")),
  "a table without columns": header(0, Tag.array, Items.records, 2, 0, 0),
  "a long table of lists": header(1, Tag.array, Items.lists, huge, Items.uint8, 1),
  "long lists": header(
    0,
    Tag.array,
    Items.lists,
    1,
    Items.int32,
    255,
    255,
    255,
    127,
    Items.mixed,
    0,
  ),
  "tuples of many places": header(0, Tag.array, Items.tuples, 1, huge),
  "a list of gaps": header(0, Tag.array, Items.optional, huge, 0),
  "items of another kind": header(0, Tag.array, 77, 1, 1),
  "a long text": header(0, Tag.text, 0, huge, 65),
  "a text in no alphabet": header(0, Tag.text, 9, 1, 65),
  "half a character": header(0, Tag.text, 2, 1, 65),
  "a text in a buffer that is not there": header(0, Tag.text, 0x80, 0),
  "text for two strings, strings for one": header(
    0,
    Tag.array,
    Items.texts,
    1,
    Items.uint8,
    1,
    0,
    0,
    2,
    65,
    66,
  ),
  "a long bigint": header(0, Tag.bigint, 0, huge, 1),
  "a bigint without digits": header(0, Tag.bigint, 0, 0),
  "a long object": header(0, Tag.object, 0, huge, 1),
  "a key twice": header(0, Tag.object, 0, 2, text("a"), text("a"), 1, 1),
  "a shape that was never given": header(0, Tag.object, 5, 1),
  "a long sparse array": header(0, Tag.sparseArray, beyond, Items.mixed, 0, Items.mixed, 0),
  "a place behind the end": header(0, Tag.sparseArray, 2, Items.uint8, 1, 5, Items.uint8, 1, 1),
  "places backwards": header(0, Tag.sparseArray, 9, Items.uint8, 2, 5, 4, Items.uint8, 2, 1, 1),
  "a Map with a key twice": header(0, Tag.map, Items.uint8, 2, 1, 1, Items.uint8, 2, 1, 1),
  "a Set with a member twice": header(0, Tag.set, Items.uint8, 2, 1, 1),
  "a pattern that is none": header(0, Tag.regexp, text("("), text("g"), 0),
  "a box of nothing": header(0, Tag.boxed, Tag.null),
  "an error of no class": header(0, Tag.error, 99),
  "an object that was never given": header(1, Tag.reference, 7),
  "an object inside of itself by its codec": header(1, Tag.codec, text("URL"), Tag.reference, 0),
  "objects that are put off for ever": header(1, Tag.later, 0),
  "an array put off that becomes a Map": header(
    1,
    Tag.later,
    0,
    Tag.map,
    Items.mixed,
    0,
    Items.mixed,
    0,
  ),
  "a view of no memory": header(0, Tag.view, 1, 0, 0, 1),
  "a view behind its memory": withTrailer(
    [Tag.view, 9, 0, 0, 9],
    [1, 0, 8, 1, 0, 8, 0, [1, 2, 3, 4, 5, 6, 7, 8]],
  ),
  "a small memory of which bytes are missing": withTrailer(
    [Tag.view, 9, 0, 0, 2],
    [1, 0, 8, 1, 0, 8, 0, [1, 2, 3]],
  ),
  "a memory in line for nothing": withTrailer([Tag.view, 2, 0, 0, 2], [1, 0, 3, 1, 0, 1, 0, 7]),
  "a long memory": withTrailer([Tag.buffer, 0], [1, 1, 1, 1, 0, huge, 0]),
  "a memory that grows without end": withTrailer([Tag.buffer, 0], [1, 5, 1, beyond, 1, 0, 0, 0]),
  "many memories": withTrailer([Tag.buffer, 0], [huge]),
  "a trailer before the value": header(Flag.memory, 1, [0, 0, 0, 0]),
  "a trailer behind the end": header(Flag.memory, 1, [255, 255, 255, 255]),
  "a function": header(Flag.functions, Tag.fn, 0),
  "a codec that nobody has": header(0, Tag.codec, text("nobody")),
  "adornments of a number": header(0, Tag.adorned, 0, 1, 0),
  "adornments of a codec's value": header(
    0,
    Tag.adorned,
    3,
    Tag.codec,
    text("URL"),
    text("a:b"),
    0,
  ),
  "a frozen typed array": withTrailer(
    [Tag.adorned, 3, Tag.view, 2, 0, 0, 3, 0],
    [1, 0, 1, 1, 0, 2, 0, [1, 2]],
  ),
  "Arrow, unprepared": header(0, Tag.arrow, 0),
  "too many pieces": header(Flag.pieces, [255, 255, 255, 255]),
  "pieces that end before they begin": header(
    Flag.pieces,
    [1, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 0],
  ),
  "pieces in pieces": header(
    Flag.pieces,
    [1, 0, 0, 0],
    [20, 0, 0, 0],
    [0, 0, 0, 0],
    [FORMAT_VERSION, Flag.pieces, 0, 0, 0, 0],
  ),
  "a thousand levels": header(0, ...Array.from({ length: 5_000 }, () => [Tag.array, 0, 1]), 1),
  "arrays that all claim what is left": header(
    0,
    ...Array.from({ length: 300 }, () => [Tag.array, Items.mixed, ...natural(500_000)]),
    new Array<number>(600_000).fill(0),
  ),
  "tables in tables": header(
    0,
    ...Array.from({ length: 50 }, () => [Tag.array, Items.tuples, 4, 1]),
    1,
  ),
  "an object adorned a thousand times": header(
    0,
    ...Array.from({ length: 5_000 }, () => [Tag.adorned, 0]),
    1,
  ),
};

test("a lie about lengths, kinds or places is an error at once, and takes no memory", async () => {
  const outcomes = await decodeElsewhere("block", Object.values(lies));
  const isRefused = /^distributed\/(corrupt-block|unknown-codec|invalid-argument|not-prepared)$/;
  const wrong = Object.entries(lies).flatMap(([name, { byteLength }], i) => {
    const { outcome, ms, grown } = outcomes[i]!;
    // An item of an array has 8 bytes in memory, and one or more in the block.
    const bytesMax = 16 * byteLength + 4_000_000;
    return isRefused.test(outcome) && ms < 500 && grown < bytesMax
      ? []
      : [`${name}: ${outcome}, ${ms} ms, ${grown} bytes`];
  });
  expect(wrong).toEqual([]);
});

test("the message says what is wrong and what to do", () => {
  const message = (bytes: Uint8Array): string => {
    try {
      return String(decodeValue({ header: bytes, buffers: [] }));
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(message(Uint8Array.of(99, 0, 1))).toMatchInlineSnapshot(
    `"decode: these bytes are not an intact block: it has another version. Send exactly the bytes that were encoded, with one version of @millrace/distributed."`,
  );
  expect(message(header(0, Tag.regexp, text("("), text("g"), 0))).toMatchInlineSnapshot(
    `"decode: these bytes are not an intact block: a value cannot be made. Send exactly the bytes that were encoded, with one version of @millrace/distributed."`,
  );
});

test("a key __proto__ of a block changes no prototype", () => {
  const hostile = [
    JSON.parse('{"__proto__":{"hit":1}}'),
    ...Array.from({ length: 100 }, () => JSON.parse('{"__proto__":{"hit":1},"a":1}') as unknown),
  ];
  const back = decodeValue(encodeValue(hostile)) as object[];
  for (const each of back) {
    expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
    expect(Object.keys(each)[0]).toBe("__proto__");
  }
  expect(({} as { hit?: number }).hit).toBeUndefined();
});

test("keys that look like code make no code", () => {
  const key = "]: (globalThis.hit = 1), [\"`${globalThis.hit = 1}'\u2028";
  const rows = Array.from({ length: 100 }, (_, i) => ({ [key]: i, a: 1 }));
  expect(decodeValue(encodeValue(rows))).toEqual(rows);
  expect((globalThis as { hit?: number }).hit).toBeUndefined();
});

test("buffers too many or too few are an error", () => {
  const { header: bytes, buffers } = encodeValue(new Float64Array(1_000));
  for (const others of [[], [...buffers, ...buffers], [buffers[0]!.subarray(8)]]) {
    expect(() => decodeValue({ header: bytes, buffers: others })).toThrow(
      expect.objectContaining({ code: "distributed/corrupt-block" }),
    );
  }
});

test.each([11, 12])("of damaged blocks all are refused or read, seed %i", async (seed) => {
  const fixture = new URL("fixtures/fuzz-blocks.mjs", import.meta.url).pathname;
  const args = ["--max-old-space-size=256", fixture, String(seed), "10000"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
  const { refused, read } = JSON.parse(stdout) as { refused: number; read: number };
  expect(refused + read).toBe(10_000);
  expect(Math.min(refused, read)).toBeGreaterThan(500);
});
