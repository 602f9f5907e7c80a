import { describe, expect, it } from "vitest";
import { ledgerOf, putAll, said, writeAll, writesOf } from "./ledger-words.ts";

describe("a ledger below its marks", () => {
  it("wants nothing done, whatever is put, used, pinned and deleted", () => {
    const ledger = ledgerOf();
    const entries = putAll(ledger, [100, 200, 300]);
    for (const entry of entries) ledger.touch(entry);
    ledger.pin(entries[0]!);
    ledger.unpin(entries[0]!);
    ledger.delete(entries[1]!);
    expect(ledger.hasInstructions).toBe(false);
    expect(ledger.isRestless).toBe(false);
    expect(ledger.book.managedBytes).toBe(400);
    ledger.validate();
  });

  it("keeps the first block of a name", () => {
    const ledger = ledgerOf();
    expect(ledger.put(7, 3, 10, 0)).toBe(0);
    expect(ledger.put(7, 3, 99, 0)).toBe(-1);
    expect(ledger.put(7, 2 ** 32 - 1, 10, 0)).toBe(1);
    expect(ledger.book.managedBytes).toBe(20);
  });
});

describe("what is spilled", () => {
  it("is what was used least recently, until the target is met", () => {
    const ledger = ledgerOf();
    const [first] = putAll(ledger, [100, 100, 100, 100, 100]);
    ledger.touch(first!);
    ledger.put(5, 0, 250, 0);
    expect(said(ledger)).toEqual([
      "write 1 1 100 true",
      "write 2 2 100 true",
      "tell spilling false",
    ]);
    ledger.written(1, 108);
    expect(said(ledger)).toEqual(["evict 1"]);
    ledger.written(2, 108);
    expect(said(ledger)).toEqual(["evict 2", "tell ok false"]);
    expect(ledger.book.managedBytes).toBe(550);
  });

  it("is of a lower priority first, however lately it was used", () => {
    const ledger = ledgerOf({ writesMax: 1 });
    ledger.put(0, 0, 200, 0);
    ledger.put(1, 0, 200, 5);
    ledger.put(2, 0, 200, -1);
    ledger.put(3, 0, 500, 127);
    expect(writeAll(ledger)).toEqual([2, 0, 1]);
  });

  it("is never what is pinned, until the last pin is gone", () => {
    const ledger = ledgerOf();
    const [first, second] = putAll(ledger, [300, 300]);
    for (const entry of [first!, second!, second!]) ledger.pin(entry);
    ledger.put(2, 0, 300, 0);
    expect(writeAll(ledger)).toEqual([2]);
    expect(ledger.unpin(first!)).toBe(true);
    expect(ledger.unpin(first!)).toBe(false);
    expect(ledger.unpin(second!)).toBe(true);
    ledger.put(3, 0, 300, 0);
    expect(writeAll(ledger)).toEqual([0]);
    ledger.validate();
  });

  it("goes into one segment where it is small, whichever large blocks lie between", () => {
    const ledger = ledgerOf({ memoryBytes: 500 });
    putAll(ledger, [10, 10, 100, 10, 10, 100, 10, 10, 10]);
    ledger.put(9, 0, 100, 0);
    expect(said(ledger)[0]).toBe("write 1 0,1,3,4,6,7 60 false");
  });

  it("is not worth a file below a sixteenth of a segment", () => {
    const ledger = ledgerOf({ segmentBytes: 160 });
    ledger.pin(ledger.put(0, 0, 600, 0));
    for (const [id, bytes] of [4, 5, 0].entries()) ledger.put(1 + id, 0, bytes, 0);
    expect(said(ledger)).toEqual(["tell spilling false"]);
    ledger.put(4, 0, 1, 0);
    expect(said(ledger)).toEqual(["write 1 1,2,3,4 10 false"]);
  });

  it("draws in a higher priority rather than to be hardly worth a file", () => {
    const ledger = ledgerOf({ segmentBytes: 160 });
    ledger.pin(ledger.put(0, 0, 590, 0));
    for (const id of [1, 2]) ledger.put(id, 0, 5, 1);
    ledger.put(3, 0, 4, 0);
    expect(said(ledger)).toEqual(["write 1 3,1,2 14 false", "tell spilling false"]);
    // Only what is above the mark has to leave, the lowest priority first.
    ledger.written(1, 62);
    expect(said(ledger)[0]).toBe("evict 3");
  });

  it("stays when it is used or pinned while it is written, and then has a copy", () => {
    const ledger = ledgerOf({ writesMax: 3 });
    const entries = putAll(ledger, [100, 100, 100, 100]);
    ledger.put(4, 0, 500, 0);
    const writes = writesOf(ledger);
    expect(writes.map(({ file }) => file)).toEqual([1, 2, 3]);
    ledger.touch(entries[0]!);
    ledger.pin(entries[1]!);
    for (const { file, bytes } of writes) ledger.written(file, bytes);
    expect(ledger.isInMemory(entries[0]!)).toBe(true);
    expect(ledger.isInMemory(entries[1]!)).toBe(true);
    expect(ledger.isInMemory(entries[2]!)).toBe(false);
    // The room that the two did not make has to be made by others.
    expect(writeAll(ledger)).toEqual([3, 4]);
    expect(ledger.book.managedBytes).toBe(200);
    ledger.validate();
  });

  it("leaves again without being written when it was read back", () => {
    const ledger = ledgerOf();
    const [first] = putAll(ledger, [300, 300]);
    ledger.put(2, 0, 100, 0);
    writeAll(ledger);
    ledger.load(first!);
    expect(said(ledger)).toEqual(["read 1 0 300", "write 2 1 300 true", "tell spilling false"]);
    ledger.read(first!, 1, 300);
    ledger.written(2, 300);
    ledger.put(3, 0, 590, 0);
    expect(writeAll(ledger)).toEqual([2]);
    expect(ledger.isInMemory(first!)).toBe(false);
    expect(ledger.book.managedBytes).toBe(590);
  });
});

describe("what is under way", () => {
  it("is never more than the limit, but for one block that is longer by itself", () => {
    const ledger = ledgerOf({ writingBytesMax: 250, writesMax: 100 });
    putAll(ledger, [100, 100, 100, 100, 100]);
    ledger.put(5, 0, 450, 0);
    expect(writesOf(ledger).map(({ bytes }) => bytes)).toEqual([100, 100]);
    const alone = ledgerOf({ writingBytesMax: 250, writesMax: 100 });
    putAll(alone, [400, 400]);
    alone.put(2, 0, 100, 0);
    expect(writesOf(alone).map(({ bytes }) => bytes)).toEqual([400]);
  });

  it("may be deleted: what was written then is removed, and nothing else is touched", () => {
    const ledger = ledgerOf({ memoryBytes: 100 });
    const [kept] = putAll(ledger, [10, 10, 10, 10, 10, 10]);
    ledger.put(6, 0, 60, 0);
    const [write] = writesOf(ledger);
    expect(write?.entries).toHaveLength(6);
    for (const entry of write!.entries) if (entry !== kept) ledger.delete(entry);
    expect(ledger.isWanted(write!.file)).toBe(true);
    ledger.delete(kept!);
    expect(ledger.isWanted(write!.file)).toBe(false);
    // A block that gets the row of a deleted one has nothing to do with the file.
    expect(ledger.put(9, 0, 5, 0)).toBe(kept);
    ledger.written(write!.file, 100);
    expect(said(ledger)).toContain("remove 1");
    expect(ledger.isInMemory(kept!)).toBe(true);
    ledger.validate();
  });

  it("is one read, however many ask, and waits for its turn", () => {
    const ledger = ledgerOf({ readingBytesMax: 250, targetFraction: 0.3, pauseFraction: false });
    const entries = putAll(ledger, [200, 200, 200]);
    ledger.put(3, 0, 300, 0);
    writeAll(ledger);
    said(ledger);
    ledger.pin(entries[0]!);
    for (const id of [0, 0, 1, 0, 1]) ledger.load(entries[id]!);
    expect(said(ledger)).toEqual(["read 1 0 200", "write 4 3 300 true", "tell spilling false"]);
    ledger.read(entries[0]!, 1, 200);
    expect(said(ledger)).toEqual(["read 2 1 200"]);
    ledger.validate();
    ledger.read(entries[1]!, 2, 200);
    expect(ledger.isInMemory(entries[0]!)).toBe(true);
  });

  it("belongs to the block that it was begun for, not to the next one in its row", () => {
    const ledger = ledgerOf({ targetFraction: 0.1, pauseFraction: false });
    const spill = (id: number): number => {
      const entry = ledger.put(id, 0, 200, 0);
      writeAll(ledger);
      return entry;
    };
    const entry = spill(1);
    ledger.load(entry);
    expect(said(ledger)).toContain("read 1 1 200");
    ledger.delete(entry);
    expect(spill(2)).toBe(entry);
    ledger.load(entry);
    expect(said(ledger)).toContain("read 2 2 200");
    expect(ledger.read(entry, 1, 200)).toBe(false);
    expect(said(ledger)).toContain("remove 1");
    expect(ledger.isInMemory(entry)).toBe(false);
    expect(ledger.read(entry, 2, 200)).toBe(true);
    ledger.validate();
  });

  it("keeps its file until the last reader is gone", () => {
    const ledger = ledgerOf({ targetFraction: 0.1 });
    const entry = ledger.put(1, 0, 200, 0);
    writeAll(ledger);
    ledger.load(entry);
    ledger.delete(entry);
    expect(said(ledger)).not.toContain("remove 1");
    expect(ledger.readFailed(entry, 1, 200, true)).toBe(false);
    expect(said(ledger)).toContain("remove 1");
    expect(ledger.totals.lost).toBe(0);
  });

  it("is waited for by a read that would go above the limit, and only as long as it lasts", () => {
    const ledger = ledgerOf({ pauseFraction: false });
    const [first] = putAll(ledger, [500, 500]);
    expect(writeAll(ledger)).toEqual([0]);
    ledger.put(2, 0, 350, 0);
    const [write] = writesOf(ledger);
    ledger.load(first!);
    expect(said(ledger).filter((each) => each.startsWith("read"))).toEqual([]);
    ledger.writeFailed(write!.file, 0);
    expect(said(ledger)).toContain("read 1 0 500");
    ledger.validate();
  });
});

describe("a failing disk", () => {
  it("loses nothing, is left alone for a minute, and is then tried again", () => {
    const ledger = ledgerOf();
    const entries = putAll(ledger, [100, 200, 300, 100]);
    const writes = writesOf(ledger);
    for (const { file } of writes) ledger.writeFailed(file, 5000);
    expect(said(ledger)).toEqual([]);
    expect(entries.every((entry) => ledger.isInMemory(entry))).toBe(true);
    expect(ledger.book.managedBytes).toBe(700);
    ledger.measured(0, 64_999);
    ledger.put(4, 0, 50, 0);
    expect(said(ledger)).toEqual([]);
    expect(ledger.isRestless).toBe(true);
    ledger.measured(0, 65_000);
    // In the old order.
    expect(writeAll(ledger)).toEqual([0, 1]);
    ledger.validate();
  });

  it("still lets what has a copy leave memory", () => {
    const ledger = ledgerOf();
    const entries = putAll(ledger, [300, 290, 100]);
    writeAll(ledger);
    ledger.pin(entries[0]!);
    ledger.load(entries[0]!);
    ledger.read(entries[0]!, 1, 300);
    writeAll(ledger);
    const write = ledger.put(4, 0, 300, 0);
    for (const { file } of writesOf(ledger)) ledger.writeFailed(file, 0);
    expect(ledger.isInMemory(write)).toBe(true);
    expect(ledger.isDiskBad).toBe(true);
    ledger.unpin(entries[0]!);
    expect(said(ledger)).toContain("evict 0");
  });

  it("refuses more only where memory is full to its limit as well", () => {
    const ledger = ledgerOf();
    const [first] = putAll(ledger, [650]);
    expect(ledger.hasRoomFor(1e9)).toBe(true);
    ledger.writeFailed(writesOf(ledger)[0]!.file, 0);
    expect(ledger.hasRoomFor(350)).toBe(true);
    expect(ledger.hasRoomFor(351)).toBe(false);
    ledger.delete(first!);
    expect(ledger.hasRoomFor(1000)).toBe(true);
  });

  it("is never filled above its limit", () => {
    const ledger = ledgerOf({ diskBytesMax: 250 });
    putAll(ledger, [200, 100, 300]);
    ledger.put(3, 0, 200, 0);
    expect(writeAll(ledger)).toEqual([0]);
    expect(ledger.roomBytes).toBe(50);
    expect(ledger.book.managedBytes).toBe(600);
    ledger.put(4, 0, 400, 0);
    expect(writeAll(ledger)).toEqual([]);
    expect(ledger.hasRoomFor(1)).toBe(true);
    const full = ledgerOf({ diskBytesMax: 10 });
    putAll(full, [900]);
    expect(full.hasRoomFor(101)).toBe(false);
  });
});

describe("dead bytes", () => {
  it("are moved out of when a few live blocks keep a segment", () => {
    const ledger = ledgerOf({ targetFraction: 0.3, deadBytesMax: 30, pauseFraction: false });
    const entries = putAll(ledger, [10, 10, 10, 10, 10, 10]);
    ledger.put(6, 0, 250, 0);
    expect(writeAll(ledger)).toEqual([0, 1, 2, 3, 4, 5]);
    ledger.put(7, 0, 300, 0);
    writeAll(ledger);
    for (const entry of entries.slice(0, 4)) ledger.delete(entry);
    // Two of six are a third of the segment: that is left.
    expect(said(ledger).filter((each) => each.startsWith("read"))).toEqual([]);
    ledger.delete(entries[4]!);
    expect(said(ledger)).toContain("read 1 5 10");
    ledger.read(entries[5]!, 1, 10);
    expect(said(ledger)).toContain("remove 1");
    expect(ledger.fileOf(entries[5]!)).toBe(0);
    expect(ledger.book.files.deadBytes).toBe(0);
    ledger.validate();
  });

  it("are collected as garbage after so many, not counted by V8, were let go of", () => {
    const ledger = ledgerOf({ reclaimBytes: 100 });
    const entries = putAll(ledger, [60, 39, 1, 99]);
    for (const entry of entries.slice(0, 2)) ledger.delete(entry);
    expect(said(ledger)).toEqual([]);
    ledger.delete(entries[2]!);
    expect(said(ledger)).toEqual(["reclaim"]);
    ledger.delete(entries[3]!);
    expect(said(ledger)).toEqual([]);
  });
});
