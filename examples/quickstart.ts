// Which animals hit aircraft and do damage? Ten thousand reports to the FAA, as a Bag.
// Run it with `npm start`.
import type { Bag } from "millrace";
import { compute, progressBar, readText } from "millrace";

const file = new URL("../node_modules/vega-datasets/data/birdstrikes.csv", import.meta.url);

interface Strike {
  species: string;
  phase: string;
  damaged: boolean;
  costDollars: number;
}

function parse(line: string): Strike {
  const cells = line.split(",");
  return {
    damaged: cells[2] !== "None",
    phase: cells[6] ?? "",
    species: cells[8] ?? "",
    costDollars: Number(cells[12]),
  };
}

// Nothing is read yet: each line below only describes work.
const strikes: Bag<Strike> = readText(file, { blockSize: "256kB" })
  .remove((line) => line.startsWith("Airport Name,"))
  .map(parse);
const damaging = strikes
  .filter((strike) => strike.damaged)
  .remove((strike) => strike.species.startsWith("Unknown"));
const worst = damaging
  .foldBy(
    "species",
    (sum, { costDollars }) => ({ strikes: sum.strikes + 1, dollars: sum.dollars + costDollars }),
    {
      initial: { strikes: 0, dollars: 0 },
      combine: (a, b) => ({ strikes: a.strikes + b.strikes, dollars: a.dollars + b.dollars }),
    },
  )
  .topk(10, ([, { strikes }]) => strikes);
const phases = damaging
  .pluck("phase")
  .frequencies()
  .topk(3, ([, count]) => count);

console.log(
  "Reading the wildlife strikes that were reported to the FAA, looking for those with damage.",
);
const before = worst.graph.size;
const after = worst.optimize().graph.size;
console.log(`The table of species: ${before} tasks as written, ${after} after optimization.`);

// One run for everything: the reports are read and parsed once.
const [reports, table, top] = await compute([strikes.count(), worst, phases], {
  onProgress: progressBar({ label: "strikes" }),
});

console.log(`\nSpecies in ${reports.toLocaleString("en")} reports that did the most damage:\n`);
console.log(`${"species".padEnd(24)}${"strikes".padStart(9)}${"repair, $".padStart(14)}`);
for (const [species, { strikes: count, dollars }] of table) {
  const cost = dollars.toLocaleString("en");
  console.log(`${species.padEnd(24)}${String(count).padStart(9)}${cost.padStart(14)}`);
}
console.log(`\nMostly during: ${top.map(([phase, count]) => `${phase} (${count})`).join(", ")}.`);
console.log("\nNext: open examples/quickstart.ts and group by another column, or read README.md.");
