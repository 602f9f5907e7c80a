// The program that threads-first-run measures: node first-run.mjs <executor>
const [executor] = process.argv.slice(2);
const startMs = performance.now();
const { Bag } = await import("millrace");
const importedMs = performance.now();

const sumOf = () =>
  Bag.range(1_000, { npartitions: 4 })
    .map((x) => x + 1)
    .sum();
const first = sumOf();
const builtMs = performance.now();
const one = await first.compute({ executor });
const firstMs = performance.now();
const two = await sumOf().compute({ executor });
const againMs = performance.now();

const times = {
  import: importedMs - startMs,
  build: builtMs - importedMs,
  first: firstMs - builtMs,
  again: againMs - firstMs,
  answer: [one, two].join(),
};
process.stdout.write(JSON.stringify(times));
