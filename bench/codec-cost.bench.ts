import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";
import { Table, tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow";
import { Packr } from "msgpackr";
import { blockBytes } from "../packages/distributed/dist/codec/block.js";
import { decodeFrom, decodeValue } from "../packages/distributed/dist/codec/decode-value.js";
import { encodeInto, encodeValue } from "../packages/distributed/dist/codec/encode-value.js";
import { preparationFor } from "../packages/distributed/dist/codec/preparation.js";
import { ByteWriter } from "../packages/distributed/dist/codec/value/byte-writer.js";
import type { Bench, BenchRow } from "./bench.ts";
import { compareCases } from "./measure.ts";

/** Items of a partition, and how often everything is repeated. */
type Parameters = { readonly items: number; readonly repeats: number };

/**
 * Each case writes a value and reads it back. `block` is what another process needs, `shared` goes
 * by memory that threads share, `arena` puts many values into one piece of memory.
 */
export const bench: Bench<Parameters> = {
  name: "codec-cost",
  question:
    "What does it cost to encode and decode a partition, next to v8.serialize and its kind?",
  parameters: { small: { items: 400, repeats: 3 }, full: { items: 100_000, repeats: 15 } },
  async run({ items, repeats }) {
    const rows: BenchRow[] = [];
    const hash = createHash("sha256");
    await preparationFor(encodeValue(tableFromArrays({ a: [1] })));
    for (const [name, make] of Object.entries(partitions)) {
      const value = make(items);
      const block = encodeValue(value);
      check(name, value, decodeValue(block));
      hash.update(block.header).update(String(blockBytes(block)));
      const results = await compareCases(casesFor(value, items), { repeats, warmups: 3 });
      const times = timesFor(value, items);
      rows.push(...results.map((row) => named(name, row, results[0], times)));
    }
    return { rows, answer: hash.digest("hex").slice(0, 16) };
  },
};

const cities = ["Berlin", "Paris", "Rome"];

const partitions: Record<string, (items: number) => unknown> = {
  "whole numbers": (n) => Array.from({ length: n }, (_, i) => i * 7),
  doubles: (n) => Array.from({ length: n }, (_, i) => i / 3),
  strings: (n) => Array.from({ length: n }, (_, i) => `word number ${i}`),
  "wide strings": (n) => Array.from({ length: n }, (_, i) => `naïve – wörd ${i}`),
  "records of 6": (n) =>
    Array.from({ length: n }, (_, id) => ({
      id,
      name: `row ${id}`,
      price: id / 3,
      ok: id % 2 === 0,
      city: cities[id % 3],
      note: id % 5 === 0 ? null : `note ${id}`,
    })),
  "word counts": (n) => Array.from({ length: n / 10 }, (_, i) => [`word${i}`, (i * 31) % 1_000]),
  "lists of words": (n) =>
    Array.from({ length: n / 10 }, (_, i) => `the quick brown fox jumps ${i}`.split(" ")),
  "small arrays": (n) => Array.from({ length: n / 10 }, (_, i) => [i, i + 1, i + 2]),
  "small typed arrays": (n) =>
    Array.from({ length: n / 10 }, (_, i) => Float64Array.of(i, i + 1, i + 2)),
  "nested objects": (n) =>
    Array.from({ length: n / 10 }, (_, id) => ({
      id,
      user: { name: `n${id}`, tags: ["a", `b${id % 9}`] },
      at: new Date(id),
    })),
  Float64Array: (n) => Float64Array.from({ length: n * 10 }, (_, i) => i),
  "Arrow table": (n) =>
    tableFromArrays({
      id: Int32Array.from({ length: n * 10 }, (_, i) => i),
      price: Float64Array.from({ length: n * 10 }, (_, i) => i / 3),
    }),
  "one number": () => 42.5,
  "one object": () => ({ a: 1 }),
};

const packr = new Packr({ structuredClone: true });

/** Whether a value is one small result, of which an arena takes many. */
function isSmall(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "object" && "a" in (value as object));
}

/** How often a value that is too fast for the clock is taken. */
function timesFor(value: unknown, items: number): number {
  if (isSmall(value)) return items;
  return value instanceof Table || ArrayBuffer.isView(value) ? 20 : 1;
}

function casesFor(value: unknown, items: number): Record<string, () => unknown> {
  const times = timesFor(value, items);
  const repeated = (once: () => unknown) => (): unknown => {
    let last: unknown;
    for (let i = 0; i < times; i++) last = once();
    return last;
  };
  const block = repeated(() => decodeValue(encodeValue(value)));
  const shared = repeated(() => decodeValue(encodeValue(value, { shared: true })));
  if (value instanceof Table) {
    return { "Arrow's own": repeated(() => tableFromIPC(tableToIPC(value))), block, shared };
  }
  return {
    "v8.serialize": repeated(() => deserialize(serialize(value)) as unknown),
    block,
    ...(isSmall(value) ? { arena: () => throughArena(value, times) } : { shared }),
    structuredClone: repeated(() => structuredClone(value)),
    msgpackr: repeated(() => packr.unpack(packr.pack(value)) as unknown),
  };
}

/** Thousands of small values in one piece of memory. */
function throughArena(value: unknown, times: number): unknown {
  const arena = new ByteWriter(times * 16);
  const ends = new Float64Array(times);
  for (let i = 0; i < times; i++) {
    encodeInto(arena, value);
    ends[i] = arena.length;
  }
  let start = 0;
  let last: unknown;
  for (const end of ends) {
    last = decodeFrom(arena.bytes, start, end);
    start = end;
  }
  return last;
}

function check(name: string, value: unknown, back: unknown): void {
  const isSame =
    value instanceof Table
      ? isDeepStrictEqual(tableToIPC(value), tableToIPC(back as Table))
      : isDeepStrictEqual(value, back);
  if (!isSame) throw new Error(`${name}: what was read is not what was written`);
}

/**
 * A row for one partition, its times for one journey of it. What is made lives on, so collecting
 * garbage is part of it, and on a busy machine most of it; the fastest times have none.
 */
function named(
  partition: string,
  row: BenchRow,
  baseline: BenchRow | undefined,
  times: number,
): BenchRow {
  const { medianMs, ratio = NaN, fastestMs } = row;
  return {
    case: `${partition}: ${row.case}`,
    medianMs: medianMs / times,
    ratio,
    ratioOfFastest: Number(fastestMs) / Number(baseline?.["fastestMs"]),
    us: ((1_000 * medianMs) / times).toPrecision(3),
  };
}
