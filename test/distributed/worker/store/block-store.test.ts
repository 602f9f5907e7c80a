import { statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Block } from "../../../../packages/distributed/src/codec/block.ts";
import { BlockStore } from "../../../../packages/distributed/src/worker/store/block-store.ts";
import { gate } from "../../../lib/gate.ts";
import { differenceOf, drawBlock, isWellRead } from "./drawn-blocks.ts";
import { faultyFileSystem } from "./faulty-file-system.ts";
import { failureOf, openStore, quiet, spillFiles } from "./opened-store.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

const folder = scratchFolder();
const blockOf = (bytes: number, seed = bytes): Block => drawBlock(seed, 0, [bytes]);

describe("a store with room", () => {
  it("gives the very block that was put, and has nothing on disk", async () => {
    const { store } = await openStore(folder);
    const block = blockOf(1000);
    expect(store.put(1, 2, block)).toBe(true);
    expect([store.get(1, 2), store.peek(1, 2), await store.load(1, 2)]).toEqual([
      block,
      block,
      block,
    ]);
    expect(store.get(1, 2)).toBe(block);
    expect([store.where(1, 2), store.where(1, 3), store.where(2, 2)]).toEqual([
      "memory",
      undefined,
      undefined,
    ]);
    expect(spillFiles(store)).toEqual([]);
    expect(store.stats().memory).toEqual({ count: 1, bytes: 1000 });
    await store.close();
  });

  it("keeps the first value of a name", async () => {
    const { store } = await openStore(folder);
    const first = blockOf(10);
    expect(store.put(2 ** 31 - 1, 2 ** 32 - 1, first)).toBe(true);
    expect(store.put(2 ** 31 - 1, 2 ** 32 - 1, blockOf(20))).toBe(false);
    expect(store.get(2 ** 31 - 1, 2 ** 32 - 1)).toBe(first);
    expect(store.stats().memory.bytes).toBe(10);
    await store.close();
  });

  it("knows nothing of what was deleted, or never put", async () => {
    const { store } = await openStore(folder);
    store.put(1, 0, blockOf(10));
    expect(store.delete(1, 0)).toBe(true);
    for (const call of [
      store.delete(1, 0),
      store.pin(1, 0),
      store.unpin(1, 0),
      store.get(1, 0) !== undefined,
      store.peek(1, 0) !== undefined,
    ]) {
      expect(call).toBe(false);
    }
    expect(await failureOf(store, () => store.load(1, 0))).toMatchInlineSnapshot(
      `"distributed/unknown-block | load: there is no such block, got 1 (version 0), wanted one that was put and not deleted. Fetch the value from a worker that has it."`,
    );
    await store.close();
  });

  it("refuses names, priorities and options that are none", async () => {
    const { store } = await openStore(folder);
    const block = blockOf(1);
    const calls = [
      () => store.put(-1, 0, block),
      () => store.put(2 ** 31, 0, block),
      () => store.put(0.5, 0, block),
      () => store.put(0, 2 ** 32, block),
      () => store.put(0, -1, block),
      () => store.put(0, 0, block, { priority: 128 }),
      () => store.put(0, 0, block, { priority: 0.5 }),
      () => BlockStore.open({ localDirectory: folder, memoryBytes: 1, memoryLimit: 2 } as never),
      () => BlockStore.open({ localDirectory: folder, memoryBytes: 1, constructor: 2 } as never),
      () => BlockStore.open({ localDirectory: folder, memoryBytes: -1 }),
    ];
    const messages = await Promise.all(calls.map((call) => failureOf(store, call)));
    expect(messages).toMatchInlineSnapshot(`
      [
        "distributed/invalid-argument | put: the id is out of range, got -1, wanted an integer from 0 to 2^31 - 1.",
        "distributed/invalid-argument | put: the id is out of range, got 2147483648, wanted an integer from 0 to 2^31 - 1.",
        "distributed/invalid-argument | put: the id is out of range, got 0.5, wanted an integer from 0 to 2^31 - 1.",
        "distributed/invalid-argument | put: the version is out of range, got 4294967296, wanted an integer from 0 to 2^32 - 1.",
        "distributed/invalid-argument | put: the version is out of range, got -1, wanted an integer from 0 to 2^32 - 1.",
        "distributed/invalid-argument | put: the priority is out of range, got 128, wanted an integer from -128 to 127.",
        "distributed/invalid-argument | put: the priority is out of range, got 0.5, wanted an integer from -128 to 127.",
        "distributed/invalid-argument | BlockStore.open: no such option, got "memoryLimit", wanted one of localDirectory, memoryBytes, targetFraction, spillFraction, pauseFraction, resumeFraction, diskBytesMax, diskRetryMs, segmentBytes, segmentBlocksMax, largeBytes, writesMax, writingBytesMax, readingBytesMax, deadBytesMax, reclaimBytes, onEvicted, onPressure, onWarning, fileSystem, rssBytes, nowMs.",
        "distributed/invalid-argument | BlockStore.open: no such option, got "constructor", wanted one of localDirectory, memoryBytes, targetFraction, spillFraction, pauseFraction, resumeFraction, diskBytesMax, diskRetryMs, segmentBytes, segmentBlocksMax, largeBytes, writesMax, writingBytesMax, readingBytesMax, deadBytesMax, reclaimBytes, onEvicted, onPressure, onWarning, fileSystem, rssBytes, nowMs.",
        "distributed/invalid-argument | BlockStore.open: memoryBytes is out of range, got -1, wanted a number of bytes above 0, or Infinity. Name the limit of the process.",
      ]
    `);
    expect(store.stats().memory.count).toBe(0);
    await store.close();
  });
});

describe("a store without room", () => {
  it("writes small blocks together, large ones alone, and gives them back in shared memory", async () => {
    const { store, told } = await openStore(folder);
    const blocks = [
      ...Array.from({ length: 20 }, (_, index) => drawBlock(index, 30, [200, 0, 70])),
      blockOf(30_000, 5),
      blockOf(20_000, 6),
      blockOf(50_000, 7),
    ];
    for (const [id, block] of blocks.entries()) store.put(id, 0, block);
    await quiet(store);
    // 20 small blocks in one segment and the first large one; then it is below the mark.
    expect(spillFiles(store)).toEqual(["1.spill", "2.spill", "3.spill"]);
    expect(told.evicted.flat()).toEqual(Array.from({ length: 22 }, (_, id) => `${id}.0`));
    expect(store.stats()).toMatchObject({
      memory: { count: 1, bytes: 50_000 },
      disk: { count: 22, bytes: 56_000 },
      files: { count: 3, deadBytes: 0 },
      total: { writes: 3, writtenBytes: 56_000, evictedCount: 22, evictedBytes: 56_000 },
    });
    const sizes = spillFiles(store).map((name) => statSync(join(store.directory.path, name)));
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBe(store.stats().files.bytes);
    expect(sizes.map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    const wanted = blocks.slice(0, 22);
    const got = await Promise.all(wanted.map((_, id) => store.load(id, 0)));
    expect(got.map((block, id) => differenceOf(block, wanted[id]!))).toEqual(
      wanted.map(() => undefined),
    );
    expect(got.every(isWellRead)).toBe(true);
    expect(store.stats().total).toMatchObject({ reads: 22, readBytes: 56_000 });
    await store.close();
  });

  it("reads once for all who ask meanwhile, and gives them the same block", async () => {
    const { store } = await openStore(folder);
    store.put(1, 0, blockOf(61_000));
    await quiet(store);
    expect(store.where(1, 0)).toBe("disk");
    expect([store.get(1, 0), store.peek(1, 0)]).toEqual([undefined, undefined]);
    store.pin(1, 0);
    const blocks = await Promise.all([store.load(1, 0), store.load(1, 0), store.load(1, 0)]);
    expect(new Set(blocks).size).toBe(1);
    expect(await store.load(1, 0)).toBe(blocks[0]);
    expect(store.stats().total.reads).toBe(1);
    await store.close();
  });

  it("tells a load that its block was deleted, and reads nothing into the next one", async () => {
    const { store } = await openStore(folder);
    store.put(1, 0, blockOf(61_000));
    await quiet(store);
    const load = failureOf(store, () => store.load(1, 0));
    expect(store.stats().reading).toEqual({ count: 1, bytes: 61_000 });
    store.delete(1, 0);
    const next = blockOf(10);
    store.put(1, 0, next);
    expect(await load).toMatchInlineSnapshot(
      `"distributed/unknown-block | load: the block was deleted meanwhile, got 1 (version 0), wanted one that was put and not deleted. Fetch the value from a worker that has it."`,
    );
    await quiet(store);
    expect(store.get(1, 0)).toBe(next);
    expect(spillFiles(store)).toEqual([]);
    await store.close();
  });

  it("keeps what was used lately, of which a peek is none", async () => {
    const { store, told } = await openStore(folder);
    for (let id = 0; id < 4; id++) store.put(id, 0, blockOf(15_000, id));
    store.get(0, 0);
    store.peek(1, 0);
    store.put(4, 0, blockOf(15_000));
    await quiet(store);
    expect(told.evicted).toEqual([["1.0"]]);
    await store.close();
  });

  it("gives back a long block of many parts, short and long ones, as it was", async () => {
    const disk = faultyFileSystem();
    const { store } = await openStore(folder, { fileSystem: disk });
    const short = Array.from({ length: 2500 }, (_, index) => (index * 37) % 2000);
    const block = drawBlock(1, 300, [...short, 5_000_000, 7, 65_536, 3, ...short, 100_000]);
    store.put(1, 0, block);
    await quiet(store);
    expect(store.where(1, 0)).toBe("disk");
    const got = await store.load(1, 0);
    expect(differenceOf(got, block)).toBe(undefined);
    expect(isWellRead(got)).toBe(true);
    await store.close();
  });

  it("keeps apart a block that was deleted while it was written, and the next in its row", async () => {
    const disk = faultyFileSystem();
    const { store } = await openStore(folder, { fileSystem: disk, writingBytesMax: 1e6 });
    const first = gate();
    disk.gate = first.promise;
    for (let id = 0; id < 10; id++) store.put(id, 0, blockOf(600, id));
    store.put(10, 0, blockOf(60_000));
    disk.gate = undefined;
    // Of the segment, which is still to be written; its row goes to the next block.
    store.delete(5, 0);
    const next = blockOf(50_000, 3);
    store.put(11, 0, next);
    store.put(12, 0, blockOf(60_000, 4));
    while (store.where(11, 0) !== "disk") await setImmediate();
    expect(store.where(0, 0)).toBe("memory");
    first.resolve();
    await quiet(store);
    expect(store.where(0, 0)).toBe("disk");
    expect(differenceOf(await store.load(11, 0), next)).toBe(undefined);
    expect(differenceOf(await store.load(6, 0), blockOf(600, 6))).toBe(undefined);
    await store.close();
  });

  it("stops writing what was deleted meanwhile", async () => {
    const disk = faultyFileSystem();
    disk.roomBytes = 1e9;
    const { store } = await openStore(folder, { fileSystem: disk });
    const opened = gate();
    disk.gate = opened.promise;
    store.put(1, 0, blockOf(10 * 2 ** 20));
    expect(store.stats().writing).toEqual({ count: 1, bytes: 10 * 2 ** 20 });
    store.delete(1, 0);
    opened.resolve();
    await quiet(store);
    expect(store.stats().files.bytes).toBe(0);
    expect(store.stats().total.writes).toBe(1);
    expect(disk.roomBytes).toBe(1e9);
    expect(spillFiles(store)).toEqual([]);
    await store.close();
  });

  it("opens a file once for all that is wanted of it, and few at a time", async () => {
    const disk = faultyFileSystem();
    const { store } = await openStore(folder, { fileSystem: disk, targetFraction: 0.001 });
    const count = 300;
    for (let id = 0; id < count; id++) store.put(id, 0, drawBlock(id, 40, [300]));
    await quiet(store);
    const { disk: spilled, files } = store.stats();
    expect(spilled.count).toBeGreaterThan(count - 10);
    disk.openFilesMost = 0;
    const ids = Array.from({ length: count }, (_, id) => count - 1 - id);
    const blocks = await Promise.all(ids.map((id) => store.load(id, 0)));
    expect(blocks.map((block, at) => differenceOf(block, drawBlock(ids[at]!, 40, [300])))).toEqual(
      ids.map(() => undefined),
    );
    expect(files.count).toBeGreaterThan(10);
    // Neighbours are read together, in whatever order they are asked for.
    expect(disk.readCount).toBeLessThan(2 * files.count);
    expect(disk.openFilesMost).toBeLessThanOrEqual(6);
    await store.close();
    expect(disk.openFiles).toBe(0);
  });
});
