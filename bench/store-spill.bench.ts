import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { Block } from "../packages/distributed/src/codec/block.ts";
import { BlockStore } from "../packages/distributed/src/worker/store/block-store.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { median } from "./measure.ts";

type Size = { readonly count: number; readonly bytes: number };
type Parameters = {
  readonly names: number;
  readonly sizes: readonly Size[];
  readonly repeats: number;
};

/** What a case took, and the longest that a timer waited meanwhile but for one in a hundred. */
type Timing = { readonly ms: number; readonly lagMs?: number };

const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * The baseline of the calls is a Map by texts; that of spilling and reading back is the same bytes
 * in one file, written and read in chunks of 4 MiB, without checksums. The files are in the cache
 * of the system all the time, so this is what the store adds, and no disk.
 */
export const bench: Bench<Parameters> = {
  name: "store-spill",
  question: "What does a worker's store cost a call, and next to plainly writing and reading?",
  parameters: {
    small: {
      names: 2000,
      sizes: [
        { count: 500, bytes: 1000 },
        { count: 4, bytes: 300_000 },
      ],
      repeats: 2,
    },
    full: {
      names: 100_000,
      sizes: [
        { count: 100_000, bytes: 1000 },
        { count: 256, bytes: 1_000_000 },
        { count: 8, bytes: 64_000_000 },
      ],
      repeats: 5,
    },
  },
  run: async ({ names, sizes, repeats }) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
    try {
      const rows = await callRows(folder, names, repeats);
      const answers: string[] = [];
      for (const size of sizes) {
        const { rows: more, answer } = await spillRows(folder, size, repeats);
        rows.push(...more);
        answers.push(answer);
      }
      return { rows, answer: answers.join(", ") };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** put, get and delete of small blocks that all fit. */
async function callRows(folder: string, count: number, repeats: number): Promise<BenchRow[]> {
  const store = await BlockStore.open({ localDirectory: folder, memoryBytes: 2 ** 33 });
  const map = new Map<string, Block>();
  const block = blocksOf({ count: 1, bytes: 100 })[0]!;
  const each = (call: (id: number) => unknown) => async (): Promise<Timing> => {
    const startMs = performance.now();
    for (let id = 0; id < count; id++) call(id);
    return { ms: performance.now() - startMs };
  };
  // Not in the order in which they were put.
  const other = (id: number): number => (id * 7919) % count;
  const rows = await inTurns(repeats, {
    [`put ${count}: Map`]: each((id) => map.set(`${id} 1`, block)),
    "put: store": each((id) => store.put(id, 1, block)),
    "get: Map": each((id) => map.get(`${other(id)} 1`)),
    "get: store": each((id) => store.get(other(id), 1)),
    "delete: Map": each((id) => map.delete(`${id} 1`)),
    "delete: store": each((id) => store.delete(id, 1)),
  });
  await store.close();
  return pairs(rows).map((row) => ({ ...row, nsPerCall: (row.medianMs * 1e6) / count }));
}

/** Blocks that all leave memory, and come back, beside the same bytes in one file. */
async function spillRows(
  folder: string,
  size: Size,
  repeats: number,
): Promise<{ rows: BenchRow[]; answer: string }> {
  const blocks = blocksOf(size);
  const store = await BlockStore.open({
    localDirectory: folder,
    memoryBytes: 2 ** 33,
    targetFraction: 1e-6,
    spillFraction: false,
    pauseFraction: false,
  });
  const file = join(folder, "plain");
  const sums = new Set<number>();
  const rows = await inTurns(repeats, {
    [`${size.count} x ${size.bytes} bytes: plain write`]: () =>
      timed(() => writePlain(file, blocks)),
    spill: async () => {
      await clear(store, size);
      return timed(() => spill(store, blocks));
    },
    "plain read": async () => timed(async () => sums.add(sumOf(await readPlain(file, size)))),
    "read back": async () => timed(async () => sums.add(sumOf(await readBack(store, size)))),
  });
  await store.close();
  if (sums.size !== 1) throw new Error(`not the same bytes: ${[...sums].join()}`);
  const mebibytes = (size.count * size.bytes) / 2 ** 20;
  return {
    rows: pairs(rows).map((row) => ({ ...row, mibPerS: mebibytes / (row.medianMs / 1000) })),
    answer: [...sums].join(),
  };
}

async function clear(store: BlockStore, { count }: Size): Promise<void> {
  for (let id = 0; id < count; id++) store.delete(id, 0);
  while (store.stats().removingCount > 0) await wait(1);
}

async function spill(store: BlockStore, blocks: readonly Block[]): Promise<void> {
  for (const [id, block] of blocks.entries()) store.put(id, 0, block);
  while (store.stats().writing.count > 0) await wait(1);
}

/** A few at a time, as tasks would. */
async function readBack(store: BlockStore, { count }: Size): Promise<Block[]> {
  const got: Block[] = [];
  for (let start = 0; start < count; start += 100) {
    const ids = Array.from({ length: Math.min(100, count - start) }, (_, at) => start + at);
    got.push(...(await Promise.all(ids.map((id) => store.load(id, 0)))));
  }
  return got;
}

async function writePlain(path: string, blocks: readonly Block[]): Promise<void> {
  const file = await open(path, "w");
  for (const { header } of chunked(blocks)) await file.write(header);
  await file.close();
}

/** Small blocks are copied into chunks, as anyone would. */
function* chunked(blocks: readonly Block[]): Generator<Block> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for (const { header } of blocks) {
    for (let start = 0; start < header.byteLength; start += CHUNK_BYTES) {
      const part = header.subarray(start, start + CHUNK_BYTES);
      parts.push(part);
      bytes += part.byteLength;
      if (bytes < CHUNK_BYTES / 2) continue;
      yield { header: parts.length === 1 ? part : Buffer.concat(parts), buffers: [] };
      parts = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield { header: Buffer.concat(parts), buffers: [] };
}

async function readPlain(path: string, { count, bytes }: Size): Promise<Block[]> {
  const file = await open(path, "r");
  const got: Block[] = [];
  const perRead = Math.max(1, Math.min(512, Math.floor(CHUNK_BYTES / bytes)));
  for (let first = 0; first < count; first += perRead) {
    const parts = Array.from(
      { length: Math.min(perRead, count - first) },
      () => new Uint8Array(new SharedArrayBuffer(bytes)),
    );
    for (let start = 0; start < bytes; start += CHUNK_BYTES) {
      const views = parts.map((part) => part.subarray(start, start + CHUNK_BYTES));
      await file.readv(views, first * bytes + start);
    }
    got.push(...parts.map((header) => ({ header, buffers: [] })));
  }
  await file.close();
  return got;
}

function blocksOf({ count, bytes }: Size): Block[] {
  return Array.from({ length: count }, (_, id) => {
    const header = new Uint8Array(new SharedArrayBuffer(bytes)).fill(id);
    new DataView(header.buffer).setInt32(0, id, true);
    return { header, buffers: [] };
  });
}

/** Of the first bytes of each, which tell it apart, and of its length. */
function sumOf(blocks: readonly Block[]): number {
  let sum = 0;
  for (const { header } of blocks) sum = (crc32(header.subarray(0, 64), sum) ^ header.length) >>> 0;
  return sum;
}

async function timed(work: () => Promise<unknown>): Promise<Timing> {
  const lag = monitorEventLoopDelay({ resolution: 1 });
  lag.enable();
  const startMs = performance.now();
  await work();
  const ms = performance.now() - startMs;
  lag.disable();
  return { ms, lagMs: lag.percentile(99) / 1e6 };
}

async function inTurns(
  repeats: number,
  cases: Readonly<Record<string, () => Promise<Timing>>>,
): Promise<BenchRow[]> {
  const timings = new Map<string, Timing[]>(Object.keys(cases).map((name) => [name, []]));
  for (let round = -1; round < repeats; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const timing = await run();
      if (round >= 0) timings.get(name)!.push(timing);
    }
  }
  return [...timings].map(([name, list]) => {
    const lags = list.flatMap(({ lagMs }) => lagMs ?? []);
    return {
      case: name,
      medianMs: median(list.map(({ ms }) => ms)),
      ...(lags.length > 0 ? { lagP99Ms: median(lags) } : {}),
    };
  });
}

/** Every second row is compared with the one before it. */
function pairs(rows: readonly BenchRow[]): BenchRow[] {
  return rows.map((row, index) => {
    const baseline = rows[index - (index % 2)] as BenchRow;
    const { case: name, medianMs, ...rest } = row;
    return { case: name, medianMs, ratio: medianMs / baseline.medianMs, ...rest };
  });
}
