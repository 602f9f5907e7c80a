// Which airports send their short flights off late? Three million flights, as a DataFrame. And
// which animals hit aircraft and do damage? Ten thousand reports, as a Bag. Run it with `npm
// start`.
import type { Bag } from "millrace";
import { compute, count, int64, progressBar, readParquet, readText, utf8 } from "millrace";

const data = new URL("../node_modules/vega-datasets/data/", import.meta.url);

// Nothing is read but the footer of the file: each line below only describes work. With a schema a
// wrong column, or a comparison with a text, does not compile.
const flights = readParquet(new URL("flights-3m.parquet", data), {
  schema: { delay: int64, distance: int64, origin: utf8 },
  rowGroupsPerPartition: 1,
});
const airports = flights
  .filter((c) => c.distance.lt(1000))
  .groupBy("origin")
  .agg((c) => ({ flights: count(), mean: c.delay.mean(), late: c.delay.gt(15).sum() }))
  .filter((c) => c.flights.gte(10_000))
  .withColumns((c) => ({ share: c.late.mul(100).div(c.flights) }))
  .topk(8, "mean");

interface Strike {
  species: string;
  costDollars: number;
}

const strikes: Bag<Strike> = readText(new URL("birdstrikes.csv", data), { blockSize: "256kB" })
  .remove((line) => line.startsWith("Airport Name,"))
  .map((line) => line.split(","))
  .filter((cells) => cells[2] !== "None")
  .map((cells) => ({ species: cells[8] ?? "", costDollars: Number(cells[12]) }))
  .remove((strike) => strike.species.startsWith("Unknown"));
const species = strikes
  .foldBy(
    "species",
    (sum, { costDollars }) => ({ strikes: sum.strikes + 1, dollars: sum.dollars + costDollars }),
    {
      initial: { strikes: 0, dollars: 0 },
      combine: (a, b) => ({ strikes: a.strikes + b.strikes, dollars: a.dollars + b.dollars }),
    },
  )
  .topk(5, ([, sum]) => sum.strikes);

console.log("Looking through 3,000,000 flights for airports whose short flights leave late.\n");
const [, plan = "", stages = ""] = airports.explain().split("\n\n");
console.log(plan.replace(/parquet \S*\//, "parquet "));
console.log(stages.replaceAll(/-[0-9a-f]{4}\b/g, ""), "\n");

// One run for both, on the threads of this machine.
const [table, animals] = await compute([airports, species], {
  onProgress: progressBar({ label: "both" }),
});

console.log("\nairport  flights  mean delay, min  late, %\n");
for (const row of table.toArray()) {
  const cells = [row.flights.toLocaleString("en"), row.mean.toFixed(1), row.share.toFixed(1)];
  const [n = "", mean = "", share = ""] = cells;
  console.log(`${row.origin.padEnd(8)}${n.padStart(8)}${mean.padStart(17)}${share.padStart(9)}`);
}
console.log("\nspecies             damaging strikes     repair, $\n");
for (const [name, { strikes: n, dollars }] of animals) {
  const cost = dollars.toLocaleString("en");
  console.log(`${name.padEnd(20)}${String(n).padStart(16)}${cost.padStart(14)}`);
}
console.log("\nNext: open examples/quickstart.ts and group by another column, or read README.md.");
