import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blockOfRecord,
  packRecord,
  recordBytes,
  recordPieces,
} from "../../../../packages/distributed/src/worker/store/spill-record.ts";
import { differenceOf, drawBlock, isWellRead } from "./drawn-blocks.ts";

const length = fc.oneof(fc.constantFrom(0, 1, 7, 8, 9), fc.nat({ max: 300 }));
const drawn = fc.record({
  seed: fc.nat(),
  headerBytes: length,
  sizes: fc.array(length, { maxLength: 40, size: "max" }),
});

describe("the record of any block", () => {
  it("is the same packed or in pieces, as long as announced, and gives the block back", () => {
    fc.assert(
      fc.property(drawn, fc.nat({ max: 9 }), ({ seed, headerBytes, sizes }, before) => {
        const block = drawBlock(seed, headerBytes, sizes);
        const pieces = Buffer.concat([...recordPieces(block)]);
        expect(pieces.byteLength).toBe(recordBytes(block));
        const packed = Buffer.alloc(before * 8 + pieces.byteLength + 8, 0xff);
        const end = packRecord(packed, before * 8, block);
        expect(end).toBe(packed.byteLength - 8);
        expect(packed.subarray(before * 8, end).equals(pieces)).toBe(true);
        expect(packed.subarray(end).every((byte) => byte === 0xff)).toBe(true);
        const record = new Uint8Array(new SharedArrayBuffer(pieces.byteLength));
        record.set(pieces);
        const got = blockOfRecord(record);
        expect(differenceOf(got, block)).toBe(undefined);
        expect(isWellRead(got)).toBe(true);
      }),
    );
  });

  it("lies so that every typed array fits over it without a copy", () => {
    const block = drawBlock(4, 3, [64, 5, 32]);
    const record = new Uint8Array(new SharedArrayBuffer(recordBytes(block)));
    record.set(Buffer.concat([...recordPieces(block)]));
    const [first, , third] = blockOfRecord(record).buffers as [Uint8Array, Uint8Array, Uint8Array];
    const numbers = new Float64Array(first.buffer, first.byteOffset, 8);
    const integers = new BigInt64Array(third.buffer, third.byteOffset, 4);
    expect([numbers.length, integers.length]).toEqual([8, 4]);
  });
});
