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

  it("is not stuck while something is written, but while something is read", () => {
    const ledger = ledgerOf({ pauseFraction: 0.61, resumeFraction: 0.605 });
    const [first] = putAll(ledger, [500, 300]);
    expect(said(ledger).at(-1)).toBe("tell paused false");
    ledger.written(1, 500);
    said(ledger);
    ledger.pin(ledger.find(1, 0));
    ledger.load(first!);
    expect(said(ledger)).toEqual(["read 1 0 500", "tell paused true"]);
  });
});

describe("the measured size of the process", () => {
  it("spills what is above its mark once, not again at every measurement", () => {
    const ledger = ledgerOf({ spillFraction: 0.7 });
    putAll(ledger, [50, 50, 50, 50, 50]);
    ledger.measured(790, 0);
    expect(writeAll(ledger)).toEqual([0, 1]);
    ledger.measured(790, 100);
    ledger.measured(790, 200);
    expect(writeAll(ledger)).toEqual([]);
    expect([ledger.gauge.rssBytes, ledger.gauge.usedBytes]).toEqual([790, 690]);
    // It grew by 20, although there were 100 to fill: 80 of them are doubted.
    ledger.measured(810, 300);
    expect(ledger.gauge.usedBytes).toBe(790);
    expect(writeAll(ledger)).toEqual([2, 3]);
  });

  it("counts what was let go of as free until it is given back or filled again", () => {
    const ledger = ledgerOf({ spillFraction: 0.7 });
    const entries = putAll(ledger, [100, 100]);
    ledger.measured(700, 0);
    for (const entry of entries) ledger.delete(entry);
    expect(ledger.gauge.usedBytes).toBe(500);
    ledger.measured(640, 100);
    expect(ledger.gauge.usedBytes).toBe(500);
    // 90 came, and the process grew by 10 only.
    ledger.put(3, 0, 90, 0);
    ledger.measured(650, 200);
    expect(ledger.gauge.usedBytes).toBe(590);
    // More came than there was to fill.
    ledger.put(4, 0, 90, 0);
    ledger.measured(680, 300);
    expect(ledger.gauge.usedBytes).toBe(680);
    expect(ledger.hasInstructions).toBe(false);
  });

  it("that swings below where it was lately is no growth; where it was long ago is forgotten", () => {
    const ledger = ledgerOf({ spillFraction: 0.7 });
    const [first] = putAll(ledger, [100]);
    ledger.measured(700, 0);
    ledger.delete(first!);
    ledger.measured(690, 100);
    expect(ledger.gauge.usedBytes).toBe(600);
    ledger.measured(695, 200);
    expect(ledger.gauge.usedBytes).toBe(605);
    for (let tick = 3; tick < 8; tick++) ledger.measured(660, 100 * tick);
    expect(ledger.gauge.usedBytes).toBe(605);
    ledger.measured(690, 800);
    // By 20 more than the 670 that are remembered: nothing is taken to be free any more.
    expect(ledger.gauge.usedBytes).toBe(690);
  });

  it("is never taken to be smaller by more than a quarter of the limit", () => {
    const ledger = ledgerOf({ targetFraction: false, spillFraction: 0.7, pauseFraction: false });
    const [first] = putAll(ledger, [900]);
    ledger.measured(960, 0);
    expect(writeAll(ledger)).toEqual([0]);
    expect(ledger.isInMemory(first!)).toBe(false);
    expect(ledger.gauge.usedBytes).toBe(710);
    expect(ledger.pressure).toBe("spilling");
  });
});
