import { readJsonLines as readJsonBag } from "@millrace/bag";
import {
  DataFrame,
  col,
  date,
  decimal,
  float64,
  int32,
  int64,
  list,
  readArrow,
  readCsv,
  readJsonLines,
  readParquet,
  timestamp,
  utf8,
} from "@millrace/dataframe";
import type { StorageStat } from "@millrace/storage";
import { registerDriver } from "@millrace/storage";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

import { rejected, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();
let folderCount = 0;
const pattern = (ext: string): string => join(folder, `f${folderCount++}`, `part-*.${ext}`);

const schema = {
  "a b": float64,
  t: utf8,
  big: int64,
  d: date,
  at: timestamp("ms"),
  p: decimal(9, 2),
} as const;
const rows = [
  {
    "a b": 1.5,
    t: 'é "q", x',
    big: 2n ** 60n,
    d: new Date("2024-02-29"),
    at: new Date(5),
    p: "1.50",
  },
  { "a b": null, t: "", big: null, d: null, at: null, p: null },
  { "a b": -0.25, t: null, big: -1n, d: new Date("1969-12-31"), at: new Date(-1), p: "-0.01" },
];
const frame = DataFrame.fromRows(rows, { schema, npartitions: 5 });
const names = (paths: readonly string[]): string[] => paths.map((path) => basename(path));
const five = ["part-0", "part-1", "part-2", "part-3", "part-4"];

describe.each(executors)("on %s", (executor) => {
  it("a frame may be written over the files that it reads, wherever it reads them", async () => {
    const numbers = Array.from({ length: 40 }, (_, n) => ({ n }));
    const dataset = DataFrame.fromRows(numbers, { schema: { n: int32 }, npartitions: 8 });
    const plusOne = dataset.select((c) => ({ n: c.n.add(1).cast(int32) }));
    const more = (await plusOne.toRows({ executor })).slice(10);
    const parquet = pattern("parquet");
    await dataset.toParquet(parquet, { executor });
    const read = readParquet(parquet).select({ n: col("n").add(1).cast(int32) });
    const kept = read.filter(col("n").gt(10)).repartition({ npartitions: 4 });
    await kept.toParquet(parquet, { executor, mode: "overwrite" });
    expect(await readParquet(parquet).toRows({ executor })).toEqual(more);
    expect(readdirSync(dirname(parquet))).toHaveLength(4);
    // A plan does not see what stands behind tables that are made later, nor what a Bag reads.
    const parts = readParquet(parquet).repartition({ npartitions: 4 }).toDelayed();
    const hidden = DataFrame.fromDelayed(parts, { schema: { n: int32 } });
    await hidden
      .sort("n", { descending: true })
      .toParquet(parquet, { executor, mode: "overwrite" });
    expect(await readParquet(parquet).toRows({ executor })).toEqual(more.toReversed());
    const lines = pattern("jsonl");
    await dataset.toJsonLines(lines, { executor });
    const bag = readJsonBag<{ n: number }>(lines, { blockSize: 64 }).map(({ n }) => ({ n: n + 1 }));
    await bag.toDataFrame({ n: int32 }).toJsonLines(lines, { executor });
    expect((await readJsonLines(lines).toRows({ executor })).slice(10)).toEqual(
      more.map(({ n }) => ({ n: BigInt(n ?? 0) })),
    );
  });

  it("a run that fails or is aborted half way leaves the files as they were", async () => {
    const csv = pattern("csv");
    const directory = dirname(csv);
    const good = DataFrame.fromRows(rows, { schema, npartitions: 3 });
    await good.toCsv(csv, { executor });
    const content = (): Record<string, string> =>
      Object.fromEntries(
        readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]),
      );
    const before = content();
    const late = DataFrame.fromRows(
      Array.from({ length: 12 }, (_, n) => ({ t: n === 9 ? "no number" : "1" })),
      { npartitions: 12 },
    ).cast({ t: int32 });
    for (const write of [
      () => late.toCsv(csv, { executor, mode: "overwrite" }),
      () => late.toJsonLines(csv, { executor }),
      () => late.toParquet(csv, { executor, mode: "append" }),
      () => late.toArrow(csv, { executor }),
    ]) {
      expect(await rejected(write)).toContain("dataframe/bad-cast");
      expect(content()).toEqual(before);
    }
    const controller = new AbortController();
    const aborted = good.toCsv(csv, {
      executor,
      signal: controller.signal,
      onTask: () => controller.abort(),
    });
    expect(await rejected(() => aborted)).toContain("graph/cancelled");
    expect(content()).toEqual(before);
  });

  it("every format gives a file a partition whose rows are read again", async () => {
    const csv = pattern("csv");
    expect(names(await frame.toCsv(csv, { executor }))).toEqual(five.map((name) => `${name}.csv`));
    expect(await readCsv(csv, { schema }).toRows({ executor })).toEqual(rows);
    const parquet = pattern("parquet");
    expect(names(await frame.toParquet(parquet, { executor }))).toEqual(
      five.map((name) => `${name}.parquet`),
    );
    expect(await readParquet(parquet).toRows({ executor })).toEqual(rows);
    expect(readParquet(parquet).schema).toEqual(schema);
    const arrow = pattern("arrow");
    expect(names(await frame.toArrow(arrow, { executor }))).toEqual(
      five.map((name) => `${name}.arrow`),
    );
    expect(await readArrow(arrow).toRows({ executor })).toEqual(rows);
    const lines = pattern("jsonl");
    expect(names(await frame.toJsonLines(lines, { executor }))).toEqual(
      five.map((name) => `${name}.jsonl`),
    );
    expect(await readJsonLines(lines, { schema }).toRows({ executor })).toEqual(rows);
  });

  it("what was read can be filtered, grouped and written again", async () => {
    const path = pattern("parquet");
    await frame.toParquet(path, { executor });
    const again = readParquet(path).filter(col("t").isNotNull()).select("t", "a b");
    const out = pattern("csv");
    await again.toCsv(out, { executor });
    expect(await readCsv(out).toRows({ executor })).toEqual([
      { t: 'é "q", x', "a b": 1.5 },
      { t: "", "a b": null },
    ]);
  });
});

it("files that appear one by one are not written over what the frame reads", async () => {
  const objects = new Map<string, Uint8Array>([["box://b/0.csv", Buffer.from("n\n1\n")]]);
  const stat = (url: string): StorageStat => {
    const { length: size } = objects.get(url) ?? new Uint8Array(0);
    return { url, kind: "file", size, modifiedMs: 0, etag: undefined, ranged: true };
  };
  const unregister = registerDriver("box", {
    stat: async (url) => stat(url),
    statSync: stat,
    readSync: (url, { start, end }) => (objects.get(url) as Uint8Array).slice(start, end),
    async *read(url, { start, end }) {
      yield (objects.get(url) as Uint8Array).slice(start, end);
    },
    write: async (url) => {
      const chunks: Uint8Array[] = [];
      return {
        write: async (chunk) => void chunks.push(chunk.slice()),
        commit: async () => void objects.set(url, Buffer.concat(chunks)),
        abort: async () => undefined,
      };
    },
  });
  const read = readCsv("box://b/0.csv", { schema: { n: int32 } });
  expect(
    await rejected(() => read.toCsv("box://b/*.csv", { executor: "inline" })),
  ).toMatchInlineSnapshot(
    `"dataframe/invalid-argument | toCsv: the frame reads a file of this name, got "box://b/0.csv", wanted other files. Write to another folder, or persist() the frame first."`,
  );
  expect(await read.toCsv("box://c/*.csv", { executor: "inline" })).toEqual(["box://c/0.csv"]);
  expect(Buffer.from(objects.get("box://c/0.csv") ?? []).toString()).toBe("n\n1\n");
  unregister();
});

it("modes: replace leaves others, overwrite removes them, append adds behind, error refuses", async () => {
  const path = pattern("csv");
  const dir = join(path, "..");
  const numbers = (count: number): DataFrame =>
    DataFrame.fromRows<object>(
      Array.from({ length: count }, (_, n) => ({ n })),
      { npartitions: count },
    );
  await numbers(3).toCsv(path);
  writeFileSync(join(dir, "part-x.csv"), "not ours");
  expect(names(await numbers(2).toCsv(path))).toEqual(["part-0.csv", "part-1.csv"]);
  expect(readdirSync(dir).toSorted()).toEqual([
    "part-0.csv",
    "part-1.csv",
    "part-2.csv",
    "part-x.csv",
  ]);
  expect(names(await numbers(2).toCsv(path, { mode: "append" }))).toEqual([
    "part-3.csv",
    "part-4.csv",
  ]);
  expect(names(await numbers(6).toCsv(path, { mode: "append" }))).toEqual(
    [0, 1, 2, 3, 4, 5].map((n) => `part-9${n}.csv`),
  );
  expect(names(await numbers(1).toCsv(path, { mode: "overwrite" }))).toEqual(["part-0.csv"]);
  expect(readdirSync(dir).toSorted()).toEqual(["part-0.csv", "part-x.csv"]);
  expect(await rejected(() => numbers(1).toCsv(path, { mode: "error" }))).toContain(
    "dataframe/invalid-argument | toCsv: files are there, got ",
  );
  expect(readFileSync(join(dir, "part-x.csv"), "utf8")).toBe("not ours");
  expect(names(await numbers(12).toCsv(pattern("csv"), { mode: "error" }))[0]).toBe("part-00.csv");
});

it("a frame that fails writes nothing in the place of what was there", async () => {
  const path = pattern("csv");
  await DataFrame.fromRows([{ n: 1 }]).toCsv(path);
  const bad = DataFrame.fromRows([{ n: 2147483647 }], { schema: { n: int32 } }).select((c) => ({
    n: c.n.add(1),
  }));
  expect(await rejected(() => bad.toCsv(path))).toContain("dataframe/overflow");
  expect(readdirSync(join(path, ".."))).toEqual(["part-0.csv"]);
  expect(await readCsv(path).toRows()).toEqual([{ n: 1n }]);
});

it("mistakes are told before anything is written", async () => {
  const lists = DataFrame.fromRows([{ l: [1] }], { schema: { l: list(float64) } });
  const path = join(folder, "never", "*.x");
  const errors = [
    await rejected(async () => frame.toCsv("no-star.csv")),
    await rejected(async () => frame.toCsv("a/*/b-*.csv")),
    await rejected(async () => frame.toCsv(wrong(5))),
    await rejected(async () => frame.toCsv(path, { mode: wrong("truncate") })),
    await rejected(async () => frame.toCsv(path, wrong({ delimeter: ";" }))),
    await rejected(async () => lists.toCsv(path)),
    await rejected(async () => frame.toParquet("no-star.parquet")),
    await rejected(async () => frame.toParquet(path, { compression: wrong("lzma") })),
    await rejected(async () => frame.toParquet(path, wrong({ level: 3 }))),
    await rejected(async () => frame.toArrow(path, wrong({ compression: "zstd" }))),
    await rejected(async () => frame.toArrow(wrong(undefined))),
    await rejected(async () => frame.toJsonLines(path, wrong({ indent: 2 }))),
    await rejected(async () => frame.toJsonLines("")),
  ];
  expect(errors).toMatchInlineSnapshot(`
    [
      "dataframe/invalid-argument | toCsv: bad pattern, got "no-star.csv", wanted a path with one *. The partition number takes the place of the star.",
      "dataframe/invalid-argument | toCsv: bad pattern, got "a/*/b-*.csv", wanted a path with one *. The partition number takes the place of the star.",
      "dataframe/invalid-argument | toCsv: bad pattern, got 5, wanted a path with one *. The partition number takes the place of the star.",
      "dataframe/invalid-argument | toCsv: bad mode, got "truncate", wanted one of replace, overwrite, append, error.",
      "dataframe/invalid-argument | toCsv: no such option, got "delimeter", wanted one of delimiter, header, quote, nullValue, lineEnd, compression, mode, executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/unsupported-type | toCsv: column "l" has no form in CSV, got "list(float64)", wanted numbers, text, bool, dates or decimals. Drop or explode it, or write JSON lines, Parquet or Arrow.",
      "dataframe/invalid-argument | toParquet: bad pattern, got "no-star.parquet", wanted a path with one *. The partition number takes the place of the star.",
      "dataframe/invalid-argument | toParquet: bad compression, got "lzma", wanted one of none, snappy, gzip, brotli, lz4, zstd.",
      "dataframe/invalid-argument | toParquet: no such option, got "level", wanted one of compression, rowGroupRows, mode, executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/invalid-argument | toArrow: no such option, got "compression", wanted one of batchRows, mode, executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/invalid-argument | toArrow: bad pattern, got undefined, wanted a path with one *. The partition number takes the place of the star.",
      "dataframe/invalid-argument | toJsonLines: no such option, got "indent", wanted one of compression, mode, executor, optimize, signal, onProgress, onTask, priority, retries, timeoutMs, resources, workers.",
      "dataframe/invalid-argument | toJsonLines: bad pattern, got "", wanted a path with one *. The partition number takes the place of the star.",
    ]
  `);
  expect(readdirSync(folder)).not.toContain("never");
});
