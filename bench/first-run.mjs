// The program that threads-first-run measures.
const startMs = performance.now();
const { Bag } = await import("millrace");
const importedMs = performance.now();

const sumOf = (executor) =>
  Bag.range(1_000, { npartitions: 4 })
    .map((x) => x + 1)
    .sum()
    .compute({ executor });
const one = await sumOf("inline");
const inlineMs = performance.now();
const two = await sumOf("threads");
const threadsMs = performance.now();
const three = await sumOf("threads");
const againMs = performance.now();

const times = {
  import: importedMs - startMs,
  inline: inlineMs - importedMs,
  threads: threadsMs - inlineMs,
  again: againMs - threadsMs,
  answer: [one, two, three].join(),
};
process.stdout.write(JSON.stringify(times));
