import * as zstd from "@bokuweb/zstd-wasm";
import fc from "fast-check";
import { compressFrameSync } from "lz4-napi";
import { beforeAll, expect, it } from "vitest";

import { inflatedBuffers } from "../../../packages/dataframe/dist/io/ipc/inflated-buffers.js";
import { readLz4Frame } from "../../../packages/dataframe/dist/io/ipc/lz4-frame.js";

beforeAll(async () => zstd.init());

/** Bytes that repeat themselves, at any distance, and bytes that do not. */
const bytes = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40, size: "max" }), fc.integer({ min: 1, max: 60 })), {
    maxLength: 6,
    size: "max",
  })
  .map((parts) =>
    Buffer.concat(parts.flatMap(([some, times]) => Array(times).fill(some) as Uint8Array[])),
  );

/** A buffer as Arrow compresses it: its length, or -1 where it is not smaller. */
function compressed(given: Uint8Array, codec: "lz4" | "zstd"): Uint8Array {
  if (given.length === 0) return given;
  const small = codec === "lz4" ? compressFrameSync(Buffer.from(given)) : zstd.compress(given);
  const isSmaller = small.length < given.length;
  const length = Buffer.alloc(8);
  length.writeBigInt64LE(isSmaller ? BigInt(given.length) : -1n);
  return Buffer.concat([length, isSmaller ? small : given]);
}

it("buffers come back as they were before LZ4 or Zstandard, or without either", async () => {
  const drawn = fc.array(bytes, { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(drawn, fc.constantFrom("lz4", "zstd"), async (buffers, codec) => {
      const stored = buffers.map((one) => compressed(one, codec));
      const found = await inflatedBuffers(stored, codec);
      const isSame = found.map((one, i) => Buffer.compare(one, buffers[i] as Uint8Array) === 0);
      expect(isSame).toEqual(buffers.map(() => true));
    }),
  );
});

it("a damaged frame is refused, or gives as many bytes", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(bytes, changes, (given, changed) => {
      const frame = Uint8Array.from(compressFrameSync(Buffer.from(given)));
      for (const [place, by] of changed) {
        const at = place % frame.length;
        frame[at] = (frame[at] as number) ^ by;
      }
      let found: Uint8Array | undefined;
      try {
        found = readLz4Frame(frame, given.length);
      } catch (error) {
        const isRefusal =
          error instanceof RangeError || (error as { code?: string }).code === "dataframe/bad-file";
        if (!isRefusal) throw error;
      }
      expect(found?.length ?? given.length).toBe(given.length);
    }),
  );
});
