import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerOptions } from "../../../../packages/distributed/src/worker/store/ledger-settings.ts";
import { LedgerWorld, type WorldEvent } from "./ledger-world.ts";

const small = fc.nat({ max: 60 });
const size = fc.oneof(
  { weight: 5, arbitrary: fc.nat({ max: 12 }) },
  { weight: 3, arbitrary: fc.integer({ min: 13, max: 120 }) },
  { weight: 1, arbitrary: fc.integer({ min: 121, max: 1500 }) },
);

const event: fc.Arbitrary<WorldEvent> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      id: fc.nat({ max: 20 }),
      version: fc.constantFrom(0, 1, 2 ** 32 - 1),
      bytes: size,
      priority: fc.constantFrom(0, 0, 0, -128, 1, 127),
    }),
  },
  ...(["touch", "load", "load", "pin", "unpin", "delete", "delete"] as const).map((kind) => ({
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant(kind), which: small }),
  })),
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("endWrite" as const),
      which: small,
      isWritten: fc.constantFrom(true, true, true, true, false),
      overhead: fc.nat({ max: 30 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("endRead" as const),
      which: small,
      outcome: fc.constantFrom("read", "read", "read", "lost", "refused"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("measure" as const),
      rssBytes: fc.nat({ max: 1300 }),
      afterMs: fc.nat({ max: 700 }),
    }),
  },
);

const fraction = (value: number): fc.Arbitrary<number | false> =>
  fc.constantFrom<number | false>(value, value, value, false);

const options: fc.Arbitrary<LedgerOptions> = fc.record({
  memoryBytes: fc.constant(1000),
  targetFraction: fraction(0.6),
  spillFraction: fraction(0.7),
  pauseFraction: fraction(0.8),
  diskBytesMax: fc.constantFrom<number | false>(false, false, 1200),
  diskRetryMs: fc.constant(900),
  segmentBytes: fc.constantFrom(62, 125),
  segmentBlocksMax: fc.constantFrom(3, 100),
  writesMax: fc.constantFrom(1, 2, 3),
  writingBytesMax: fc.constantFrom(125, 300),
  readingBytesMax: fc.constantFrom(125, 300),
  deadBytesMax: fc.constantFrom(0, 50, 1e9),
  reclaimBytes: fc.constantFrom(1, 400),
});

const events = fc.array(event, { maxLength: 400, size: "max" });

describe("the ledger, after every one of any events", () => {
  it("does what the plain rules say, keeps its sums, and never gives up the last copy", () => {
    fc.assert(
      fc.property(options, events, (settings, sequence) => {
        const world = new LedgerWorld(settings);
        for (const each of sequence) world.happen(each);
        world.drain();
        expect(world.lost).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("frees what may be freed, and is empty when everything is deleted", () => {
    fc.assert(
      fc.property(options, events, (settings, sequence) => {
        const world = new LedgerWorld({ ...settings, diskBytesMax: false });
        for (const each of sequence) world.happen(each);
        world.drain();
        expect(world.spillableOverTarget()).toBe(0);
        world.deleteAll();
        expect(world.leftovers()).toEqual({ blocks: 0, files: 0, managedBytes: 0, sizeBytes: 0 });
      }),
      { numRuns: 100 },
    );
  });
});
