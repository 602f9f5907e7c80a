import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Block } from "../../../../packages/distributed/src/codec/block.ts";
import type {
  BlockStore,
  BlockStoreOptions,
} from "../../../../packages/distributed/src/worker/store/block-store.ts";
import { itWhen } from "../../../lib/skip.ts";
import { differenceOf, drawBlock } from "./drawn-blocks.ts";
import { faultyFileSystem } from "./faulty-file-system.ts";
import { failureOf, openStore, quiet, spillFiles, type Told } from "./opened-store.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

const folder = scratchFolder();
const blockOf = (bytes: number, seed = bytes): Block => drawBlock(seed, 0, [bytes]);

/** Puts blocks of a size under 0, 1, 2 …, and waits until nothing is under way. */
async function fill(store: BlockStore, count: number, bytes: number, first = 0): Promise<void> {
  for (let id = first; id < first + count; id++) store.put(id, 0, blockOf(bytes, id));
  await quiet(store);
}

/** Which of the blocks come back as they were put: 1, or the code that their load rejects with. */
async function comeBack(store: BlockStore, count: number, bytes: number): Promise<unknown[]> {
  const loads = Array.from({ length: count }, async (_, id) => {
    const block = await store.load(id, 0);
    return differenceOf(block, blockOf(bytes, id)) === undefined ? 1 : 0;
  });
  const outcomes = await Promise.allSettled(loads);
  return outcomes.map((outcome) =>
    outcome.status === "fulfilled" ? outcome.value : (outcome.reason as { code: string }).code,
  );
}

const all = (count: number): number[] => Array.from({ length: count }, () => 1);
const lost = "distributed/block-lost";

describe("a disk that refuses", () => {
  // The one that measures the process and tries the disk again; the rest is real.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  /** A store with a faulty disk and a clock that a test sets. */
  async function open(options: Partial<BlockStoreOptions> = {}): Promise<{
    store: BlockStore;
    told: Told;
    disk: ReturnType<typeof faultyFileSystem>;
    pass: (ms: number, timersMs?: number) => void;
  }> {
    const disk = faultyFileSystem();
    let nowMs = 1e6;
    const opened = await openStore(folder, { fileSystem: disk, nowMs: () => nowMs, ...options });
    const pass = (ms: number, timersMs = 100): void => {
      nowMs += ms;
      vi.advanceTimersByTime(timersMs);
    };
    return { ...opened, disk, pass };
  }

  it.each(["open", "write", "close"] as const)(
    "to %s loses nothing: values stay in memory, work is paused, and a minute later it is tried again",
    async (call) => {
      const { store, told, disk, pass } = await open();
      disk.failing = { [call]: "ENOSPC" };
      await fill(store, 6, 15_000);
      expect(told.pressure.at(-1)).toBe("paused stuck");
      expect(told.evicted).toEqual([]);
      expect(spillFiles(store)).toEqual([]);
      expect(store.stats()).toMatchObject({
        memory: { count: 6, bytes: 90_000 },
        isDiskBad: true,
        isStuck: true,
      });
      expect(told.warnings.map((each) => each.replace(store.directory.path, "/store"))[0]).toBe(
        `disk-refused | BlockStore: cannot spill to "/store": ENOSPC: made to fail, ${call}. ` +
          "Values stay in memory, and the disk is tried again in 60 s.",
      );
      const warned = told.warnings.length;
      pass(59_999);
      await quiet(store);
      expect(told.warnings).toHaveLength(warned);
      disk.failing = {};
      pass(1);
      await quiet(store);
      expect(store.stats()).toMatchObject({ isDiskBad: false, pressure: "ok" });
      expect(store.stats().disk.count).toBeGreaterThan(0);
      expect(await comeBack(store, 6, 15_000)).toEqual(all(6));
      await store.close();
    },
  );

  it("that fills up in the middle of a file leaves no part of it", async () => {
    const { store, told, disk } = await open();
    disk.roomBytes = 20_000;
    await fill(store, 6, 15_000);
    expect(store.stats().total).toMatchObject({ writes: 1, failedWrites: 1 });
    expect(spillFiles(store)).toHaveLength(1);
    expect(told.warnings).toHaveLength(1);
    expect(await comeBack(store, 6, 15_000)).toEqual(all(6));
    await store.close();
  });

  it("takes no value that memory has no room for either, until there is room", async () => {
    const { store, disk, pass } = await open();
    disk.failing = { write: "EDQUOT" };
    await fill(store, 6, 15_000);
    const put = async (): Promise<string> =>
      failureOf(store, () => store.put(9, 0, blockOf(10_001)));
    expect(await put()).toMatchInlineSnapshot(
      `"distributed/spill-failed | put: memory is full and the disk takes nothing, got a block of 10001 bytes, wanted at most 100000 bytes in all. Free space in "/store", or give the worker more memory."`,
    );
    expect(store.where(9, 0)).toBe(undefined);
    expect(store.put(8, 0, blockOf(10_000))).toBe(true);
    expect(store.stats().memory.bytes).toBe(100_000);
    disk.failing = {};
    // Nothing measures meanwhile: a put sees for itself that the minute is over.
    pass(60_000, 0);
    expect(await put()).toBe("none");
    await quiet(store);
    expect(await comeBack(store, 6, 15_000)).toEqual(all(6));
    await store.close();
  });

  it("to delete is told, and the file goes with the directory", async () => {
    const { store, told, disk } = await open();
    await fill(store, 1, 70_000);
    disk.failing = { unlink: "EACCES" };
    store.delete(0, 0);
    await quiet(store);
    expect(told.warnings.map((each) => each.replace(store.directory.path, "/store"))).toEqual([
      'file-not-removed | BlockStore: cannot remove "/store/1.spill", which stays until the end.',
    ]);
    const { path } = store.directory;
    await store.close();
    expect(fs.existsSync(path)).toBe(false);
  });

  it("is told by a warning of the process where nobody listens", async () => {
    const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const { store, disk } = await open({ onWarning: undefined as never });
    disk.failing = { write: "EIO" };
    await fill(store, 1, 70_000);
    const calls = emit.mock.calls.map(([message, options]) => ({ message, options }));
    emit.mockRestore();
    expect(calls).toEqual([
      {
        message: expect.stringContaining("BlockStore: cannot spill to") as string,
        options: { type: "MillraceWarning" },
      },
    ]);
    await store.close();
  });
});

describe("a spill file that is not as it was written", () => {
  /** A store whose first blocks of 70 bytes are in a segment, in which each takes 96. */
  async function spilled(): Promise<{ store: BlockStore; file: string; count: number }> {
    const { store } = await openStore(folder, { targetFraction: 0.05, memoryBytes: 50_000 });
    const count = 30;
    await fill(store, count, 70);
    await fill(store, 100, 70, 1000);
    for (let id = 0; id < count; id++) expect(store.where(id, 0)).toBe("disk");
    return { store, file: join(store.directory.path, "1.spill"), count };
  }

  it("costs only the blocks whose bytes are damaged, whichever bit it is", async () => {
    const { store, file, count } = await spilled();
    const bytes = fs.readFileSync(file);
    const hit = [3, 17, 29];
    for (const [at, id] of hit.entries()) bytes[id * 96 + [0, 8, 50][at]!]! ^= 1 << at;
    fs.writeFileSync(file, bytes);
    const wanted = Array.from({ length: count }, (_, id) => (hit.includes(id) ? lost : 1));
    expect(await comeBack(store, count, 70)).toEqual(wanted);
    expect(hit.map((id) => store.where(id, 0))).toEqual([undefined, undefined, undefined]);
    expect(store.stats().total.lost).toBe(3);
    store.put(3, 0, blockOf(70, 3));
    expect(await comeBack(store, 4, 70)).toEqual(all(4));
    await store.close();
  });

  it("costs only the blocks behind its end when it is cut short", async () => {
    const { store, file, count } = await spilled();
    fs.truncateSync(file, 10 * 96 + 1);
    const wanted = Array.from({ length: count }, (_, id) => (id < 10 ? 1 : lost));
    expect(await comeBack(store, count, 70)).toEqual(wanted);
    await store.close();
  });

  it("says which block, which file, and what was found", async () => {
    const { store, file } = await spilled();
    const bytes = fs.readFileSync(file);
    bytes[40]! ^= 128;
    fs.writeFileSync(file, bytes);
    fs.truncateSync(file, 100);
    const messages = [await failureOf(store, () => store.load(0, 0))];
    messages.push(await failureOf(store, () => store.load(1, 0)));
    fs.rmSync(file);
    messages.push(await failureOf(store, () => store.load(2, 0)));
    expect(messages).toMatchInlineSnapshot(`
      [
        "distributed/block-lost | load: the spilled block is lost, got 0 (version 0) in /store/1.spill: its checksum is 77d2821a, not 66d35b92, wanted the bytes that were written. Fetch the value from another holder, or compute it again.",
        "distributed/block-lost | load: the spilled block is lost, got 1 (version 0) in /store/1.spill: the file ends after 100 bytes, not after 192, wanted the bytes that were written. Fetch the value from another holder, or compute it again.",
        "distributed/block-lost | load: the spilled block is lost, got 2 (version 0) in /store/1.spill: the file is missing, wanted the bytes that were written. Fetch the value from another holder, or compute it again.",
      ]
    `);
    const error = await store.load(3, 0).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ id: 3, version: 0, file, reason: "the file is missing" });
    expect(await failureOf(store, () => store.load(3, 0))).toContain("distributed/unknown-block");
    await store.close();
  });

  it("costs a large block, and no other, when it is damaged anywhere", async () => {
    const { store } = await openStore(folder, { memoryBytes: 20_000_000, targetFraction: 0.01 });
    const bytes = 9 * 2 ** 20;
    await fill(store, 2, bytes);
    const [first, second] = spillFiles(store).map((name) => join(store.directory.path, name));
    const damaged = fs.openSync(first!, "r+");
    fs.writeSync(damaged, Buffer.from([1, 2, 3]), 0, 3, bytes - 100);
    fs.closeSync(damaged);
    expect(await comeBack(store, 2, bytes)).toEqual([lost, 1]);
    fs.truncateSync(second!, bytes - 1);
    store.put(5, 0, blockOf(10_000_000));
    await quiet(store);
    expect(await failureOf(store, () => store.load(1, 0))).toContain(
      `the file ends after ${bytes - 1} bytes, not after ${bytes + 24}`,
    );
    await store.close();
  });

  it("is lost with its directory, and what comes later is spilled all the same", async () => {
    const { store, told } = await openStore(folder);
    await fill(store, 1, 70_000);
    fs.rmSync(store.directory.path, { recursive: true });
    expect(await comeBack(store, 1, 70_000)).toEqual([lost]);
    await fill(store, 2, 70_000, 1);
    expect(spillFiles(store)).toHaveLength(2);
    expect(fs.readdirSync(store.directory.path)).toContain("lock");
    expect(told.warnings).toEqual([]);
    await store.close();
  });
});

describe("a read that fails for another reason", () => {
  it("is repeated where only handles have run out", async () => {
    const disk = faultyFileSystem();
    const { store } = await openStore(folder, { fileSystem: disk });
    await fill(store, 1, 70_000);
    disk.failing = { openToRead: "EMFILE" };
    const load = comeBack(store, 1, 70_000);
    // The second try.
    setTimeout(() => (disk.failing = {}), 60);
    expect(await load).toEqual([1]);
    await store.close();
  });

  it("is no failure of the disk when it happens to a write", async () => {
    const disk = faultyFileSystem();
    const { store, told } = await openStore(folder, { fileSystem: disk });
    disk.failing = { open: "ENFILE" };
    store.put(0, 0, blockOf(70_000, 0));
    setTimeout(() => (disk.failing = {}), 60);
    await quiet(store);
    expect([store.where(0, 0), told.warnings]).toEqual(["disk", []]);
    expect(await comeBack(store, 1, 70_000)).toEqual([1]);
    await store.close();
  });

  it("costs the block when the disk cannot read it", async () => {
    const disk = faultyFileSystem();
    const { store } = await openStore(folder, { fileSystem: disk });
    await fill(store, 1, 70_000);
    disk.failing = { read: "EIO" };
    expect(await failureOf(store, () => store.load(0, 0))).toContain("EIO: made to fail, read");
    await store.close();
    expect(disk.openFiles).toBe(0);
  });

  it("costs nothing when there is no memory for it", async () => {
    const { store } = await openStore(folder);
    await fill(store, 1, 70_000);
    vi.stubGlobal("SharedArrayBuffer", function refuse() {
      throw new RangeError("Array buffer allocation failed");
    });
    const failure = failureOf(store, () => store.load(0, 0));
    await quiet(store);
    vi.unstubAllGlobals();
    expect(await failure).toMatchInlineSnapshot(
      `"distributed/spill-failed | load: there is no memory to read a block into, got a block of 70000 bytes, wanted that much free memory. Free some and load it again; it is still on disk."`,
    );
    expect(store.where(0, 0)).toBe("disk");
    expect(await comeBack(store, 1, 70_000)).toEqual([1]);
    await store.close();
  });
});

describe("memory that is refused for one of several", () => {
  it("costs none of them", async () => {
    const { store } = await openStore(folder, { targetFraction: 0.05, memoryBytes: 50_000 });
    await fill(store, 130, 70);
    const Shared = SharedArrayBuffer;
    let calls = 0;
    vi.stubGlobal("SharedArrayBuffer", function refuseOnce(bytes: number) {
      if (calls++ === 1) throw new RangeError("Array buffer allocation failed");
      return new Shared(bytes);
    });
    const outcomes = comeBack(store, 4, 70);
    await quiet(store);
    vi.unstubAllGlobals();
    expect(await outcomes).toEqual([1, "distributed/spill-failed", 1, 1]);
    expect(await comeBack(store, 4, 70)).toEqual(all(4));
    await store.close();
  });
});

describe("a disk that is really full", () => {
  const mounted = join(folder, "tmpfs");
  fs.mkdirSync(mounted);
  const isMounted = ((): boolean => {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", mounted], {
        stdio: "ignore",
      });
      return true;
    } catch {
      return false;
    }
  })();
  afterAll(() => void (isMounted && execFileSync("umount", [mounted])));

  itWhen(isMounted, "needs root, to mount a small file system")(
    "keeps what it has no room for in memory, and goes on when there is room",
    async () => {
      const { store, told } = await openStore(mounted, { memoryBytes: 1_000_000, diskRetryMs: 0 });
      await fill(store, 90, 10_000);
      expect(told.warnings[0]).toMatch(/no space left on device/);
      expect(store.stats().disk.count).toBeGreaterThan(5);
      expect(store.stats().disk.count).toBeLessThan(20);
      const onDisk = Array.from({ length: 90 }, (_, id) => id).filter(
        (id) => store.where(id, 0) === "disk",
      );
      for (const id of onDisk) store.delete(id, 0);
      await quiet(store);
      expect(spillFiles(store)).toEqual([]);
      await fill(store, 10, 10_000, 100);
      await expect.poll(() => store.stats().disk.count, { timeout: 10_000 }).toBeGreaterThan(0);
      await quiet(store);
      const kept = Array.from({ length: 90 }, (_, id) =>
        onDisk.includes(id) ? "distributed/unknown-block" : 1,
      );
      expect(await comeBack(store, 90, 10_000)).toEqual(kept);
      await store.close();
    },
  );
});
