import { splitBlocks } from "@millrace/storage";
import { describe, expect, it } from "vitest";
import { failure } from "./scratch.ts";

describe("splitBlocks", () => {
  it("begins block i at i times the block size and cuts the last one", () => {
    expect(splitBlocks(10, 4)).toEqual([
      { offset: 0, length: 4 },
      { offset: 4, length: 4 },
      { offset: 8, length: 2 },
    ]);
  });

  it("makes one block of a file that fits, and none of an empty one", () => {
    expect(splitBlocks(4, 4)).toEqual([{ offset: 0, length: 4 }]);
    expect(splitBlocks(4, 1e9)).toEqual([{ offset: 0, length: 4 }]);
    expect(splitBlocks(0, 4)).toEqual([]);
  });

  it("stays exact beyond 32 bits", () => {
    const blocks = splitBlocks(2 ** 40 + 1, 2 ** 38);
    expect(blocks.at(-1)).toEqual({ offset: 2 ** 40, length: 1 });
    expect(blocks).toHaveLength(5);
  });

  it("refuses what is no size", async () => {
    expect(await failure("", () => splitBlocks(-1, 4))).toMatchInlineSnapshot(
      `"storage/bad-option | splitBlocks: size is no size in bytes, got -1, wanted a whole number, 0 or more."`,
    );
    expect(await failure("", () => splitBlocks(10, 0))).toMatchInlineSnapshot(
      `"storage/bad-option | splitBlocks: blockSize is no size in bytes, got 0, wanted a whole number, 1 or more."`,
    );
    expect(await failure("", () => splitBlocks(1e12, 1))).toMatchInlineSnapshot(
      `"storage/bad-option | splitBlocks: blockSize is no size in bytes, got 1, wanted a whole number, at most 10000000 blocks of the 1000000000000 bytes."`,
    );
    expect(await failure("", () => splitBlocks(10, 1.5))).toContain("storage/bad-option");
  });
});
