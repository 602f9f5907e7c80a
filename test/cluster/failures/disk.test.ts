import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SharedCluster } from "../lib/shared-cluster.ts";
import { until } from "../lib/until.ts";

const mib = 2 ** 20;
const memoryBytesMax = 320 * mib;
const blockBytes = 8 * mib;

/** A block of which every byte can be told from its number. */
const block = (n: number, bytes: number): Uint8Array => new Uint8Array(bytes).fill(n);
const shown = (all: Uint8Array): number => (all[0] ?? 0) + (all[all.length - 1] ?? 0);

function spillFilesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".spill"))
    .map((name) => join(folder, name));
}

describe("values that a disk has damaged", () => {
  const shared = new SharedCluster({ workers: 2, memoryBytesMax });

  // Row 21.
  test("are made again, and nobody sees them", { timeout: 60_000 }, async () => {
    const { client, cluster } = shared;
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    const blocks = numbers.map((n) => client.submit(block, [n, blockBytes]));
    for (const each of blocks) await each.settled();
    const files = await until("values are spilled", () => {
      const found = spillFilesIn(cluster.localDirectory);
      return found.length > 4 ? found : undefined;
    });
    for (const file of files) {
      const bytes = readFileSync(file);
      for (let at = 1_000; at < bytes.length; at += 100_000) bytes[at]! ^= 1;
      writeFileSync(file, bytes);
    }
    const sums = await client.gather(blocks.map((each) => client.submit(shown, [each])));
    expect(sums).toEqual(numbers.map((n) => 2 * n));
    for (const each of blocks) each.release();
  });
});

describe("a worker whose disk is full", () => {
  const preload = new URL("../lib/full-disk.mjs", import.meta.url).href;
  // What a busy machine has not collected yet must fit beside the values, or workers are killed.
  const shared = new SharedCluster({
    workers: 2,
    memoryBytesMax: 2 * memoryBytesMax,
    execArgv: ["--import", preload],
  });

  // Row 20.
  test("keeps values in memory, and gives all of them", { timeout: 60_000 }, async () => {
    const { client, cluster } = shared;
    const numbers = Array.from({ length: 96 }, (_, n) => n);
    const blocks = numbers.map((n) => client.submit(block, [n, blockBytes]));
    for (const each of blocks) await each.settled();
    await until("the disk is full", () =>
      cluster.workers.some(({ nanny }) => nanny.logs().stderr.includes("ENOSPC")),
    );
    const sums = await client.gather(blocks.map((each) => client.submit(shown, [each])));
    expect(sums).toEqual(numbers.map((n) => 2 * n));
  });
});
