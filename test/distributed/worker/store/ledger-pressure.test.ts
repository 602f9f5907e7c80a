import { describe, expect, it } from "vitest";
import { ledgerOf, putAll, said, writeAll } from "./ledger-words.ts";

describe("pressure", () => {
  it("is paused above 80 % and goes on below 75 %, of managed bytes", () => {
    const ledger = ledgerOf({ targetFraction: false });
    const entries = putAll(ledger, [700, 100]);
    expect(said(ledger)).toEqual([]);
    const third = ledger.put(2, 0, 1, 0);
    expect(said(ledger)).toEqual(["tell paused true"]);
    ledger.delete(third);
    const fourth = ledger.put(3, 0, 50, 0);
    ledger.delete(entries[1]!);
    // 750 is not below.
    expect(said(ledger)).toEqual([]);
    ledger.delete(fourth);
    expect(said(ledger)).toEqual(["tell ok false"]);
  });

  it("is paused above 80 % and goes on below 75 %, of the measured process", () => {
    const ledger = ledgerOf({ spillFraction: 0.7 });
    ledger.measured(700, 0);
    expect(said(ledger)).toEqual([]);
    ledger.measured(701, 100);
    expect(said(ledger)).toEqual(["tell spilling false"]);
    ledger.measured(801, 200);
    expect(said(ledger)).toEqual(["tell paused true"]);
    ledger.measured(750, 300);
    expect(said(ledger)).toEqual([]);
    ledger.measured(749, 400);
    expect(said(ledger)).toEqual(["tell spilling false"]);
    ledger.measured(700, 500);
    expect(said(ledger)).toEqual(["tell ok false"]);
  });

  it("says that it is stuck when nothing can be spilled and nothing is under way", () => {
    const ledger = ledgerOf();
    const [first] = putAll(ledger, [900]);
    // It is being written.
    expect(said(ledger)).toEqual(["write 1 0 900 true", "tell paused false"]);
    ledger.pin(first!);
    expect(ledger.isStuck).toBe(false);
    ledger.written(1, 900);
    expect(said(ledger)).toEqual(["tell paused true"]);
    expect(ledger.isStuck).toBe(true);
    ledger.unpin(first!);
    expect(said(ledger)).toEqual(["evict 0", "tell ok false"]);
  });

  it("is stuck while the disk is left alone, and no longer when it is tried again", () => {
    const ledger = ledgerOf({ diskRetryMs: 1000 });
    putAll(ledger, [900]);
    said(ledger);
    ledger.writeFailed(1, 0);
    expect(said(ledger).at(-1)).toBe("tell paused true");
    ledger.measured(0, 1000);
    expect(said(ledger)).toEqual(["write 2 0 900 true", "tell paused false"]);
  });

  it("is not stuck while what was let go of may still be on its way to the system", () => {
    const ledger = ledgerOf({ spillFraction: 0.7, settleMs: 1000, reclaimBytes: 1e9 });
    putAll(ledger, [300]);
    ledger.measured(900, 0);
    expect(writeAll(ledger)).toEqual([0]);
    expect(ledger.pressure).toBe("paused");
    expect(ledger.isStuck).toBe(false);
    ledger.measured(900, 1000);
    expect(ledger.isStuck).toBe(false);
    ledger.measured(900, 2000);
    expect(ledger.isStuck).toBe(true);
  });

  it("of the process spills what is above its mark once, not again at every measurement", () => {
    const ledger = ledgerOf({ spillFraction: 0.7, settleMs: 1000 });
    putAll(ledger, [50, 50, 50, 50, 50]);
    ledger.measured(790, 0);
    expect(writeAll(ledger)).toEqual([0, 1]);
    ledger.measured(790, 100);
    ledger.measured(790, 200);
    expect(writeAll(ledger)).toEqual([]);
    // It grew by 60 although 100 bytes left.
    ledger.measured(850, 300);
    expect(writeAll(ledger)).toEqual([2]);
    // All 150 bytes came free: 700 is no longer above.
    ledger.measured(700, 400);
    expect(writeAll(ledger)).toEqual([]);
    // Nothing came free of itself in two periods: the rest is spilled too.
    ledger.measured(800, 3000);
    expect(writeAll(ledger)).toEqual([3, 4]);
  });
});
