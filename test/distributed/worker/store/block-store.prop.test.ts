import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Block } from "../../../../packages/distributed/src/codec/block.ts";
import type { BlockStore } from "../../../../packages/distributed/src/worker/store/block-store.ts";
import { differenceOf, drawBlock, isWellRead } from "./drawn-blocks.ts";
import { faultyFileSystem } from "./faulty-file-system.ts";
import { openStore, quiet, spillFiles } from "./opened-store.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

const folder = scratchFolder();
/** A sixteenth of the memory. */
const SEGMENT_BYTES = 6250;

interface Drawn {
  readonly headerBytes: number;
  readonly sizes: readonly number[];
}

const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 100 }) },
  { weight: 3, arbitrary: fc.nat({ max: 3000 }) },
  { weight: 1, arbitrary: fc.nat({ max: 40_000 }) },
);
const drawn: fc.Arbitrary<Drawn> = fc.record({
  headerBytes: fc.nat({ max: 200 }),
  sizes: fc.array(bytes, { maxLength: 6, size: "max" }),
});

type Step =
  | { readonly kind: "put"; readonly which: number; readonly drawn: Drawn }
  | {
      readonly kind: "load" | "delete" | "pin" | "unpin" | "get" | "turn";
      /** Counts through the blocks that there are. */
      readonly which: number;
    };

const which = fc.nat({ max: 1000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), drawn, which }) },
  ...(["load", "load", "delete", "pin", "unpin", "get", "turn"] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant(kind), which }),
  })),
);
const steps = fc.array(step, { maxLength: 250, size: "max" });

/** A store beside what should be in it. */
class Storm {
  readonly #store: BlockStore;
  readonly #blocks = new Map<string, Block>();
  readonly #loads: Promise<void>[] = [];
  #last = 0;

  constructor(store: BlockStore) {
    this.#store = store;
  }

  async take(step: Step): Promise<void> {
    if (step.kind === "turn") await setImmediate();
    else if (step.kind === "put") this.#put(step.which, step.drawn);
    else this.#apply(step.kind, step.which);
  }

  #put(version: number, { headerBytes, sizes }: Drawn): void {
    const id = this.#last++;
    const block = drawBlock(version, headerBytes, sizes);
    this.#blocks.set(`${id} ${version}`, block);
    expect(this.#store.put(id, version, block, { priority: version % 3 })).toBe(true);
  }

  #apply(kind: "load" | "delete" | "pin" | "unpin" | "get", index: number): void {
    const store = this.#store;
    const name = [...this.#blocks.keys()][index % this.#blocks.size];
    if (name === undefined) return;
    const [id, version] = name.split(" ").map(Number) as [number, number];
    const block = this.#blocks.get(name) as Block;
    switch (kind) {
      case "load":
        this.#loads.push(this.#load(id, version, block));
        break;
      case "delete":
        this.#blocks.delete(name);
        expect(store.delete(id, version)).toBe(true);
        expect(store.where(id, version)).toBe(undefined);
        break;
      case "pin":
        expect(store.pin(id, version)).toBe(true);
        break;
      case "unpin":
        store.unpin(id, version);
        break;
      case "get": {
        const got = store.get(id, version);
        expect(got !== undefined).toBe(store.where(id, version) === "memory");
        if (got !== undefined) expect(differenceOf(got, block)).toBe(undefined);
        break;
      }
    }
  }

  /** Everything is still there, bit for bit, and nothing stays when it is deleted. */
  async end(bytesMost: number): Promise<void> {
    const store = this.#store;
    await Promise.all(this.#loads);
    await quiet(store);
    const { memory, disk, pinned } = store.stats();
    expect(memory.count + disk.count).toBe(this.#blocks.size);
    expect(memory.bytes).toBeLessThanOrEqual(bytesMost + pinned.bytes);
    const names = [...this.#blocks].map(([name, block]) => {
      const [id, version] = name.split(" ").map(Number) as [number, number];
      return { id, version, block };
    });
    await Promise.all(names.map(({ id, version, block }) => this.#load(id, version, block)));
    for (const { id, version } of names) store.delete(id, version);
    await quiet(store);
    const { memory: left, disk: spilled, files } = store.stats();
    expect([left, spilled, files]).toEqual([
      { count: 0, bytes: 0 },
      { count: 0, bytes: 0 },
      { count: 0, bytes: 0, deadBytes: 0 },
    ]);
  }

  async #load(id: number, version: number, block: Block): Promise<void> {
    const wasOnDisk = this.#store.where(id, version) === "disk";
    try {
      const got = await this.#store.load(id, version);
      expect(differenceOf(got, block)).toBe(undefined);
      if (wasOnDisk) expect(isWellRead(got)).toBe(true);
    } catch (error) {
      // It was deleted before it was there.
      expect((error as { code?: string }).code).toBe("distributed/unknown-block");
      expect(this.#blocks.get(`${id} ${version}`)).toBe(undefined);
    }
  }
}

describe("a store with little memory", () => {
  // The one that measures the process; the rest is real.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("gives every value back as it was put, in any storm of puts, loads and deletes", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0, 1e9), async (sequence, deadBytesMax) => {
        const { store, told } = await openStore(folder, { deadBytesMax });
        const storm = new Storm(store);
        for (const each of sequence) await storm.take(each);
        await storm.end(60_000 + SEGMENT_BYTES);
        const files = spillFiles(store);
        await store.close();
        expect([files, told.warnings]).toEqual([[], []]);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it("loses none on a disk that fills up, refuses and moves a few bytes at a time", async () => {
    const faults = fc.array(
      fc.record({
        after: fc.nat({ max: 20 }),
        write: fc.constantFrom(undefined, "ENOSPC", "EIO"),
        open: fc.constantFrom(undefined, undefined, "EACCES"),
        close: fc.constantFrom(undefined, undefined, "EDQUOT"),
        roomBytes: fc.constantFrom(0, 1000, 50_000, Number.POSITIVE_INFINITY),
        bytesAtOnce: fc.constantFrom(1000, 5000, Number.POSITIVE_INFINITY),
      }),
      { maxLength: 20, size: "max" },
    );
    await fc.assert(
      fc.asyncProperty(steps, faults, async (sequence, failures) => {
        const disk = faultyFileSystem();
        let nowMs = 0;
        const memory = { memoryBytes: 1e9, targetFraction: 2e-5, segmentBytes: SEGMENT_BYTES };
        const options = { ...memory, fileSystem: disk, nowMs: () => nowMs };
        const { store } = await openStore(folder, options);
        const storm = new Storm(store);
        let at = 0;
        for (const { after, write, open, close, roomBytes, bytesAtOnce } of failures) {
          for (const each of sequence.slice(at, at + after)) await storm.take(each);
          at += after;
          await quiet(store);
          Object.assign(disk.failing, { write, open, close });
          Object.assign(disk, { roomBytes, bytesAtOnce });
          nowMs += 60_000;
          vi.advanceTimersByTime(100);
        }
        Object.assign(disk.failing, { write: undefined, open: undefined, close: undefined });
        await storm.end(Number.POSITIVE_INFINITY);
        await store.close();
        expect(disk.openFiles).toBe(0);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
