import fc from "fast-check";
import { expect, it } from "vitest";

import { ByteWriter } from "../../../packages/distributed/src/codec/value/byte-writer.ts";
import { decodeFrom, decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeInto, encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { shareBlock } from "../../../packages/distributed/src/codec/share-block.ts";
import { difference } from "./difference.ts";
import { graphs, lookalikes, numbers, primitives, tables, texts, views } from "./drawn-values.ts";

it("a graph of objects comes back with every detail that the language can tell", () => {
  fc.assert(
    fc.property(graphs, (value) => {
      expect(difference(value, decodeValue(encodeValue(value)))).toBeUndefined();
    }),
    { numRuns: 400 },
  );
});

it("a table comes back as it was, however odd some of its rows are", () => {
  fc.assert(
    fc.property(tables, (value) => {
      expect(difference(value, decodeValue(encodeValue(value)))).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

it("objects that look alike stay apart, and those that stand twice are one", () => {
  fc.assert(
    fc.property(lookalikes, fc.boolean(), (drawn, isAlone) => {
      const value = isAlone ? (drawn as unknown[])[0] : drawn;
      expect(difference(value, decodeValue(encodeValue(value)))).toBeUndefined();
    }),
    { numRuns: 400 },
  );
});

it("lists of one type come back item by item, with gaps and without", () => {
  const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
    fc.array(item, { maxLength: 600, size: "max" });
  const words = (numbered: fc.Arbitrary<number | null>): fc.Arbitrary<unknown> =>
    fc.tuple(texts, list(numbered)).map(([word, drawn]) => {
      return (drawn as (number | null)[]).map((n) => (n === null ? null : `${word}${n}`));
    });
  const lists = fc.oneof(
    list(numbers),
    list(texts),
    list(fc.option(numbers)),
    list(fc.option(texts, { nil: undefined })),
    list(primitives),
    list(fc.array(numbers, { maxLength: 6 })),
    words(fc.nat({ max: 20 })),
    words(fc.nat({ max: 300 })),
    words(fc.option(fc.nat({ max: 30 }))),
  );
  fc.assert(
    fc.property(lists, (value) => {
      expect(difference(value, decodeValue(encodeValue(value)))).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

it("as many words as there are bytes, and one more, come back", () => {
  for (const words of [1, 27, 28, 29, 255, 256, 257, 300]) {
    for (const length of [127, 128, 5_000]) {
      const value = Array.from({ length }, (_, i) => `word ${(i < 40 ? i % 5 : i) % words}`);
      const back = decodeValue(encodeValue(value, { shared: words % 2 === 0 }));
      expect(back).toEqual(value);
    }
  }
});

it("views come back with the same bytes, and share those that they shared", () => {
  fc.assert(
    fc.property(views, (value) => {
      expect(difference(value, decodeValue(encodeValue(value)))).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

it("a block in shared memory gives the same value, and stays as it was", () => {
  fc.assert(
    fc.property(fc.oneof(graphs, tables), fc.boolean(), (value, shared) => {
      const block = encodeValue(value, { shared });
      const moved = shareBlock(block);
      expect(difference(value, decodeValue(moved))).toBeUndefined();
      expect(shareBlock(moved)).toBe(moved);
      for (const bytes of [moved.header, ...moved.buffers]) {
        expect(bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
      }
    }),
  );
});

it("many values in one arena come back each from its own part", () => {
  const values = fc.array(fc.oneof({ weight: 4, arbitrary: primitives }, graphs), {
    maxLength: 60,
    size: "max",
  });
  fc.assert(
    fc.property(values, (drawn) => {
      const arena = new ByteWriter(1);
      const parts = drawn.map((value) => {
        const start = arena.length;
        const buffers = encodeInto(arena, value);
        return { start, end: arena.length, buffers };
      });
      const back = parts.map(({ start, end, buffers }) =>
        decodeFrom(arena.bytes, start, end, buffers),
      );
      drawn.forEach((value, i) => expect(difference(value, back[i])).toBeUndefined());
    }),
  );
});
