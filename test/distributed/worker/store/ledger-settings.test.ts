import { describe, expect, it } from "vitest";
import type { LedgerOptions } from "../../../../packages/distributed/src/worker/store/ledger-settings.ts";
import { StoreLedger } from "../../../../packages/distributed/src/worker/store/ledger.ts";
import { ledgerOf, putAll } from "./ledger-words.ts";

describe("the settings", () => {
  const refusal = (options: Partial<LedgerOptions>): string => {
    try {
      ledgerOf(options);
    } catch (error) {
      const { code, message } = error as Error & { code: string };
      return `${code} | ${message}`;
    }
    return "none";
  };

  it("have defaults that fit the memory", () => {
    expect(new StoreLedger({ memoryBytes: 2 ** 30 }).settings).toMatchInlineSnapshot(`
      {
        "deadBytesMax": 67108864,
        "diskBytesMax": false,
        "diskRetryMs": 60000,
        "largeBytes": 1048576,
        "memoryBytes": 1073741824,
        "pauseFraction": 0.8,
        "readingBytesMax": 67108864,
        "reclaimBytes": 67108864,
        "resumeFraction": 0.75,
        "segmentBlocksMax": 4096,
        "segmentBytes": 4194304,
        "spillFraction": 0.7,
        "targetFraction": 0.6,
        "writesMax": 2,
        "writingBytesMax": 67108864,
      }
    `);
    const tiny = new StoreLedger({ memoryBytes: 100 }).settings;
    expect([tiny.segmentBytes, tiny.largeBytes, tiny.writingBytesMax]).toEqual([6, 1, 12]);
    const endless = new StoreLedger({ memoryBytes: Number.POSITIVE_INFINITY });
    putAll(endless, [1e15]);
    expect(endless.hasInstructions).toBe(false);
  });

  it("that make no sense are refused by name", () => {
    expect(
      [
        { memoryBytes: 0 },
        { memoryBytes: Number.NaN },
        { targetFraction: 1.5 },
        { spillFraction: 0 },
        { pauseFraction: true as never },
        { resumeFraction: 0.6 },
        { resumeFraction: 0.81 },
        { segmentBytes: 0.5 },
        { segmentBytes: 2 ** 27, writingBytesMax: 2 ** 27, readingBytesMax: 2 ** 27 },
        { writesMax: 0 },
        { writingBytesMax: 59 },
        { largeBytes: 61 },
        { diskBytesMax: -1 },
        { diskRetryMs: Number.NaN },
        { segmentBytes: "4MB" as never },
      ].map(refusal),
    ).toMatchInlineSnapshot(`
      [
        "distributed/invalid-argument | BlockStore.open: memoryBytes is out of range, got 0, wanted a number of bytes above 0, or Infinity. Name the limit of the process.",
        "distributed/invalid-argument | BlockStore.open: memoryBytes is out of range, got NaN, wanted a number of bytes above 0, or Infinity. Name the limit of the process.",
        "distributed/invalid-argument | BlockStore.open: targetFraction is out of range, got 1.5, wanted more than 0, at most 1, or false. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: spillFraction is out of range, got 0, wanted more than 0, at most 1, or false. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: pauseFraction is out of range, got true, wanted more than 0, at most 1, or false. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: resumeFraction is out of range, got 0.6, wanted more than the target and spill marks (0.6), at most the pause mark (0.8). Set the four marks together: a paused worker would never go on.",
        "distributed/invalid-argument | BlockStore.open: resumeFraction is out of range, got 0.81, wanted more than the target and spill marks (0.6), at most the pause mark (0.8). Set the four marks together: a paused worker would never go on.",
        "distributed/invalid-argument | BlockStore.open: segmentBytes is out of range, got 0.5, wanted an integer of 1 or more. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: segmentBytes is out of range, got 134217728, wanted at most 67108864. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: writesMax is out of range, got 0, wanted an integer of 1 or more. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: writingBytesMax is out of range, got 59, wanted at least segmentBytes (60). Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: largeBytes is out of range, got 61, wanted at most segmentBytes (60). Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: diskBytesMax is out of range, got -1, wanted a number of bytes of 0 or more, or false. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: diskRetryMs is out of range, got NaN, wanted a number of 0 or more. Leave it out for the default.",
        "distributed/invalid-argument | BlockStore.open: segmentBytes is out of range, got "4MB", wanted an integer of 1 or more. Leave it out for the default.",
      ]
    `);
  });
});
