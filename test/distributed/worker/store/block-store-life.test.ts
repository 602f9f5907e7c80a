import { existsSync, readdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Block } from "../../../../packages/distributed/src/codec/block.ts";
import { gate } from "../../../lib/gate.ts";
import { drawBlock } from "./drawn-blocks.ts";
import { faultyFileSystem } from "./faulty-file-system.ts";
import { failureOf, openStore, quiet, spillFiles } from "./opened-store.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

const folder = scratchFolder();
const blockOf = (bytes: number, seed = bytes): Block => drawBlock(seed, 0, [bytes]);

describe("listeners", () => {
  it("are called after the call that led to it, with all of one turn at once", async () => {
    const { store, told } = await openStore(folder, { targetFraction: false, pauseFraction: 0.8 });
    store.put(1, 0, blockOf(81_000));
    expect(told.pressure).toEqual([]);
    await setImmediate();
    expect(told.pressure).toEqual(["paused stuck"]);
    store.delete(1, 0);
    store.put(2, 0, blockOf(90_000));
    await setImmediate();
    // It was "ok" in between, which is no news.
    expect(told.pressure).toEqual(["paused stuck"]);
    await store.close();
  });

  it("may call the store, and their errors are their own", async () => {
    const seen: string[] = [];
    const { store } = await openStore(folder, {
      onEvicted: (names) => {
        for (const { id, version } of names) seen.push(String(store.delete(id, version)));
        store.put(9, 9, blockOf(5));
      },
    });
    store.put(1, 0, blockOf(61_000));
    await quiet(store);
    expect(seen).toEqual(["true"]);
    expect(store.where(9, 9)).toBe("memory");
    expect(store.where(1, 0)).toBe(undefined);
    await quiet(store);
    expect(spillFiles(store)).toEqual([]);
    await store.close();
  });
});

describe("the watch over the process", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("measures every 100 ms while something happens, and has no timer otherwise", async () => {
    const rssBytes = vi.fn(() => 0);
    const { store } = await openStore(folder, { rssBytes });
    expect(vi.getTimerCount()).toBe(0);
    store.put(1, 0, blockOf(10));
    store.put(2, 0, blockOf(10));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(99);
    expect(rssBytes).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(rssBytes).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(rssBytes).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
    await store.close();
  });

  it("goes on while a block is pinned, tasks run, or memory is above a mark", async () => {
    let rss = 0;
    const { store, told } = await openStore(folder, { rssBytes: () => rss });
    const isWatching = (): boolean => {
      vi.advanceTimersByTime(1000);
      return vi.getTimerCount() > 0;
    };
    store.put(1, 0, blockOf(10));
    expect(isWatching()).toBe(false);
    store.pin(1, 0);
    expect(isWatching()).toBe(true);
    store.unpin(1, 0);
    expect(isWatching()).toBe(false);
    store.watch(true);
    expect(isWatching()).toBe(true);
    rss = 90_000;
    expect(isWatching()).toBe(true);
    store.watch(false);
    expect(isWatching()).toBe(true);
    await quiet(store);
    // What could be spilled is not worth a file, and what was let go of has settled.
    expect(told.pressure.at(-1)).toBe("paused stuck");
    rss = 10_000;
    expect(isWatching()).toBe(false);
    await setImmediate();
    expect(told.pressure.at(-1)).toBe("ok");
    await store.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("spills where the process is too large although the store holds little", async () => {
    let rss = 0;
    const { store, told } = await openStore(folder, { rssBytes: () => rss });
    for (let id = 0; id < 5; id++) store.put(id, 0, blockOf(5000, id));
    rss = 78_000;
    vi.advanceTimersByTime(100);
    await quiet(store);
    // Written at the same time: either file may be complete first.
    expect(told.evicted.flat().toSorted()).toEqual(["0.0", "1.0"]);
    expect(told.pressure).toEqual(["spilling", "ok"]);
    await store.close();
  });
});

describe("closing a store", () => {
  it("ends what is under way, tells who waits, and leaves nothing behind", async () => {
    const { store, told } = await openStore(folder, { memoryBytes: 10_000 });
    const { path } = store.directory;
    for (let id = 0; id < 50; id++) store.put(id, 0, blockOf(1000, id));
    await quiet(store);
    const loads = [0, 1, 2].map((id) => failureOf(store, () => store.load(id, 0)));
    for (let id = 50; id < 60; id++) store.put(id, 0, blockOf(1000, id));
    expect(store.stats().writing.count).toBeGreaterThan(0);
    const closing = store.close();
    expect(await Promise.all(loads)).toMatchInlineSnapshot(`
      [
        "distributed/store-closed | load: the store is closed, got a call after close(), wanted none. Open another store.",
        "distributed/store-closed | load: the store is closed, got a call after close(), wanted none. Open another store.",
        "distributed/store-closed | load: the store is closed, got a call after close(), wanted none. Open another store.",
      ]
    `);
    await closing;
    expect(existsSync(path)).toBe(false);
    expect(told.warnings).toEqual([]);
    expect(store.stats()).toMatchObject({
      memory: { count: 0, bytes: 0 },
      disk: { count: 0, bytes: 0 },
      files: { count: 0, bytes: 0 },
    });
  });

  it("waits for a write, whose failure is no news any more", async () => {
    const disk = faultyFileSystem();
    const { store, told } = await openStore(folder, { fileSystem: disk });
    const writing = gate();
    disk.gate = writing.promise;
    store.put(1, 0, blockOf(70_000));
    let isClosed = false;
    const closing = store.close().then(() => (isClosed = true));
    // More than enough calls to the file system for it to be gone.
    for (let turn = 0; turn < 20; turn++) await readdir(store.directory.path);
    expect(isClosed).toBe(false);
    disk.failing = { open: "EIO" };
    writing.resolve();
    await closing;
    expect(told.warnings).toEqual([]);
    expect(existsSync(store.directory.path)).toBe(false);
  });

  it("can be repeated, and then every call says so or finds nothing", async () => {
    const { store } = await openStore(folder);
    store.put(1, 0, blockOf(10));
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await store[Symbol.asyncDispose]();
    expect(await failureOf(store, () => store.put(1, 0, blockOf(10)))).toMatchInlineSnapshot(
      `"distributed/store-closed | put: the store is closed, got a call after close(), wanted none. Open another store."`,
    );
    expect(await failureOf(store, () => store.load(1, 0))).toMatchInlineSnapshot(
      `"distributed/store-closed | load: the store is closed, got a call after close(), wanted none. Open another store."`,
    );
    const found = [store.get(1, 0), store.peek(1, 0), store.where(1, 0)];
    expect(found).toEqual([undefined, undefined, undefined]);
    expect([store.pin(1, 0), store.unpin(1, 0), store.delete(1, 0)]).toEqual([false, false, false]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    store.watch(true);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    expect(readdirSync(folder)).not.toContain(store.directory.path);
  });
});
