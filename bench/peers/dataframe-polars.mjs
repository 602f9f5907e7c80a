// The queries of the DataFrame benches by Polars, over commands that PeerProcess of
// ../dataframe-sides.ts sends: node dataframe-polars.mjs <folder> <parquet> <csv> <parts> <threads>
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [folder, parquet, csv, , threads] = process.argv.slice(2);
process.env.POLARS_MAX_THREADS = threads;
const require = createRequire(join(folder, "package.json"));
const pl = require("nodejs-polars");
const { version } = require("nodejs-polars/package.json");
const { col } = pl;

let loaded;
const g = () => (loaded ??= pl.readParquet(parquet)).lazy();
const sumOf = (name, as) => col(name).sum().alias(as);
const query = (keys, values, lazy, stays = false) => ({ keys, values, lazy, stays });
const byTexts = (frame) => frame.groupBy(["id1", "id2"]).agg(sumOf("v1", "a"));
const queries = {
  "filter, project, sum": query([], ["z"], () =>
    g()
      .filter(col("v1").gt(2).and(col("v3").lt(50)))
      .select(col("v1").mul(col("v3")).sum().alias("z")),
  ),
  "group by a text of 100": query(["id1"], ["a"], () => g().groupBy("id1").agg(sumOf("v1", "a"))),
  "group by two texts": query(["id1", "id2"], ["a"], () => byTexts(g())),
  "group by a text of 100k": query(["id3"], ["a", "b"], () =>
    g().groupBy("id3").agg(sumOf("v1", "a"), sumOf("v3", "b")),
  ),
  "group by an integer of 100k": query(["id6"], ["a", "b", "c"], () =>
    g().groupBy("id6").agg(sumOf("v1", "a"), sumOf("v2", "b"), sumOf("v3", "c")),
  ),
  "group by two integers, 1.5M": query(["id6", "v2"], ["a", "n"], () =>
    g().groupBy(["id6", "v2"]).agg(sumOf("v3", "a"), pl.len().alias("n")),
  ),
  "sort by a float64": query([], ["v3"], () => g().select("v3", "id6").sort("v3"), true),
  "CSV, group by two texts": query(["id1", "id2"], ["a"], () => byTexts(pl.scanCSV(csv))),
  "Parquet, group by two texts": query(["id1", "id2"], ["a"], () =>
    byTexts(pl.scanParquet(parquet)),
  ),
};

let last;

function run(name) {
  const { lazy, ...shape } = queries[name];
  last = undefined;
  const before = process.cpuUsage();
  last = { ...shape, frame: lazy().collectSync() };
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function answer() {
  const { frame, keys, values, stays } = last;
  const column = (name) =>
    frame
      .getColumn(name)
      .toArray()
      .map((value) => Number(typeof value === "string" ? value.slice(2) : value));
  if (stays) return [frame.height, ...values.map((name) => sampled(column(name)))];
  const key = keys
    .map(column)
    .reduce((a, b) => a.map((k, i) => k + b[i]), new Array(frame.height).fill(0));
  const sums = values
    .map(column)
    .map((all) => [sum(all), sum(all.map((value, i) => value * key[i]))]);
  return [frame.height, ...sums.flat()];
}

const sum = (values) => values.reduce((a, b) => a + b, 0);
const sampled = (values) =>
  sum(values.map((value, i) => (i % 997 === 0 ? Math.round(1e6 * value) : 0)));
const reply = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

reply(`Polars ${version}`);
for await (const line of createInterface({ input: process.stdin })) {
  reply(line === "answer" ? answer() : run(line.slice("run ".length)));
}
