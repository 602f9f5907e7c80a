import {
  DataFrame,
  col,
  concat,
  count,
  float64,
  int32,
  readCsv,
  readJsonLines,
  readParquet,
  utf8,
} from "@millrace/dataframe";
import { compute, createInlineExecutor, persist } from "@millrace/graph";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { bytesOf, countedFile } from "../../lib/dataframe/counted-file.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { executors } from "../../lib/executors.ts";

const folder = scratchFolder();
const schema = { k: utf8, day: int32, n: int32, x: float64, note: utf8 } as const;
const rows = Array.from({ length: 4_000 }, (_, i) => ({
  k: "abcde"[i % 5] as string,
  day: Math.floor(i / 100),
  n: i,
  x: i / 8,
  note: `a note of some length, number ${i * 7_919}`,
}));
const source = DataFrame.fromRows(rows, { schema });
const csv = join(folder, "0.csv");
const parquet = join(folder, "0.parquet");
const lines = join(folder, "0.jsonl");
await source.toCsv(join(folder, "*.csv"));
await source.toJsonLines(join(folder, "*.jsonl"));
// Many small files, of which the statistics rule out most of the days.
await source.repartition({ npartitions: 20 }).toParquet(join(folder, "days-*.parquet"));
await source.toParquet(join(folder, "*.parquet"));

type Rows = DataFrame<typeof schema>;

const perKey = (frame: Rows) => frame.groupBy("k").agg((c) => ({ x: c.x.sum() }));
const late = (frame: Rows) => frame.filter((c) => c.day.gte(38)).agg((c) => ({ x: c.x.mean() }));

/** Bytes of a file that a run of some frames reads. */
async function bytesRead(
  path: string,
  read: (url: string) => Rows,
  queries: readonly ((frame: Rows) => DataFrame)[],
): Promise<number> {
  const file = countedFile(path);
  const frame = read(file.url);
  await compute(queries.map((query) => query(frame)));
  return bytesOf(file);
}

const readers = {
  csv: (url: string) => readCsv(url, { schema }),
  jsonLines: (url: string) => readJsonLines(url, { schema }),
  parquet: (url: string) => readParquet(url, { schema }),
};

it("frames over one text read it once", async () => {
  for (const [path, read] of [
    [csv, readers.csv],
    [lines, readers.jsonLines],
  ] as const) {
    const once = await bytesRead(path, read, [perKey]);
    expect(once).toBeGreaterThanOrEqual(statSync(path).size);
    expect(await bytesRead(path, read, [late, perKey])).toBe(once);
    expect(await bytesRead(path, read, [late, (frame) => frame, (frame) => frame.head(3)])).toBe(
      once,
    );
    const sorted = (frame: Rows): DataFrame => frame.select("k", "n").sort("n");
    expect(await bytesRead(path, read, [late, perKey, sorted])).toBe(once);
  }
});

it("a frame that reads a file in two of its parts reads it once", async () => {
  const parts = (frame: Rows): DataFrame =>
    concat([
      frame.filter((c) => c.n.lt(9)).select("k"),
      frame.filter((c) => c.x.gt(9)).select("k"),
    ]);
  const once = await bytesRead(csv, readers.csv, [perKey]);
  expect(await bytesRead(csv, readers.csv, [parts])).toBe(once);
  expect(await bytesRead(csv, readers.csv, [parts, perKey])).toBe(once);
});

it("setIndex, which looks for bounds, reads a file once for them", async () => {
  const file = countedFile(csv);
  await readCsv(file.url, { schema }).setIndex("x", { npartitions: 3 });
  expect(bytesOf(file)).toBe(await bytesRead(csv, readers.csv, [perKey]));
});

it("frames over one Parquet file read a column once, if that takes no other rows", async () => {
  const total = (frame: Rows): DataFrame => frame.agg((c) => ({ x: c.x.max(), n: c.n.max() }));
  const read = (queries: Parameters<typeof bytesRead>[2]): Promise<number> =>
    bytesRead(parquet, readers.parquet, queries);
  const [none, keys, totals] = [
    await read([(frame) => frame.agg({ rows: count() })]),
    await read([perKey]),
    await read([total]),
  ];
  const both = await read([perKey, total]);
  const x = (await read([(frame) => frame.agg((c) => ({ x: c.x.max() }))])) - none;
  // The footer is read once a run, or remembered.
  expect(both).toBeLessThan(keys + totals - x / 2);
});

it("a filter that spares row groups goes on to spare them", async () => {
  const names = readdirSync(folder).filter((name) => name.startsWith("days-"));
  const wide = (frame: Rows): DataFrame => frame.filter((c) => c.day.gte(38)).select("note", "day");
  let [apart, together, whole, footers] = [0, 0, 0, 0];
  for (const name of names) {
    const path = join(folder, name);
    apart += await bytesRead(path, readers.parquet, [perKey]);
    apart += await bytesRead(path, readers.parquet, [wide]);
    together += await bytesRead(path, readers.parquet, [perKey, wide]);
    footers += await bytesRead(path, readers.parquet, [(frame) => frame.agg({ rows: count() })]);
    whole += await bytesRead(path, readers.parquet, [perKey, (frame) => frame.select("note")]);
  }
  expect(together).toBeLessThanOrEqual(apart);
  // Two readers that begin at once both look for the footer.
  expect(together - 2 * footers).toBeLessThan((whole - 2 * footers) / 2);
});

it.each(executors)("frames together give what each gives by itself, on %s", async (executor) => {
  for (const frame of [
    readCsv(csv, { schema, blockSize: 20_000 }),
    readParquet(join(folder, "days-*.parquet"), { schema }),
    readJsonLines(lines, { schema, blockSize: 50_000 }),
  ]) {
    const clean = frame.filter((c) => c.n.mod(3).neq(0)).withColumns((c) => ({ y: c.x.mul(2) }));
    const grouped = clean.groupBy("k").agg((c) => ({ y: c.y.sum(), rows: count() }));
    const all: readonly DataFrame[] = [
      perKey(frame),
      late(frame),
      grouped,
      grouped.filter((c) => c.k.gt("b")),
      clean.sort("y", { descending: true }).head(5),
      clean.filter((c) => c.day.lt(2)).select("n", "y"),
      frame.head(4),
      frame,
      grouped,
    ];
    const tables = await compute(all, { executor });
    const held = await persist(all, { executor });
    for (const [i, one] of all.entries()) {
      const wanted = await one.toRows({ executor });
      expect(await DataFrame.fromArrow(tables[i] as never).toRows({ executor })).toEqual(wanted);
      expect(await held[i]?.toRows({ executor })).toEqual(wanted);
      expect(held[i]?.npartitions).toBe(one.npartitions);
    }
  }
});

/** How many tasks a run of some frames has. */
async function tasksOf(frames: readonly DataFrame[], optimize = true): Promise<number> {
  let total = 0;
  const executor = createInlineExecutor();
  const onProgress = (progress: { readonly total: number }): void => void (total = progress.total);
  await compute(frames, { executor, onProgress, optimize });
  return total;
}

it("a sort that several frames read is done once, and a filter waits for it", async () => {
  const frame = readCsv(csv, { schema, blockSize: 40_000 });
  const sorted = frame.sort("x");
  const some = sorted.filter((c) => c.k.eq("a"));
  expect(await tasksOf([sorted, some])).toBe((await tasksOf([sorted])) + sorted.npartitions);
});

it("frames that each take a few rows of a sort each sort these alone", async () => {
  const frame = readParquet(join(folder, "days-*.parquet"));
  const sorted = frame.sort("x");
  const [a, b] = ["a", "b"].map((k) => sorted.filter(col("k").eq(k)));
  const plans = a?.optimizeTogether([a, b as DataFrame]) ?? [];
  expect(plans.map(({ graph }) => graph.layers.size)).toEqual(
    [a, b].map((one) => one?.graph.layers.size),
  );
});

it("a run without optimization runs each frame as it is by itself", async () => {
  const frame = readCsv(csv, { schema });
  const [one, other] = [perKey(frame), late(frame)];
  expect(await tasksOf([one, other], false)).toBe(
    (await tasksOf([one], false)) + (await tasksOf([other], false)),
  );
});
