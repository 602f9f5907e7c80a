import { Cut, CutPiece } from "@millrace/graph";
import fc from "fast-check";
import { expect, test } from "vitest";

import { blockBytes } from "../../../packages/distributed/src/codec/block.ts";
import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { pieceCount, sliceBlock } from "../../../packages/distributed/src/codec/pieces.ts";
import { shareBlock } from "../../../packages/distributed/src/codec/share-block.ts";
import { difference } from "./difference.ts";
import { graphs, hole, holey, tables } from "./drawn-values.ts";

test("each piece reads alone as its item, and all together as the array", () => {
  const pieces = fc.array(fc.oneof(graphs, tables), { maxLength: 12, size: "max" });
  fc.assert(
    fc.property(pieces, fc.boolean(), (value, isShared) => {
      const encoded = encodeValue(value, { pieces: true });
      const block = isShared ? shareBlock(encoded) : encoded;
      expect(pieceCount(block)).toBe(value.length);
      const whole = decodeValue(block) as unknown[];
      value.forEach((item, j) => {
        expect(difference(item, decodeValue(sliceBlock(block, j)))).toBeUndefined();
        expect(difference(item, whole[j])).toBeUndefined();
      });
    }),
  );
});

test("a piece is views of the block, with the buffers that are its own", () => {
  const value = [1_000, 2_000, 3_000].map((n) => new Float64Array(n).fill(n));
  const block = encodeValue(value, { pieces: true });
  const piece = sliceBlock(block, 1);
  expect(piece.header.buffer).toBe(block.header.buffer);
  expect(piece.buffers).toEqual([block.buffers[1]]);
  expect(piece.buffers[0]?.buffer).toBe(value[1]?.buffer);
  const bytes = value.map((_, j) => blockBytes(sliceBlock(block, j)));
  expect(bytes.map((n) => n - (n % 1_000))).toEqual([8_000, 16_000, 24_000]);
});

test("a piece of a large array in parts has the bytes of its part", () => {
  const large = new Float64Array(100_000);
  const parts = [0, 1, 2, 3].map((i) => large.subarray(i * 25_000, (i + 1) * 25_000));
  const block = encodeValue(parts, { pieces: true });
  expect(blockBytes(sliceBlock(block, 2))).toBeLessThan(25_000 * 8 + 50);
});

test("only an array that is nothing but its items can be in pieces", () => {
  for (const value of [
    "ab",
    { length: 1 },
    holey(1, hole, 2),
    Object.assign([1], { a: 1 }),
    new Set([1]),
  ]) {
    expect(() => encodeValue(value, { pieces: true })).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
  }
  expect(() => encodeValue("ab", { pieces: true })).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: encode: a value in pieces, got "ab", wanted an array that is nothing but its items, or a Cut. Return an array with one item for each reader.]`,
  );
});

test("the way to what is refused in a piece begins at the array", () => {
  expect(() => encodeValue([1, { a: [Symbol("x")] }], { pieces: true })).toThrow(
    expect.objectContaining({ path: "$[1].a[0]" }),
  );
});

test("a piece that is not there is refused, and so is a block that is not in pieces", () => {
  const block = encodeValue(["a", "b"], { pieces: true });
  for (const j of [-1, 2, 0.5, NaN]) {
    expect(() => sliceBlock(block, j)).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
  }
  expect(() => sliceBlock(block, 2)).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: sliceBlock: there is no such piece, got 2, wanted 0 to 1. Ask pieceCount(block) first.]`,
  );
  expect(() => sliceBlock(encodeValue([], { pieces: true }), 0)).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: sliceBlock: there is no such piece, got 0, wanted none, for there are no pieces. Ask pieceCount(block) first.]`,
  );
  expect(() => pieceCount(encodeValue(["a"]))).toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: decode: these bytes are not an intact block: it is not in pieces. Send exactly the bytes that were encoded, with one version of @millrace/distributed.]`,
  );
});

/** Cuts of arrays of all kinds, some of which each piece gets whole. */
const cuts = fc
  .tuple(
    fc.nat({ max: 9 }),
    fc.array(fc.tuple(fc.nat({ max: 9 }), fc.boolean()), { maxLength: 12 }),
  )
  .chain(([count, drawn]) =>
    fc
      .tuple(
        ...drawn.map(() => fc.array(fc.nat({ max: 40 }), { minLength: count, maxLength: count })),
      )
      .map((sizes) => {
        const parts = drawn.map(([kind, isWhole], n) => {
          const ends = Int32Array.from([0, ...(sizes[n] as number[])]);
          for (let j = 1; j <= count; j++) ends[j] = (ends[j] as number) + (ends[j - 1] as number);
          const bytes = new Uint8Array(8 * (ends[count] as number)).map((_, i) => i * 7 + n);
          const array = new (arrayKinds[kind] as typeof Int8Array)(bytes.buffer, 0, ends[count]);
          return { array, ends: isWhole ? undefined : ends };
        });
        return new Cut(count, { count, names: ["a"] }, parts);
      }),
  );
const arrayKinds = [
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

function plainOf(piece: CutPiece): unknown[] {
  return [piece.rest, ...piece.cut.parts.map((_, n) => piece.array(n))];
}

test("each piece of a cut reads alone as the piece, and all together as the cut", () => {
  fc.assert(
    fc.property(cuts, fc.boolean(), (cut, isShared) => {
      const encoded = encodeValue(cut, { pieces: true });
      const block = isShared ? shareBlock(encoded) : encoded;
      expect(pieceCount(block)).toBe(cut.count);
      for (const copies of [false, true]) {
        const whole = decodeValue(block, { copies }) as Cut;
        expect(whole).toStrictEqual(cut);
        for (let j = 0; j < cut.count; j++) {
          const wanted = plainOf(cut.piece(j));
          expect(plainOf(whole.piece(j))).toStrictEqual(wanted);
          const alone = decodeValue(sliceBlock(block, j), { copies }) as CutPiece;
          expect(alone).toBeInstanceOf(CutPiece);
          expect(plainOf(alone)).toStrictEqual(wanted);
        }
      }
    }),
  );
});

test("a piece of a cut has the bytes of its rows and no more", () => {
  const ends = Int32Array.from({ length: 101 }, (_, j) => 1_000 * j);
  const block = encodeValue(new Cut(100, "rows", [{ array: new Float64Array(100_000), ends }]), {
    pieces: true,
  });
  expect(blockBytes(sliceBlock(block, 99))).toBeLessThan(8_000 + 50);
});

test("cuts and pieces travel inside other values, of a piece just what it has", () => {
  const ends = Int32Array.of(0, 10_000, 10_001);
  const cut = new Cut(2, ["x"], [{ array: new Int32Array(10_001).fill(3), ends }]);
  const block = encodeValue([cut, cut.piece(1)]);
  const [whole, piece] = decodeValue(block) as [Cut, CutPiece];
  expect(whole).toStrictEqual(cut);
  expect(plainOf(piece)).toStrictEqual([["x"], Int32Array.of(3)]);
  expect(blockBytes(encodeValue([cut.piece(1)]))).toBeLessThan(300);
});

test("a block of a cut that was damaged is refused", () => {
  const ends = Int32Array.of(0, 2, 5);
  const cut = new Cut(2, "rest", [{ array: Float64Array.of(1, 2, 3, 4, 5), ends }]);
  const block = encodeValue(cut, { pieces: true });
  const damaged = (change: (header: Uint8Array) => void): (() => unknown) => {
    const header = block.header.slice();
    change(header);
    return () => decodeValue({ header, buffers: block.buffers });
  };
  const corruptBlock = expect.objectContaining({ code: "distributed/corrupt-block" }) as unknown;
  for (const change of [
    (header: Uint8Array): void => void (header[2] = 200),
    (header: Uint8Array): void => void (header[6] = 9),
    (header: Uint8Array): void => void (header[10] = 77),
    (header: Uint8Array): void => void (header[11] = 9),
    (header: Uint8Array): void => void (header[15] = 6),
  ]) {
    expect(damaged(change)).toThrow(corruptBlock);
  }
  for (let length = 0; length < block.header.length; length++) {
    const header = block.header.subarray(0, length);
    expect(() => decodeValue({ header, buffers: block.buffers })).toThrow(corruptBlock);
  }
  expect(() => decodeValue({ header: block.header, buffers: [] })).toThrow(corruptBlock);
  const odd = [new Uint8Array(41)];
  expect(() => decodeValue({ header: block.header, buffers: odd })).toThrow(corruptBlock);
});
