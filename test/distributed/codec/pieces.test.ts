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
    `[DistributedError: encode: a value in pieces, got "ab", wanted an array that is nothing but its items. Return an array with one item for each reader.]`,
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
